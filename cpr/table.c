// SPDX-License-Identifier: GPL-2.0-only
/* QEMU's table of descriptors: what they are, and how they are called in the session */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpr.h"

const struct cpr_device *cpr_find_device(const struct cpr *cpr, const char *name)
{
	uint32_t i;

	for (i = 0; i < cpr->ndevices; i++)
		if (!strcmp(cpr->devices[i].name, name))
			return &cpr->devices[i];
	return NULL;
}

static enum cpr_kind kind_of(const struct cpr *cpr, const struct cpr_fd *fd)
{
	char path[64], target[128];
	ssize_t n;

	if (cpr_find_device(cpr, fd->name))
		return CPR_DEVICE;
	if (fcntl(fd->fd, F_GET_SEALS) >= 0)
		return CPR_MEMORY;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd->fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = '\0';
	if (!strcmp(target, "anon_inode:[eventfd]"))
		return CPR_EVENT;
	return strstr(target, "iommu") ? CPR_IOMMUFD : CPR_OTHER;
}

static int refuse(const char *name)
{
	if (strstr(name, "container") || strstr(name, "group"))
		return cpr_fail(-EOPNOTSUPP, "QEMU's descriptor \"%s\" is not of iommufd: use "
				"-object iommufd,id=iommufd0, and iommufd=iommufd0 for the device",
				name);
	return cpr_fail(-EOPNOTSUPP, "QEMU's descriptor \"%s\" is neither memory, eventfd, iommufd "
			"nor vfio device: leave out the device that it belongs to", name);
}

/* Memory goes along once, and an area of an IOAS tells its file only. */
static int check_memory(const struct cpr *cpr, const struct cpr_fd *fd)
{
	const struct cpr_fd *other;
	struct stat st, had;

	if (fd->kind != CPR_MEMORY || fstat(fd->fd, &st))
		return 0;
	for (other = cpr->fds; other < fd; other++)
		if (other->kind == CPR_MEMORY && !fstat(other->fd, &had) &&
		    had.st_dev == st.st_dev && had.st_ino == st.st_ino)
			return cpr_fail(-EOPNOTSUPP, "QEMU's descriptors \"%s\" and \"%s\" are the "
					"same memory", other->name, fd->name);
	return 0;
}

void cpr_find_kinds(struct cpr *cpr)
{
	uint32_t i;

	for (i = 0; i < cpr->nfds; i++)
		cpr->fds[i].kind = kind_of(cpr, &cpr->fds[i]);
}

/* After cpr_find_kinds(): can each descriptor go along? */
int cpr_check_kinds(const struct cpr *cpr)
{
	const struct cpr_fd *fd;
	int rc = 0;

	for (fd = cpr->fds; !rc && fd < cpr->fds + cpr->nfds; fd++)
		rc = fd->kind == CPR_OTHER ? refuse(fd->name) : check_memory(cpr, fd);
	return rc;
}

/* @name: NULL for any */
struct cpr_fd *cpr_find(struct cpr *cpr, enum cpr_kind kind, const char *name, uint32_t id)
{
	uint32_t i;

	for (i = 0; i < cpr->nfds; i++) {
		struct cpr_fd *fd = &cpr->fds[i];

		if (fd->kind == kind && fd->id == id && (!name || !strcmp(fd->name, name)))
			return fd;
	}
	return NULL;
}

/* QEMU's own names may be longer than those of the library. */
void cpr_memory_name(const struct cpr *cpr, const struct cpr_fd *fd, char *name, size_t room)
{
	snprintf(name, room, "memory.%u", (unsigned int)(fd - cpr->fds));
}

/* -- eventfds -- */

static bool is_event(const struct cpr_fd *fd, const char *bdf, const char *kind)
{
	size_t n = strlen(bdf);

	return fd->kind == CPR_EVENT && !strncmp(fd->name, bdf, n) && fd->name[n] == '_' &&
	       !strcmp(fd->name + n + 1, kind);
}

/* The eventfd "BDF_KIND" of a device; -1 if it has none */
int cpr_event(const struct cpr *cpr, const char *bdf, const char *kind)
{
	uint32_t i;

	for (i = 0; i < cpr->nfds; i++)
		if (!cpr->fds[i].id && is_event(&cpr->fds[i], bdf, kind))
			return cpr->fds[i].fd;
	return -1;
}

/*
 * Vector n signals the eventfd that KVM waits on, if the vector has one, otherwise the one that
 * QEMU waits on; -1 if it has neither. Returns the number of vectors up to the last one.
 */
uint32_t cpr_vectors(const struct cpr *cpr, const char *bdf, int fds[CPR_MAX_FDS])
{
	uint32_t i, n = 0;

	memset(fds, -1, CPR_MAX_FDS * sizeof(*fds));
	for (i = 0; i < cpr->nfds; i++) {
		const struct cpr_fd *fd = &cpr->fds[i];
		bool kvm = is_event(fd, bdf, "kvm_interrupt");

		if (!kvm && !is_event(fd, bdf, "interrupt"))
			continue;
		if (kvm || fds[fd->id] < 0)
			fds[fd->id] = fd->fd;
		n = fd->id < n ? n : fd->id + 1;
	}
	return n;
}
