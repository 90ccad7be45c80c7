// SPDX-License-Identifier: GPL-2.0-only
/* Only one process can have /dev/liveupdate open, and only root. */
#include <errno.h>
#include <string.h>

#include "host/open_files.h"
#include "verbs/device_failed.h"

int device_failed(const struct call *call, int rc)
{
	struct holders holders;
	int code;

	if (rc != -EBUSY)
		return call_fail(call, EXIT_UNKNOWN, "/dev/liveupdate: %s%s", strerror(-rc),
				 rc == -EACCES || rc == -EPERM ? ": run iolu as root" : "");
	holders = open_files_find("/dev/liveupdate");
	if (holders.n)
		code = call_fail(call, EXIT_UNKNOWN,
				 "process %d (%s) has /dev/liveupdate open: try again when it has "
				 "closed it", holders.holder[0].pid, holders.holder[0].comm);
	else
		code = call_fail(call, EXIT_UNKNOWN,
				 "another process has /dev/liveupdate open: try again");
	open_files_free(&holders);
	return code;
}
