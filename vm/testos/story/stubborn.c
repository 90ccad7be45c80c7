// SPDX-License-Identifier: GPL-2.0
/* Processes with a call that waits for a page of theirs, which is never there. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"
#include "story/stubborn.h"

static pid_t child(void (*body)(int fd), int fd)
{
	pid_t pid = fork();

	if (!pid) {
		body(fd);
		_exit(0);
	}
	sleep_ms(500);
	return pid;
}

static void call(int dev)
{
	ioctl(dev, VFIO_DEVICE_GET_INFO, uffd_missing());
}

static void write_page(int memfd)
{
	if (write(memfd, uffd_missing(), PAGE) < 0)
		diag("write: %s", strerror(errno));
}

pid_t stubborn_call(int dev)
{
	return child(call, dev);
}

pid_t stubborn_write(int memfd)
{
	return child(write_page, memfd);
}
