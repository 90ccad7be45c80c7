// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the machine, as QEMU writes it: a stream of sections. One of them is of interest:
 *
 *	u8 11, "globalstate", be32 instance, be32 version, be32 100, the name of the run state
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "cpr.h"

#define HEAD	"\013globalstate"
#define SKIP	12u			/* instance, version, length */

/* QEMU starts a VM without that section. */
bool cpr_was_running(const void *bytes, size_t size)
{
	static const char *const live[] = { "running", "suspended" };
	const char *at = memmem(bytes, size, HEAD, strlen(HEAD));
	size_t left, i;

	if (!at)
		return true;
	at += strlen(HEAD);
	left = (const char *)bytes + size - at;
	for (i = 0; i < sizeof(live) / sizeof(*live); i++)
		if (left > SKIP + strlen(live[i]) &&
		    !memcmp(at + SKIP, live[i], strlen(live[i]) + 1))
			return true;
	return false;
}

static uint64_t in_ms(struct timespec time)
{
	return time.tv_sec * 1000ull + time.tv_nsec / 1000000;
}

uint64_t cpr_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return in_ms(now);
}

/* When a file was written, or now if there is none */
uint64_t cpr_time_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? cpr_now() : in_ms(st.st_mtim);
}
