// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own tests as facts of a scenario. Both kinds speak TAP: the selftests on
 * their standard output, KUnit in debugfs, where a test of a suite stands four blanks in.
 *
 * Invariant: a test that was skipped is no fact, but it is counted, and the count is one.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/kselftest.h"
#include "os/report.h"

#define ARGS	8

struct tally {
	const char *of;
	unsigned int passed, failed, skipped;
};

static const char *after(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) ? NULL : line + n;
}

/* "ok 3 name", "not ok 3 name", "ok 3 name # SKIP why": a line of the level at hand */
static void judge(struct tally *tally, const char *line)
{
	const char *good = after(line, "ok "), *bad = after(line, "not ok ");
	char name[200], fact[256];

	if (!good && !bad)
		return;
	if (strstr(line, "# SKIP")) {
		diag("%s", line);
		tally->skipped++;
		return;
	}
	if (sscanf(good ? good : bad, "%*u %199[^\n]", name) != 1)
		return;
	snprintf(fact, sizeof(fact), "%s: %s", tally->of, name);
	ok(good, fact, "its own words are above, or on the console");
	if (good)
		tally->passed++;
	else
		tally->failed++;
}

static void judge_lines(FILE *f, struct tally *tally, const char *indent)
{
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line == '#')
			diag("%s", line);
		if (after(line, indent))
			judge(tally, after(line, indent));
	}
	fclose(f);
}

static void become(const char *name, char *const *args, int out)
{
	char path[128];

	snprintf(path, sizeof(path), "/kselftest/%s", name);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(path, args);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	_exit(126);
}

static int run(const char *name, char *const *args, struct tally *tally)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) || (pid = fork()) < 0)
		bail_out("run %s: %s", name, strerror(errno));
	if (!pid)
		become(name, args, ends[1]);
	close(ends[1]);
	judge_lines(fdopen(ends[0], "r"), tally, "");
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void kselftest(unsigned int passes, unsigned int skips, const char *name, ...)
{
	char *args[ARGS + 1] = { (char *)name }, fact[128];
	struct tally tally = { .of = name };
	va_list list;
	int n = 0, rc;

	va_start(list, name);
	while (args[n] && n < ARGS)
		args[++n] = va_arg(list, char *);
	va_end(list);
	rc = run(name, args, &tally);
	snprintf(fact, sizeof(fact), "%s passed %u tests and skipped %u", name, passes, skips);
	ok(tally.passed == passes && !tally.failed && tally.skipped == skips && !rc, fact,
	   "%u passed, %u failed, %u skipped, exit code %d", tally.passed, tally.failed,
	   tally.skipped, rc);
}

void kunit_suite(unsigned int cases, const char *suite)
{
	struct tally tally = { .of = suite };
	char path[128], fact[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kunit/%s/results", suite);
	f = fopen(path, "r");
	if (!f)
		bail_out("%s: %s", path, strerror(errno));
	judge_lines(f, &tally, "    ");
	snprintf(fact, sizeof(fact), "%s passed %u tests", suite, cases);
	ok(tally.passed == cases && !tally.failed && !tally.skipped, fact,
	   "%u passed, %u failed, %u skipped", tally.passed, tally.failed, tally.skipped);
}
