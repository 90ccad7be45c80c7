// SPDX-License-Identifier: GPL-2.0-only
/*
 * state SEED COUNT: the CPR state, as QEMU 11.1 wrote it and in COUNT changed forms. A state that
 * is accepted is written back byte for byte; so nothing in it was overlooked. The same for a saved
 * command line. And what a table tells: vectors, memory; and the run state in the state of the
 * machine.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpr.h"

static const uint8_t valid[] =
	"QCPR\0\0\0\1"
	"\1\0\0\0\5ram0\0\0\0\0\0\0\0\0\14"
	"\1\0\0\0\11iommufd0\0\0\0\0\0\0\0\0\15"
	"\1\0\0\0\15" "0000:01:00.0\0\0\0\0\0\0\0\0\16"
	"\1\0\0\0\27" "0000:01:00.0_interrupt\0\0\0\0\2\0\0\0\17"
	"\0"
	"\5\25CprState/vfio devices\0\0\0\1"
	"\1\0\0\0\15" "0000:01:00.0\0\0\0\0\1\0\0\0\2\0\0\0\3"
	"\0";
#define SIZE	(sizeof(valid) - 1)

static struct cpr cpr;
static unsigned int count, failed;

int cpr_fail(int rc, const char *fmt, ...)
{
	(void)fmt;
	return rc;
}

static void ok(bool holds, const char *fact)
{
	failed += !holds;
	printf("%sok %u - %s\n", holds ? "" : "not ", ++count, fact);
}

/* -- QEMU's table -- */

/* Refused, or written back as it was */
static bool is_sound(const uint8_t *bytes, size_t size)
{
	uint8_t *written;
	size_t n;
	bool same;

	if (cpr_parse(&cpr, bytes, size))
		return true;
	if (cpr_write(&cpr, &written, &n))
		return false;
	same = n == size && !memcmp(written, bytes, n);
	free(written);
	return same;
}

/* In a block of its own, so that a read beyond the end is found */
static bool is_sound_alone(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	bool sound;

	memcpy(copy, bytes, size);
	sound = is_sound(copy, size);
	free(copy);
	return sound;
}

static bool refuses_parts(void)
{
	size_t n;

	for (n = 0; n < SIZE; n++) {
		if (!is_sound_alone(valid, n))
			return false;
		if (!cpr_parse(&cpr, valid, n) && cpr.ndevices)
			return false;
	}
	return true;
}

static bool survives_changes(unsigned int seed, unsigned int changes)
{
	uint8_t bytes[SIZE];
	unsigned int i, n;

	srand(seed);
	while (changes--) {
		memcpy(bytes, valid, SIZE);
		n = 1 + rand() % 4;
		for (i = 0; i < n; i++)
			bytes[rand() % SIZE] = rand() % 3 ? rand() : rand() % 3;
		if (!is_sound_alone(bytes, SIZE - (rand() % 4 ? 0 : rand() % SIZE)))
			return false;
	}
	return true;
}

static bool has_contents(void)
{
	return cpr.nfds == 4 && !strcmp(cpr.fds[0].name, "ram0") && cpr.fds[0].fd == 12 &&
	       cpr.fds[3].id == 2 && cpr.fds[3].fd == 15 && cpr.ndevices == 1 &&
	       !strcmp(cpr.devices[0].name, "0000:01:00.0") && cpr.devices[0].id == 1 &&
	       cpr.devices[0].ioas == 2 && cpr.devices[0].hwpt == 3;
}

/* -- vectors -- */

static bool is_refused_with_id(uint32_t id)
{
	uint8_t bytes[SIZE];
	const uint8_t big[] = { id >> 24, id >> 16, id >> 8, id };

	memcpy(bytes, valid, SIZE);
	memcpy(bytes + 8 + 10, big, sizeof(big));
	return cpr_parse(&cpr, bytes, SIZE);
}

static void add_event(const char *kind, uint32_t id, int fd)
{
	struct cpr_fd *event = &cpr.fds[cpr.nfds++];

	snprintf(event->name, sizeof(event->name), "0000:01:00.0_%s", kind);
	event->id = id;
	event->fd = fd;
	event->kind = CPR_EVENT;
}

static void check_vectors(void)
{
	static int fds[CPR_MAX_FDS];

	ok(!is_refused_with_id(CPR_MAX_FDS - 1), "an id below the greatest number of descriptors is accepted");
	ok(is_refused_with_id(CPR_MAX_FDS), "and no other");
	cpr.nfds = 0;
	add_event("req_notifier", 0, 3);
	add_event("interrupt", 100, 4);
	add_event("kvm_interrupt", 0, 5);
	add_event("interrupt", 0, 6);
	ok(cpr_vectors(&cpr, "0000:01:00.0", fds) == 101, "vectors are counted up to the last one");
	ok(fds[100] == 4 && fds[99] == -1, "over a gap of any length");
	ok(fds[0] == 5, "KVM's eventfd comes before QEMU's");
	ok(!cpr_vectors(&cpr, "0000:01:00.1", fds), "another device has none of them");
	ok(cpr_event(&cpr, "0000:01:00.0", "req_notifier") == 3, "an eventfd is found by its name");
	ok(cpr_event(&cpr, "0000:01:00.0", "notifier") == -1, "by all of it");
}

/* -- memory -- */

static bool same_memory_is_refused(void)
{
	int fd = memfd_create("ram0", MFD_ALLOW_SEALING), copy = dup(fd);
	int other = memfd_create("ram1", MFD_ALLOW_SEALING);
	bool refused;

	cpr.nfds = 2;
	cpr.ndevices = 0;
	cpr.fds[0].fd = fd;
	cpr.fds[1].fd = copy;
	cpr_find_kinds(&cpr);
	refused = cpr_check_kinds(&cpr);
	cpr.fds[1].fd = other;
	cpr_find_kinds(&cpr);
	return refused && !cpr_check_kinds(&cpr) && cpr.fds[1].kind == CPR_MEMORY;
}

/* -- command lines and environments -- */

static const char line[] = "qemu\0-m\0" "4G\0-append\0\0-snapshot";

static bool is_sound_line(const char *bytes, size_t size)
{
	char **words, *copy = malloc(size ? size : 1);
	uint8_t *packed = NULL;
	size_t n = 0;
	bool sound = true;

	memcpy(copy, bytes, size);
	if (!cpr_unpack(copy, size, &words)) {
		sound = !cpr_pack(words, &packed, &n) && n == size && !memcmp(packed, bytes, n);
		free(words);
		free(packed);
	}
	free(copy);
	return sound;
}

static bool lines_survive_changes(unsigned int changes)
{
	char bytes[sizeof(line)];
	unsigned int n;

	while (changes--) {
		memcpy(bytes, line, sizeof(line));
		for (n = 1 + rand() % 4; n; n--)
			bytes[rand() % sizeof(line)] = rand() % 3 ? rand() : 0;
		if (!is_sound_line(bytes, rand() % 4 ? sizeof(line) : rand() % sizeof(line)))
			return false;
	}
	return true;
}

static bool differ(char *const *now, char *const *saved, const char *words)
{
	char *difference = cpr_difference(now, saved);
	bool same = words ? difference && !strcmp(difference, words) : !difference;

	if (!same)
		printf("# %s\n", difference ? difference : "no difference");
	free(difference);
	return same;
}

static bool merges(void)
{
	static char *const saved[] = { "PATH=/saved", "NOTIFY_SOCKET=/saved", "LISTEN_PID=1", NULL };
	static char *const now[] = { "PATH=/now", "LISTEN_PID=2", "FDSTORE=1", "MORE=1", NULL };
	static char *const want[] = { "PATH=/saved", "LISTEN_PID=2", "FDSTORE=1", NULL };
	char **merged = cpr_environment(saved, now);
	bool same = differ(merged, want, NULL);

	free(merged);
	return same;
}

static void check_lines(unsigned int changes)
{
	static char *const other[] = { "qemu", "-m", "8G", "-append", "", "-snapshot", NULL };
	static char *const fewer[] = { "qemu", "-m", "4G", "-append", "", NULL };
	char **words, **none;

	ok(!cpr_unpack(line, sizeof(line), &words), "a saved command line is accepted");
	ok(!strcmp(words[3], "-append") && !*words[4] && !strcmp(words[5], "-snapshot") && !words[6],
	   "with its words, of which one is empty");
	ok(cpr_unpack(line, sizeof(line) - 1, &none), "without the last NUL it is refused");
	ok(cpr_unpack(line, 0, &none), "so is none");
	ok(cpr_unpack(line + 19, 11, &none), "and one without a program");
	ok(lines_survive_changes(changes), "a changed one is refused, or written back byte for byte");
	ok(differ(words, words, NULL), "a command line does not differ from itself");
	ok(differ(other, words, "\"8G\" in place of \"4G\""), "a changed word is found");
	ok(differ(words, fewer, "\"-snapshot\" in place of nothing"), "so is one more");
	ok(differ(fewer, words, "nothing in place of \"-snapshot\""), "and one less");
	ok(merges(), "the environment is the saved one, with the variables of the present unit");
	free(words);
}

/* -- the run state -- */

#define STATE(name) "anything\4\0\0\0\2\13globalstate\0\0\0\0\0\0\0\1\0\0\0\144" name

static bool ran(const char *bytes, size_t size)
{
	char *copy = malloc(size);
	bool running;

	memcpy(copy, bytes, size);
	running = cpr_was_running(copy, size);
	free(copy);
	return running;
}

static void check_run_state(void)
{
	static const char running[] = STATE("running"), paused[] = STATE("paused");

	ok(ran(running, sizeof(running)), "a VM that ran will run");
	ok(!ran(running, sizeof(running) - 2), "the name of its state is read to its end");
	ok(!ran(paused, sizeof(paused)), "one that was paused will not");
	ok(ran(paused, 10), "without its state it will, as QEMU has it");
}

int main(int argc, char **argv)
{
	static const uint8_t none[] = "QCPR\0\0\0\1\0" "\5\25CprState/vfio devices\0\0\0\1\0";
	uint8_t more[SIZE + 1] = {};

	if (argc != 3)
		return 2;
	ok(!cpr_parse(&cpr, valid, SIZE), "the state that QEMU writes is accepted");
	ok(has_contents(), "with its descriptors and devices");
	ok(is_sound(valid, SIZE), "and written back byte for byte");
	ok(!cpr_parse(&cpr, none, sizeof(none) - 1) && is_sound(none, sizeof(none) - 1),
	   "so is that of a VM without a device");
	memcpy(more, valid, SIZE);
	ok(cpr_parse(&cpr, more, sizeof(more)), "a byte more at the end is refused");
	ok(refuses_parts(), "no part of it is accepted as all of it");
	ok(survives_changes(atoi(argv[1]), atoi(argv[2])),
	   "a changed state is refused, or written back byte for byte");
	check_vectors();
	ok(same_memory_is_refused(), "one memory under two names is refused");
	check_lines(atoi(argv[2]));
	check_run_state();
	printf("1..%u\n", count);
	return !!failed;
}
