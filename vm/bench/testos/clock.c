// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of the bench and its figures: ticks of the TSC, durations that the
 * kernel's own tracepoints carry, and how the times of the kernel's log relate to the ticks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"
#include "os/report.h"
#include "os/util.h"

#define KEYS	40
#define TRACE	"/sys/kernel/tracing/trace"

uint64_t ticks(void)
{
	return __rdtsc();
}

/* The n-th value of the key in this kernel is said as key.n; @key must be a literal. */
void say(const char *key, uint64_t value)
{
	static struct { const char *key; unsigned int n; } said[KEYS];
	char name[48];
	int i;

	for (i = 0; i < KEYS - 1 && said[i].key && strcmp(said[i].key, key); i++)
		;
	said[i].key = key;
	snprintf(name, sizeof(name), "%s.%u", key, said[i].n++);
	fig(name, value);
}

void say_ticks(const char *key, uint64_t since)
{
	say(key, ticks() - since);
}

static int by_size(const void *a, const void *b)
{
	const unsigned long long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/*
 * Duration of all such steps in the buffer; 0 if there are none. It is the median times their
 * number: another thread of the kernel may have its turn in the midst of one of them.
 */
uint64_t trace_ns(const char *event)
{
	unsigned long long ns[BENCH_DEVICES];
	char line[512], *at;
	FILE *f = fopen(TRACE, "r");
	size_t n = 0;

	while (f && n < BENCH_DEVICES && fgets(line, sizeof(line), f)) {
		at = strstr(line, event);
		if (!at || at[strlen(event)] != ':')
			continue;
		at = strstr(at, " ns=");
		if (at && sscanf(at, " ns=%llu", &ns[n]) == 1)
			n++;
	}
	if (f)
		fclose(f);
	qsort(ns, n, sizeof(*ns), by_size);
	return n ? ns[n / 2] * n : 0;
}

void trace_clear(void)
{
	int fd = open(TRACE, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

/* A line in the kernel's log that names the tick at which it was written. */
void say_clock(void)
{
	char line[64];

	snprintf(line, sizeof(line), "<6>bench: tick %llu\n", (unsigned long long)ticks());
	if (file_write("/dev/kmsg", line))
		bail_out("cannot write to /dev/kmsg");
}
