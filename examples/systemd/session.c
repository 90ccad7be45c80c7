// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * vmm-session: the program of vmm-session@.service. Send the session that systemd created for
 * this instance to the peer of the standard input.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "manager.h"

int main(void)
{
	int rc, session = manager_fd("vm");

	if (session < 0) {
		fprintf(stderr, "vmm-session: systemd passed no session: check LUOSession=vm and "
			"/dev/liveupdate\n");
		return 1;
	}
	rc = manager_send_fd(STDIN_FILENO, session);
	if (rc)
		fprintf(stderr, "vmm-session: the session cannot be sent: %s\n", strerror(-rc));
	return rc ? 1 : 0;
}
