// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log lines about a refusal: those since the last look.
 *
 * Invariant: each look reads on to the end, so a line answers for one refusal only.
 */
#define _GNU_SOURCE 1

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"

static int klog_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = must_open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	return fd;
}

/* Ignore the lines so far. */
void klog_skip(void)
{
	lseek(klog_fd(), 0, SEEK_END);
}

/* The text of a record begins behind a semicolon and ends with the first newline. */
static bool record_says(const char *record, const char *words)
{
	const char *text = strchr(record, ';');
	const char *found = text ? strstr(text, words) : NULL;

	return found && found < strchrnul(record, '\n');
}

static bool rest_says(int fd, const char *words)
{
	char record[2048];
	bool found = false;
	ssize_t n;

	while ((n = read(fd, record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		found |= record_says(record, words);
	}
	return found;
}

bool klog_says(const char *words)
{
	return rest_says(klog_fd(), words);
}

bool klog_said(const char *words)
{
	int fd = must_open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	bool found = rest_says(fd, words);

	close(fd);
	return found;
}

void klog_say_from(const char *words, unsigned int lines)
{
	char record[2048], *text;
	bool found = false;
	ssize_t n;

	lseek(klog_fd(), 0, SEEK_SET);
	while (lines && (n = read(klog_fd(), record, sizeof(record) - 1)) > 0) {
		record[n] = '\0';
		*strchrnul(record, '\n') = '\0';
		found |= record_says(record, words);
		text = strchr(record, ';');
		if (!found || !text)
			continue;
		diag("%s", text + 1);
		lines--;
	}
}

bool refused(int rc, int expected, const char *words, const char *name)
{
	bool said = klog_says(words);

	return ok(rc == -expected && said, name,
		  "expected \"%s\", got \"%s\"; the log %s \"%s\"", strerror(expected),
		  strerror(rc < 0 ? -rc : 0), said ? "has" : "lacks", words);
}
