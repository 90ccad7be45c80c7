// SPDX-License-Identifier: GPL-2.0
/*
 * The channel to the runner: one ASCII line per event on the emulator's debug console port.
 *
 * The port needs no driver, no interrupt and no buffer, so a line that was written has
 * arrived, also right before reboot(2), and the serial console with its kernel messages
 * stays out of the verdict. Marks carry the TSC, which runs on through the kexec.
 *
 * Invariant: facts are counted here and nowhere else; the count travels to the next kernel
 * on its command line, so the last kernel can state the plan for all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/io.h>
#include <sys/reboot.h>
#include <unistd.h>
#include <x86intrin.h>

#include "os/report.h"

#define DEBUGCON_PORT	0xe9
#define LINE_MAX_LEN	512

static unsigned int facts;
static bool aloud;
static int turn = -1;		/* lines of several processes must not mix */

/*
 * @echo: also on the standard output, for a scenario that is run by hand. Access to the port is
 * inherited: an unprivileged process has it from process 1.
 */
void report_open(unsigned int facts_so_far, bool echo)
{
	facts = facts_so_far;
	aloud = echo;
	turn = open("/init", O_RDONLY | O_CLOEXEC);
	if (ioperm(DEBUGCON_PORT, 1, 1) && errno != EPERM)
		fprintf(stderr, "no access to the debug console port: %s\n", strerror(errno));
}

unsigned int report_facts(void)
{
	return facts;
}

/* Signals wait until the line is written: a rest of it would begin another process's line. */
static void send_line(const char *line)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	flock(turn, LOCK_EX);
	outsb(DEBUGCON_PORT, line, strlen(line));
	outb('\n', DEBUGCON_PORT);
	flock(turn, LOCK_UN);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (aloud)
		puts(line);
}

static void vsay(const char *prefix, const char *fmt, va_list args)
{
	char line[LINE_MAX_LEN];
	size_t n = snprintf(line, sizeof(line), "%s", prefix);
	char *at;

	vsnprintf(line + n, sizeof(line) - n, fmt, args);
	while ((at = strchr(line, '\n')))
		*at = ' ';
	send_line(line);
}

static void say(const char *fmt, ...) PRINTF(1, 2);
static void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay("", fmt, args);
	va_end(args);
}

void report_hello(int stage, uint64_t tsc)
{
	say("hello %d %llu", stage, (unsigned long long)tsc);
}

void report_plan(void)
{
	say("plan %u", facts);
}

void report_end(void)
{
	say("end");
}

void mark(const char *name)
{
	say("mark %s %llu", name, (unsigned long long)__rdtsc());
}

void mark_nic(int nic, const char *what)
{
	char name[32];

	snprintf(name, sizeof(name), "nic%d.%s", nic, what);
	mark(name);
}

void tx_start(int nic, unsigned int rate, unsigned int len)
{
	say("tx-start %d %u %u", nic, rate, len);
}

void tx_stop(int nic)
{
	say("tx-stop %d", nic);
}

void monitor(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay("monitor ", fmt, args);
	va_end(args);
}

static bool vok(bool holds, const char *name, const char *why, va_list args)
{
	char prefix[LINE_MAX_LEN];

	facts++;
	if (holds) {
		say("ok %s", name);
		return true;
	}
	snprintf(prefix, sizeof(prefix), "not ok %s # ", name);
	vsay(prefix, why, args);
	return false;
}

bool ok(bool holds, const char *name, const char *why, ...)
{
	va_list args;

	va_start(args, why);
	vok(holds, name, why, args);
	va_end(args);
	return holds;
}

bool ok_nic(int nic, bool holds, const char *name, const char *why, ...)
{
	char full[LINE_MAX_LEN / 2];
	va_list args;

	snprintf(full, sizeof(full), "NIC %d: %s", nic, name);
	va_start(args, why);
	vok(holds, full, why, args);
	va_end(args);
	return holds;
}

bool ok_rc(int rc, const char *name)
{
	return ok(rc >= 0, name, "%s", strerror(rc < 0 ? -rc : 0));
}

bool ok_errno(int rc, int expected, const char *name)
{
	return ok(rc == -expected, name, "expected \"%s\", got \"%s\"", strerror(expected),
		  strerror(rc < 0 ? -rc : 0));
}

void fig(const char *key, uint64_t value)
{
	say("fig %s %llu", key, (unsigned long long)value);
}

void fig_nic(int nic, const char *key, uint64_t value)
{
	say("fig nic%d.%s %llu", nic, key, (unsigned long long)value);
}

void diag(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsay("diag ", fmt, args);
	va_end(args);
}

void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

void bail_out(const char *fmt, ...)
{
	va_list args;

	facts++;
	va_start(args, fmt);
	vsay("not ok the machine is set up # ", fmt, args);
	va_end(args);
	report_plan();
	report_end();
	power_off();
}
