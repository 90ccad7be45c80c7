// SPDX-License-Identifier: GPL-2.0
/*
 * Running the fuzzer: a process with a thread for each party, which counts calls in shared
 * memory.
 *
 * The process has no descriptor of its parent but /dev/liveupdate, so a wrong number never
 * reaches the healthy VM; and whatever its threads lose count of is closed when it ends. A
 * thread that does not return is stuck in a call: the parent says in which.
 *
 * Where the kernel has fault injection, an allocation fails in one call of eight. The kernel then
 * complains, so complaints are kept off the console; the last of them follow a failure.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "kapi/luo.h"
#include "os/failing.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"

#define WILD		4	/* one call of so many need not be legal */
#define MOST_FAILURES	6	/* then the model is wrong, and the party begins again */
#define FAILING		8	/* an allocation fails in one call of so many */
#define MOST_ALLOCATIONS	40
#define LAST_CALLS_MS	500	/* for calls that are under way at the end */
#define MOST_FILES	1024
#define PATIENCE	60	/* seconds for all to return, on any kernel */
#define BLOCKED		"Show Blocked State"
#define BLOCKED_LINES	150

struct counts {
	atomic_ulong calls;
	atomic_ulong successes;
	atomic_ulong ms;		/* all calls together */
	atomic_int error;		/* of the last legal call that failed */
};

static struct shared {
	struct counts of[FUZZ_CALLS];
	_Atomic(const char *) in[FUZZ_THREADS];	/* the call a thread is in */
} *shared;

static struct party parties[FUZZ_PARTIES];
static const struct fuzz_call *calls[FUZZ_CALLS];
static unsigned int ncalls, duration;
static uint64_t seed_here;
static pid_t pid, unbinder;
static int64_t end;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

const char *fuzz_session(unsigned int party)
{
	static char names[FUZZ_PARTIES][16];

	snprintf(names[party], sizeof(names[party]), "fuzz%u", party);
	return names[party];
}

/* -- the threads -- */

static void collect_all(void)
{
	const struct fuzz_call *const lists[] = {
		session_calls, iommufd_calls, vfio_calls, sysfs_calls,
	};
	const struct fuzz_call *call;
	size_t i;

	ncalls = 0;
	for (i = 0; i < ARRAY_SIZE(lists); i++)
		for (call = lists[i]; call->name; call++)
			calls[ncalls++] = call;
}

/* Returns the file that makes allocations of this thread fail, or -1. */
static int failing_file(void)
{
	static _Thread_local int file = -1;

	if (file < 0 && failing_possible())
		file = failing_open();
	return file;
}

static int make_or_fail(const struct fuzz_call *call, struct party *p, struct rng *r)
{
	unsigned int nth = rng_below(r, FAILING) ? 0 : 1 + rng_below(r, MOST_ALLOCATIONS);
	int file = failing_file(), rc;

	if (file < 0 || !nth || call->with_memory)
		return call->make(p, r);
	failing_arm(file, nth);
	rc = call->make(p, r);
	failing_arm(file, 0);
	return rc;
}

static int make(unsigned int thread, unsigned int call, struct party *p, struct rng *r)
{
	int64_t begin = now_ms();
	int rc;

	shared->in[thread] = calls[call]->name;
	rc = make_or_fail(calls[call], p, r);
	shared->in[thread] = NULL;
	shared->of[call].ms += now_ms() - begin;
	shared->of[call].calls++;
	if (rc >= 0)
		shared->of[call].successes++;
	return rc;
}

static void make_wild(unsigned int thread, struct party *p, struct rng *r)
{
	unsigned int call = rng_below(r, ncalls);

	while (!party_has(p, calls[call]->needs))
		call = rng_below(r, ncalls);
	make(thread, call, p, r);
}

static bool is_legal(const struct fuzz_call *call, const struct party *p)
{
	return party_has(p, call->needs) && call->legal(p);
}

static void make_legal(unsigned int thread, struct party *p, struct rng *r)
{
	unsigned int i, sum = 0, at;
	int rc;

	for (i = 0; i < ncalls; i++)
		sum += is_legal(calls[i], p) ? calls[i]->weight : 0;
	at = rng_below(r, sum);
	for (i = 0; i < ncalls; i++) {
		unsigned int weight = is_legal(calls[i], p) ? calls[i]->weight : 0;

		if (at < weight)
			break;
		at -= weight;
	}
	if (i == ncalls)
		return;
	rc = make(thread, i, p, r);
	p->failures = rc < 0 ? p->failures + 1 : 0;
	if (rc < 0)
		shared->of[i].error = -rc;
}

static void *run_thread(void *arg)
{
	unsigned int thread = (uintptr_t)arg;
	struct rng r = { .state = seed_here * FUZZ_THREADS + thread };

	while (now_ms() < end) {
		struct party *p = &parties[rng_below(&r, FUZZ_PARTIES)];

		if (!rng_below(&r, WILD)) {
			make_wild(thread, p, &r);
			continue;
		}
		pthread_mutex_lock(&p->lock);
		if (p->failures > MOST_FAILURES)
			party_give_up(p);
		else if (p->stale && !rng_below(&r, 4))
			party_drop(p);
		make_legal(thread, p, &r);
		pthread_mutex_unlock(&p->lock);
	}
	return NULL;
}

void fuzz_close_others(const int *keep, unsigned int n)
{
	unsigned int i;
	int fd;

	for (fd = 3; fd < MOST_FILES; fd++) {
		for (i = 0; i < n && keep[i] != fd; i++)
			;
		if (i == n)
			close(fd);
	}
}

/* A thread may wait for the device that the unbinder has, and that for its last file. */
static void release_all(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_PARTIES; i++)
		party_drop(&parties[i]);
	for (i = 0; unbinder_waits() && i < FUZZ_PARTIES; i++)
		party_discard(&parties[i]);
}

_Noreturn static void run(bool incoming)
{
	int keep[3] = { luo_device() };
	pthread_t thread[FUZZ_THREADS];
	unsigned int i;

	unbinder_fds(keep + 1);
	fuzz_close_others(keep, 3);
	report_open(0, false);
	for (i = 0; i < FUZZ_PARTIES; i++)
		party_init(&parties[i], i, incoming);
	end = now_ms() + duration * 1000ll;
	for (i = 0; i < FUZZ_THREADS; i++)
		if (pthread_create(&thread[i], NULL, run_thread, (void *)(uintptr_t)i))
			_exit(1);
	sleep_ms(duration * 1000 + LAST_CALLS_MS);
	release_all();
	for (i = 0; i < FUZZ_THREADS; i++)
		pthread_join(thread[i], NULL);
	_exit(0);
}

void fuzz_start(uint64_t seed, unsigned int seconds, bool incoming)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		bail_out("memory of the fuzzer: %s", strerror(errno));
	seed_here = seed;
	duration = seconds;
	collect_all();
	if (failing_possible())
		failing_quietly(true);
	luo_device();
	unbinder = unbinder_start();
	pid = fork();
	if (pid < 0)
		bail_out("start the fuzzer: %s", strerror(errno));
	if (!pid)
		run(incoming);
	unbinder_close();
}

/* -- the end -- */

/* The kernel says where each task that it blocks stands. */
static void say_stuck(void)
{
	unsigned int i;

	for (i = 0; i < FUZZ_THREADS; i++)
		if (shared->in[i])
			diag("thread %u is in %s", i, shared->in[i]);
	file_write("/proc/sysrq-trigger", "w");
	klog_say_from(BLOCKED, BLOCKED_LINES);
}

/* False if it does not end: a task that is stuck in the kernel cannot be killed either. */
static bool await(pid_t which, int64_t last, int *status)
{
	while (waitpid(which, status, WNOHANG) != which) {
		if (now_ms() > last) {
			say_stuck();
			kill(which, SIGKILL);
			return false;
		}
		sleep_ms(50);
	}
	return true;
}

static bool await_all(int *status)
{
	int64_t last = now_ms() + (duration + PATIENCE) * 1000ll;
	int unused;

	if (!await(pid, last, status)) {
		diag("the fuzzer is stuck");
		return false;
	}
	if (await(unbinder, last, &unused))
		return true;
	diag("the unbinder is stuck");
	return false;
}

static void say_counts(void)
{
	unsigned long made = 0, good = 0;
	unsigned int i;
	char key[64];

	for (i = 0; i < ncalls; i++) {
		made += shared->of[i].calls;
		good += shared->of[i].successes;
		if (shared->of[i].error)
			diag("%s: %lu of %lu, the last error \"%s\"", calls[i]->name,
			     shared->of[i].successes, shared->of[i].calls,
			     strerror(shared->of[i].error));
		snprintf(key, sizeof(key), "fuzz.%s", calls[i]->name);
		fig(key, shared->of[i].calls);
		snprintf(key, sizeof(key), "fuzz.%s.ok", calls[i]->name);
		fig(key, shared->of[i].successes);
		snprintf(key, sizeof(key), "fuzz.%s.ms", calls[i]->name);
		fig(key, shared->of[i].ms);
	}
	fig("fuzz.calls", made);
	fig("fuzz.calls.ok", good);
	diag("%lu calls, %lu succeeded", made, good);
	ok(made && good * 2 >= made, "at least half of the fuzzer's calls succeed",
	   "%lu of %lu", good, made);
}

void fuzz_end(void)
{
	int status = 0;
	bool ended = await_all(&status);

	if (failing_possible())
		failing_quietly(false);
	ok(ended, "no thread of the fuzzer is stuck", "see above");
	ok(!ended || (WIFEXITED(status) && !WEXITSTATUS(status)), "the fuzzer ends by itself",
	   "status %#x", status);
	say_counts();
	if (ended)
		return;
	report_plan();		/* locks are held for good: no step of the scenario would end */
	report_end();
	power_off();
}
