// SPDX-License-Identifier: GPL-2.0-only
/*
 * A unit of systemd with a store of descriptors (examples/systemd/qemu@.service). Its process need
 * not have a right to make or open sessions: each save gets a new one from vmm-session.socket,
 * and systemd's store has it as well, so that it outlives the process. It is taken out when the
 * save is called off, and when the VM runs again. Without a store none of this is done.
 *
 * Invariant: the store has a session only from a save until the VM runs again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpr.h"
#include "manager.h"

#define SESSION	"vm"
#define SOCKET	"/run/vmm-session"

bool cpr_has_store(void)
{
	const char *room = getenv("FDSTORE");

	return room && atoi(room) > 0;
}

/* For a save; -ENOENT: this process makes it itself */
int cpr_new_session(void)
{
	int session;

	if (!cpr_has_store())
		return -ENOENT;
	session = manager_renew(SESSION, SOCKET);
	if (session >= 0)
		return session;
	cpr_fail(session, "no session comes from " SOCKET ": %s", strerror(-session));
	return -EIO;
}

/* For a restore; -ENOENT: the store has none */
int cpr_stored_session(void)
{
	return manager_fd(SESSION);
}

/* systemd closes it a moment later. */
void cpr_drop_session(void)
{
	if (cpr_has_store())
		manager_tell("FDSTOREREMOVE=1\nFDNAME=" SESSION, -1);
}

void cpr_tell_status(const char *text)
{
	char status[512];

	snprintf(status, sizeof(status), "STATUS=%s", text);
	manager_tell(status, -1);
}
