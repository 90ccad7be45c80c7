// SPDX-License-Identifier: GPL-2.0
/*
 * Files that are too large for an initramfs, which each kexec copies and sums up: a cpio archive
 * in the memory of an emulated device, unpacked into the root file system.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/pci.h"
#include "os/image.h"
#include "os/report.h"
#include "os/util.h"

#define IVSHMEM		0x1af41110u	/* its BAR 2 is the memory */
#define SIZE		(128 * MIB)	/* as scripts/guest-image.sh makes it */
#define HEADER		110u
#define MODE_AT		14u		/* fields of 8 hexadecimal digits */
#define SIZE_AT		54u
#define NAME_AT		94u

static unsigned int field(const char *header, unsigned int at)
{
	char digits[9] = "";

	memcpy(digits, header + at, 8);
	return strtoul(digits, NULL, 16);
}

static size_t padded(size_t n)
{
	return (n + 3) & ~3ul;
}

/* A file that is there stays: the system may run with it. */
static void write_file(const char *path, const char *data, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, mode & 0777);

	if (fd < 0 && errno == EEXIST)
		return;
	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		bail_out("unpack %s: %s", path, strerror(errno));
	close(fd);
}

/* Returns the next header, or NULL at the end. */
static const char *unpack_one(const char *header)
{
	unsigned int mode = field(header, MODE_AT), name_len = field(header, NAME_AT);
	const char *name = header + HEADER, *data = header + padded(HEADER + name_len);
	size_t n = field(header, SIZE_AT);

	if (memcmp(header, "070701", 6))
		bail_out("the image is no archive");
	if (!strcmp(name, "TRAILER!!!"))
		return NULL;
	if (S_ISDIR(mode))
		mkdir(name, mode & 0777);
	else
		write_file(name, data, n, mode);
	return data + padded(n);
}

void image_unpack(void)
{
	char bdf[BDF_LEN], path[128];
	const char *image, *at;
	int fd;

	pci_find_device(IVSHMEM, 0, bdf);
	pci_set(bdf, "enable", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource2", bdf);
	fd = must_open(path, O_RDWR);
	image = must_map(fd, SIZE, 0, "the image");
	if (chdir("/"))
		bail_out("chdir: %s", strerror(errno));
	for (at = image; at; )
		at = unpack_one(at);
	munmap((void *)image, SIZE);
	close(fd);
}
