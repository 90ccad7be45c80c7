// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the selected cases round by round, so that changes on the build machine meanwhile
 * affect all cases alike. A run is a lurun of its own; its report.json and the kernels' logs
 * are read and stay in the directory of the bench.
 *
 * Invariant: a run that failed adds no figure, and the bench ends with an error that names it. A
 * case with more memory than the build machine has available is left out, with a line that says so.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "core/util.h"

#define TIMEOUT "7200"

/* A key is reported as key.n; the n only separates its values. */
static void add_reported(struct samples *s, struct json_object *reported)
{
	char key[64], *dot;

	json_object_object_foreach(reported, name, value) {
		snprintf(key, sizeof(key), "%s", name);
		dot = strrchr(key, '.');
		if (dot)
			*dot = 0;
		if (json_object_is_type(value, json_type_int))
			figure_add(s, key, json_object_get_int64(value));
	}
}

static double number(struct json_object *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o, key, &value) ? json_object_get_double(value) : NAN;
}

static void add_pause(struct samples *s, struct json_object *reported)
{
	double reboot = number(reported, "reboot.0"), running = number(reported, "running.0");

	if (isnan(reboot) || isnan(running))
		return;
	figure_add(s, "pause", running - reboot);
	figure_add(s, "boot", number(reported, "born.0") - reboot);
}

static void add_gaps(struct samples *s, struct json_object *report)
{
	struct json_object *total, *gaps;

	if (!json_object_object_get_ex(report, "total", &total) ||
	    !json_object_object_get_ex(total, "longest_gap_ms", &gaps) ||
	    !(number(total, "sent") > 0))
		return;
	figure_add(s, "gap_before", number(gaps, "before"));
	figure_add(s, "gap_during", number(gaps, "during"));
	figure_add(s, "gap_ratio", number(gaps, "during") / number(gaps, "before"));
}

static void read_run(struct samples *s, const char *dir, bool wall_clock)
{
	char *path = text("%s/report.json", dir);
	struct json_object *report = json_object_from_file(path), *reported;

	if (!report || !json_object_object_get_ex(report, "reported", &reported))
		die("%s: %s", path, json_util_get_last_err());
	add_reported(s, reported);
	add_pause(s, reported);
	add_gaps(s, report);
	if (!wall_clock)
		phases_read(s, dir);
	json_object_put(report);
	free(path);
	s->runs++;
}

static const char *kernel_of(const struct bench *b, const struct bench_case *c, int kernel)
{
	return c->stock ? b->opt.stock : b->opt.kernel[kernel];
}

static void exec_lurun(const struct bench *b, const char *lurun, const struct bench_case *c,
		       int kernel, const char *dir)
{
	char *words = case_words(c, b->opt.reps), *devices = case_devices(c);
	const char *args[16] = { lurun, "--out", dir, "--kernel", kernel_of(b, c, kernel) };
	int n = 5, log;

	if (!c->scenario) {
		args[n++] = "--timeout";
		args[n++] = TIMEOUT;
		args[n++] = "--append";
		args[n++] = words;
		args[n++] = "--qemu-extra";
		args[n++] = devices;
	}
	args[n++] = c->scenario ? c->scenario : "bench_update";
	if (c->mem) {
		args[n++] = "--mem";
		args[n++] = text("%u", c->mem);
	}
	log = open(text("%s/tap", dir), O_WRONLY | O_CREAT | O_TRUNC, 0644);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execv(lurun, (char **)args);
	_exit(127);
}

static void run_lurun(const struct bench *b, const char *lurun, size_t c, int kernel,
		      const char *dir)
{
	int status;
	pid_t pid;

	if (mkdir(dir, 0755) && errno != EEXIST)
		die("cannot make the directory %s: %s", dir, strerror(errno));
	pid = fork();
	if (pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!pid)
		exec_lurun(b, lurun, &cases[c], kernel, dir);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("a run of %s failed: see %s/tap", cases[c].name, dir);
}

/* With --read only the reports of earlier runs are read; missing ones are left out. */
static void run(struct bench *b, const char *lurun, size_t c, int kernel, unsigned int round)
{
	char *dir = text("%s/runs/%s%s-%u", b->opt.out, cases[c].name, kernel ? "-against" : "",
			 round + 1);
	char *report = text("%s/report.json", dir);

	if (!b->opt.read)
		run_lurun(b, lurun, c, kernel, dir);
	if (!b->opt.read || !access(report, R_OK))
		read_run(&b->samples[kernel][c], dir, cases[c].wall_clock);
	free(report);
	free(dir);
}

/* MiB */
static unsigned long available(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	while (f && !kib && fgets(line, sizeof(line), f))
		sscanf(line, "MemAvailable: %lu", &kib);
	if (f)
		fclose(f);
	return kib / 1024;
}

/* The memory that VMs have, and a GiB for kernel and tables */
static bool fits(const struct bench_case *c)
{
	unsigned long needed = c->pool * (c->sessions ? c->sessions : 1) + 1024;

	if (needed <= available())
		return true;
	fprintf(stderr, "%s is left out: it needs %lu MiB of memory\n", c->title, needed);
	return false;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

void runs_do(struct bench *b, const char *lurun)
{
	unsigned int round, rounds = b->opt.quick ? 1 : b->opt.reps;
	double began = seconds();
	unsigned int k;
	size_t c;

	for (round = 0; round < rounds; round++)
		for (c = 0; c < ncases; c++)
			for (k = 0; k < (cases[c].stock ? 1 : b->opt.nkernels); k++) {
				if (!case_wanted(b, c) ||
				    (cases[c].rounds && round >= cases[c].rounds) ||
				    (!b->opt.read && !fits(&cases[c])))
					continue;
				run(b, lurun, c, k, round);
				if (b->opt.read)
					continue;
				fprintf(stderr, "[%6.0f s] %s%s, round %u of %u\n",
					seconds() - began, cases[c].title,
					k ? ", the other kernel" : "", round + 1, rounds);
			}
	b->seconds = seconds() - began;
	b->cpu_seconds = cpu_seconds();
}
