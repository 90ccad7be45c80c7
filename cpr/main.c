// SPDX-License-Identifier: GPL-2.0-only
/* The command line, messages, and the execution of QEMU */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpr.h"

static const char usage[] =
	"usage: iolu-cpr save NAME STREAM QEMU [ARGUMENT...]\n"
	"       iolu-cpr restore NAME QEMU [ARGUMENT...]\n"
	"\n"
	"save is QEMU's cpr-exec-command: it saves the VM in the session NAME and waits for the\n"
	"kexec. STREAM is the file of the migration's URI file:STREAM. SIGUSR2 calls it off, and\n"
	"QEMU continues. restore executes QEMU with the VM of session NAME, or, if there is no such\n"
	"session, as it is.\n";

int cpr_fail(int rc, const char *fmt, ...)
{
	va_list args;

	fputs("iolu-cpr: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return rc;
}

int cpr_check(struct iolu_vm *vm, int rc)
{
	return rc < 0 ? cpr_fail(rc, "%s", iolu_vm_reason(vm)) : 0;
}

int cpr_exec(const struct cpr_call *call, const char *incoming)
{
	char **args;
	size_t n = 0;

	while (call->qemu[n])
		n++;
	args = calloc(n + 3, sizeof(*args));
	if (!args)
		return !!cpr_fail(-ENOMEM, "no memory for the command line");
	memcpy(args, call->qemu, n * sizeof(*args));
	if (incoming) {
		args[n] = "-incoming";
		args[n + 1] = (char *)incoming;
	}
	execvp(args[0], args);
	return !!cpr_fail(-errno, "%s: %s", args[0], strerror(errno));
}

int main(int argc, char **argv)
{
	struct cpr_call call = {};

	if (argc > 4 && !strcmp(argv[1], "save")) {
		call = (struct cpr_call){ argv[2], argv[3], argv + 4 };
		return cpr_save(&call);
	}
	if (argc > 3 && !strcmp(argv[1], "restore")) {
		call = (struct cpr_call){ argv[2], NULL, argv + 3 };
		return cpr_restore(&call);
	}
	fputs(usage, stderr);
	return 2;
}
