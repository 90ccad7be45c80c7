// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a userfaultfd that no task serves: the kernel waits for such a page until the
 * process is killed, with whatever locks it holds then.
 */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/report.h"
#include "os/uffd.h"
#include "os/util.h"

static void *uffd_page(uint64_t mode, int *uffd)
{
	struct uffdio_api api = { .api = UFFD_API };
	char *at = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register reg = { .range = { (uintptr_t)at, PAGE }, .mode = mode };

	*uffd = syscall(SYS_userfaultfd, 0);
	if (*uffd < 0 || ioctl(*uffd, UFFDIO_API, &api))
		bail_out("userfaultfd: %s", strerror(errno));
	if (mode == UFFDIO_REGISTER_MODE_WP)
		memset(at, 0, PAGE);
	if (ioctl(*uffd, UFFDIO_REGISTER, &reg))
		bail_out("register with userfaultfd: %s", strerror(errno));
	return at;
}

void *uffd_missing(void)
{
	int uffd;

	return uffd_page(UFFDIO_REGISTER_MODE_MISSING, &uffd);
}

void *uffd_protected(const void *contents, size_t len)
{
	int uffd;
	void *at = uffd_page(UFFDIO_REGISTER_MODE_WP, &uffd);
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)at, PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	memcpy(at, contents, len);
	if (ioctl(uffd, UFFDIO_WRITEPROTECT, &wp))
		bail_out("write-protect: %s", strerror(errno));
	return at;
}
