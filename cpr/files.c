// SPDX-License-Identifier: GPL-2.0-only
/* Reading files, and memfds with given contents */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpr.h"

/* All of it, wherever its position is, which does not change */
int cpr_read_fd(int fd, uint8_t **bytes, size_t *size)
{
	struct stat st;
	ssize_t got;

	*bytes = NULL;
	if (fstat(fd, &st))
		return cpr_fail(-errno, "descriptor %d: %s", fd, strerror(errno));
	*bytes = malloc(st.st_size + 1);
	if (!*bytes)
		return cpr_fail(-ENOMEM, "no memory for %lld bytes", (long long)st.st_size);
	for (*size = 0; *size < (size_t)st.st_size; *size += got) {
		got = pread(fd, *bytes + *size, st.st_size - *size, *size);
		if (got <= 0)
			return cpr_fail(-EIO, "descriptor %d cannot be read", fd);
	}
	return 0;
}

int cpr_read_file(const char *path, uint8_t **bytes, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	*bytes = NULL;
	if (fd < 0)
		return cpr_fail(-errno, "%s: %s", path, strerror(errno));
	rc = cpr_read_fd(fd, bytes, size);
	close(fd);
	return rc;
}

static int write_all(int fd, const uint8_t *bytes, size_t size)
{
	ssize_t done;

	for (; size; bytes += done, size -= done) {
		done = write(fd, bytes, size);
		if (done <= 0)
			return -EIO;
	}
	return lseek(fd, 0, SEEK_SET) ? -EIO : 0;
}

int cpr_memfd_with(const char *name, const void *bytes, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || write_all(fd, bytes, size)) {
		if (fd >= 0)
			close(fd);
		return cpr_fail(-EIO, "memfd %s of %zu bytes cannot be written", name, size);
	}
	return fd;
}
