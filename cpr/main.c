// SPDX-License-Identifier: GPL-2.0-only
/* The command line, and messages */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cpr.h"

static const char usage[] =
	"usage: iolu-cpr save NAME STREAM QEMU [ARGUMENT...]\n"
	"       iolu-cpr restore NAME [QEMU [ARGUMENT...]]\n"
	"\n"
	"save is QEMU's cpr-exec-command: it saves the VM in the session NAME and waits for the\n"
	"kexec. STREAM is the file of the migration's URI file:STREAM. SIGUSR2, or iolu unpreserve\n"
	"NAME, calls it off, and QEMU continues. restore executes QEMU with the VM of session NAME,\n"
	"or, if there is no such session, as it is; without QEMU: with the command line and the\n"
	"environment that were saved.\n";

static void complain(const char *fmt, va_list args)
{
	fputs("iolu-cpr: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void cpr_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
}

int cpr_fail(int rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	complain(fmt, args);
	va_end(args);
	return rc;
}

void cpr_say(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("iolu-cpr: %s\n", text);
	fflush(stdout);
	cpr_tell_status(text);
}

int cpr_check(struct iolu_vm *vm, int rc)
{
	return rc < 0 ? cpr_fail(rc, "%s", iolu_vm_reason(vm)) : 0;
}

int main(int argc, char **argv)
{
	struct cpr_call call = {};

	if (argc > 4 && !strcmp(argv[1], "save")) {
		call = (struct cpr_call){ argv[2], argv[3], argv + 4, 0 };
		return cpr_save(&call);
	}
	if (argc > 2 && !strcmp(argv[1], "restore")) {
		call = (struct cpr_call){ argv[2], NULL, argc > 3 ? argv + 3 : NULL, 0 };
		return cpr_restore(&call);
	}
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	fputs(usage, stderr);
	return 2;
}
