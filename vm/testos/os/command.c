// SPDX-License-Identifier: GPL-2.0
/*
 * Running the commands iolu and systemctl: a process with a pipe for what it prints.
 *
 * Invariant: the child gets no descriptor of this program but the pipe, as all others are
 * closed on exec; so sessions are not affected.
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

#include "os/command.h"
#include "os/report.h"

#define ARGS	32

static char said[32768];

const char *iolu_said(void)
{
	return said;
}

static void listen_to(int fd)
{
	size_t n = 0;
	ssize_t got;

	while (n + 1 < sizeof(said) &&
	       (got = read(fd, said + n, sizeof(said) - 1 - n)) > 0)
		n += got;
	said[n] = '\0';
	close(fd);
}

static void log_it(const char *const *args)
{
	char line[1024] = "$", *copy = strdup(said), *rest = copy, *part;

	for (; *args; args++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line),
			 strchr(*args, ' ') ? " \"%s\"" : " %s", *args);
	diag("%s", line);
	while (rest && (part = strsep(&rest, "\n")))
		if (*part)
			diag("%s", part);
	free(copy);
}

static void become(const char *program, const char **args, int out)
{
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	execv(program, (char **)args);
	_exit(126);
}

static int run(const char *program, const char **args)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) || (pid = fork()) < 0)
		bail_out("run %s: %s", program, strerror(errno));
	if (!pid)
		become(program, args, ends[1]);
	close(ends[1]);
	listen_to(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	log_it(args);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* @args has room for ARGS of them; the last one named is its second. */
static void collect(const char **args, va_list list)
{
	int n = 2;

	while (n < ARGS && (args[n] = va_arg(list, const char *)))
		n++;
}

int iolu(const char *verb, ...)
{
	const char *args[ARGS + 1] = { "iolu", verb };
	va_list list;

	va_start(list, verb);
	collect(args, list);
	va_end(list);
	return run("/bin/iolu", args);
}

int systemctl(const char *verb, ...)
{
	const char *args[ARGS + 1] = { "systemctl", verb };
	va_list list;

	va_start(list, verb);
	collect(args, list);
	va_end(list);
	return run("/usr/bin/systemctl", args);
}

bool iolu_tells(int rc, int code, const char *words, const char *name)
{
	return ok(rc == code && strstr(said, words), name,
		  "exit code %d instead of %d, or it does not say \"%s\"", rc, code, words);
}
