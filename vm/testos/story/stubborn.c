// SPDX-License-Identifier: GPL-2.0
/* Processes with a call that waits for a page of theirs, which is never there. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/child.h"
#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"
#include "story/stubborn.h"

static void call(const void *dev)
{
	ioctl(*(const int *)dev, VFIO_DEVICE_GET_INFO, uffd_missing());
}

static void write_page(const void *memfd)
{
	if (write(*(const int *)memfd, uffd_missing(), PAGE) < 0)
		diag("write: %s", strerror(errno));
}

pid_t stubborn_call(int dev)
{
	return child_start(call, &dev);
}

pid_t stubborn_write(int memfd)
{
	return child_start(write_page, &memfd);
}
