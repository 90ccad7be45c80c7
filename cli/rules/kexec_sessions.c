// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sessions that are open before a kexec: outgoing ones are handed over, an incoming one is
 * not. A session that is finished but still open looks like one that is not finished.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/open_files.h"
#include "rules/kexec.h"
#include "rules/rules.h"

#define NAME_ROOM	128

/* The outgoing sessions, each once, also if several processes have it open */
struct outgoing {
	char (*name)[NAME_ROOM];
	int n;
};

static bool has(const struct outgoing *outgoing, const char *name, size_t len)
{
	int i;

	for (i = 0; i < outgoing->n; i++)
		if (strlen(outgoing->name[i]) == len && !strncmp(outgoing->name[i], name, len))
			return true;
	return false;
}

static void add(struct outgoing *outgoing, const char *name)
{
	char (*more)[NAME_ROOM];

	if (has(outgoing, name, strlen(name)))
		return;
	more = realloc(outgoing->name, (outgoing->n + 1) * sizeof(*more));
	if (!more)
		return;
	outgoing->name = more;
	snprintf(more[outgoing->n++], NAME_ROOM, "%s", name);
}

/* Has PID 1 the same session open? The text of the link contains its name. */
static bool in_store(const struct holders *holders, const struct holder *h)
{
	int i;

	for (i = 0; i < holders->n; i++)
		if (holders->holder[i].pid == 1 && !strcmp(holders->holder[i].target, h->target))
			return true;
	return false;
}

/* Returns true if the session could be asked. */
static bool session(struct json_object *items, const struct holders *holders,
		    const struct holder *h, struct outgoing *outgoing)
{
	int fd = open_files_borrow(h), direction = -1;
	char name[NAME_ROOM] = "";

	if (fd >= 0) {
		direction = luo_session_direction(fd);
		luo_session_name(fd, name, sizeof(name));
		close(fd);
	}
	if (direction == LUO_OUTGOING)
		add(outgoing, name);
	if (direction == LUO_INCOMING)
		out_item(items, "kexec", "sessions", UNKNOWN,
			 h->pid == 1 ? "start the unit whose store has it" :
			 "let it finish and close its session",
			 "process %d (%s) has an incoming session open: %s",
			 h->pid, h->comm, h->target);
	else if (under_systemd() && !in_store(holders, h))
		out_item(items, "kexec", "sessions", NO,
			 "let it put the session into systemd's file descriptor store",
			 "process %d (%s), which systemd ends first, has the session in no store: %s",
			 h->pid, h->comm, h->target);
	return direction >= 0;
}

static void expected_name(struct json_object *items, const struct outgoing *outgoing,
			  const char *name, int len, bool complete)
{
	if (has(outgoing, name, len))
		return;
	out_item(items, "kexec", "expect", complete ? NO : UNKNOWN,
		 "let its VMM preserve it", "session %.*s is not outgoing", len, name);
}

/* @expect: A number of sessions, or their names with commas between */
static void expected(struct json_object *items, const struct outgoing *outgoing,
		     const char *expect, bool complete)
{
	char *end;
	long n = strtol(expect, &end, 10);
	size_t len;

	if (*expect && !*end) {
		if (n != outgoing->n)
			out_item(items, "kexec", "expect", complete ? NO : UNKNOWN,
				 "let each VMM preserve its session",
				 "%d sessions are outgoing, %ld are expected", outgoing->n, n);
		return;
	}
	for (; *expect; expect += len + (expect[len] == ',')) {
		len = strcspn(expect, ",");
		expected_name(items, outgoing, expect, len, complete);
	}
}

/* A manager of sessions has the device open all the time; the kernel asks again at the kexec. */
static void cannot_ask(struct json_object *items, int error)
{
	out_item(items, "kexec", "session", YES, error == EBUSY ?
		 "end the process that has it open, to ask" : AS_ROOT,
		 "not asked if they can be frozen: /dev/liveupdate: %s", strerror(error));
}

/* The kernel's log has the reason. */
static void left_behind(struct json_object *items, const struct outgoing *outgoing, bool strict)
{
	int device, i, rc;

	if (!host_is_real() || !outgoing->n)
		return;
	device = luo_open();
	if (device < 0)
		cannot_ask(items, -device);
	for (i = 0; device >= 0 && i < outgoing->n; i++) {
		rc = luo_check(device, outgoing->name[i]);
		if (rc && rc != -ENOENT && rc != -ENOTTY)
			out_item(items, "kexec", "session", strict ? NO : YES,
				 "see the kernel's log; iolu unpreserve takes the session out",
				 "session %s cannot be frozen (%s)%s", outgoing->name[i],
				 strerror(-rc), strict ? "" : " and will be left behind");
	}
	if (device >= 0)
		close(device);
}

void check_sessions(struct json_object *items, const char *expect, bool strict)
{
	struct holders holders = open_files_find("anon_inode:[luo_session]");
	struct outgoing outgoing = {};
	bool complete = holders.complete;
	int i;

	for (i = 0; i < holders.n; i++)
		complete &= session(items, &holders, &holders.holder[i], &outgoing);
	if (complete)
		out_item(items, "kexec", "sessions", YES, NULL, "%d outgoing", outgoing.n);
	else
		out_item(items, "kexec", "sessions", UNKNOWN, AS_ROOT,
			 "not all processes are visible");
	if (expect)
		expected(items, &outgoing, expect, complete);
	left_behind(items, &outgoing, strict);
	open_files_free(&holders);
	free(outgoing.name);
}
