// SPDX-License-Identifier: GPL-2.0-only
/*
 * The previous kernel: QEMU's memory, iommufd and devices go into a session, with its table, the
 * state of the machine, command line and environment. The kernel says which memory the devices
 * reach.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "cpr.h"

static bool has(struct iolu_vm *vm, enum iolu_kind kind, const char *name)
{
	const char *have = NULL;

	while ((have = iolu_vm_next(vm, kind, have)))
		if (!strcmp(have, name))
			return true;
	return false;
}

static void ioas_name(uint32_t id, char name[32])
{
	snprintf(name, 32, "ioas.%u", id);
}

static void hwpt_name(uint32_t id, char name[32])
{
	snprintf(name, 32, "hwpt.%u", id);
}

/* -- memory -- */

/* Inode numbers alone do not tell files apart: huge pages are on another device */
static struct cpr_fd *find_file(struct cpr *cpr, const struct iommu_ioas_liveupdate_area *area)
{
	struct stat st;
	uint32_t i;

	for (i = 0; i < cpr->nfds; i++)
		if (cpr->fds[i].kind == CPR_MEMORY && !fstat(cpr->fds[i].fd, &st) &&
		    st.st_dev == area->out_dev && st.st_ino == area->out_inode)
			return &cpr->fds[i];
	return NULL;
}

static int refuse_area(uint64_t iova)
{
	return cpr_fail(-EOPNOTSUPP, "at IOVA 0x%llx devices reach memory that QEMU has not made "
			"as a memfd: use memory-backend-memfd,share=on", (unsigned long long)iova);
}

static uint32_t map_flags(const struct iommu_ioas_liveupdate_area *area)
{
	return (area->out_flags & IOMMU_LIVEUPDATE_AREA_READABLE ? IOLU_MAP_READ : 0) |
	       (area->out_flags & IOMMU_LIVEUPDATE_AREA_WRITEABLE ? IOLU_MAP_WRITE : 0);
}

static int add_memory(struct iolu_vm *vm, const struct cpr_fd *fd, const char *name)
{
	return has(vm, IOLU_MEMFD, name) ? 0 : cpr_check(vm, iolu_vm_add_memfd(vm, name, fd->fd));
}

static int import_area(struct iolu_vm *vm, struct cpr *cpr, const char *ioas,
		       const struct iommu_ioas_liveupdate_area *area)
{
	struct cpr_fd *fd = NULL;
	char name[32];
	int rc;

	/* BARs, which QEMU maps for other devices, are the library's affair */
	if (area->out_flags & (IOMMU_LIVEUPDATE_AREA_BAR | IOMMU_LIVEUPDATE_AREA_REVOKED))
		return 0;
	if (area->out_flags & IOMMU_LIVEUPDATE_AREA_FILE)
		fd = find_file(cpr, area);
	if (!fd)
		return refuse_area(area->iova);
	cpr_memory_name(cpr, fd, name, sizeof(name));
	rc = add_memory(vm, fd, name);
	return rc ? rc : cpr_check(vm, iolu_vm_import_map(vm, ioas, name, area->out_offset,
							  area->iova, area->out_length,
							  map_flags(area)));
}

/* The area behind @area, the first one if that is empty */
static int next_area(struct iolu_vm *vm, struct iommu_ioas_liveupdate_area *area)
{
	area->iova += area->out_length;
	return ioctl(iolu_vm_iommufd(vm), IOMMU_IOAS_LIVEUPDATE_AREA, area) ? -errno : 0;
}

static int import_areas(struct iolu_vm *vm, struct cpr *cpr, uint32_t id)
{
	struct iommu_ioas_liveupdate_area area = { .size = sizeof(area), .ioas_id = id };
	char name[32];
	int rc;

	ioas_name(id, name);
	while (!(rc = next_area(vm, &area))) {
		rc = import_area(vm, cpr, name, &area);
		if (rc)
			return rc;
	}
	return rc == -ENOENT ? 0 :
	       cpr_fail(rc, "the areas of IOAS %u: %s", id, strerror(-rc));
}

/* Memory that no device reaches */
static int add_rest(struct iolu_vm *vm, const struct cpr *cpr)
{
	char name[32];
	uint32_t i;
	int rc = 0;

	for (i = 0; !rc && i < cpr->nfds; i++) {
		if (cpr->fds[i].kind != CPR_MEMORY)
			continue;
		cpr_memory_name(cpr, &cpr->fds[i], name, sizeof(name));
		rc = add_memory(vm, &cpr->fds[i], name);
	}
	return rc;
}

/* -- devices -- */

static int import_table(struct iolu_vm *vm, struct cpr *cpr, const struct cpr_device *device,
			char hwpt[32])
{
	char ioas[32];
	int rc = 0;

	ioas_name(device->ioas, ioas);
	hwpt_name(device->hwpt, hwpt);
	if (!has(vm, IOLU_IOAS, ioas)) {
		rc = cpr_check(vm, iolu_vm_import_ioas(vm, ioas, device->ioas));
		if (!rc)
			rc = import_areas(vm, cpr, device->ioas);
	}
	if (!rc && !has(vm, IOLU_HWPT, hwpt))
		rc = cpr_check(vm, iolu_vm_import_hwpt(vm, hwpt, ioas, device->hwpt));
	return rc;
}

static int import_device(struct iolu_vm *vm, struct cpr *cpr, const struct cpr_device *device)
{
	struct cpr_fd *fd = cpr_find(cpr, CPR_DEVICE, device->name, 0);
	uint32_t type;
	char hwpt[32];
	int rc;

	if (!fd)
		return cpr_fail(-EBADMSG, "device %s has no descriptor in the CPR state",
				device->name);
	rc = cpr_check_reset(fd->fd, device->name);
	if (!rc)
		rc = import_table(vm, cpr, device, hwpt);
	if (!rc)
		rc = cpr_irq_type(fd->fd, &type);
	if (!rc)
		rc = cpr_check(vm, iolu_vm_import_device(vm, device->name, fd->fd, device->id,
							 hwpt));
	if (!rc)
		rc = cpr_check(vm, iolu_vm_set_blob(vm, device->name, &type, sizeof(type)));
	return rc;
}

static int import_devices(struct iolu_vm *vm, struct cpr *cpr)
{
	uint32_t i;
	int rc = 0;

	if (!cpr->ndevices && cpr_find(cpr, CPR_IOMMUFD, NULL, 0))
		return cpr_fail(-EOPNOTSUPP, "QEMU has an iommufd, but no device: leave out "
				"-object iommufd");
	for (i = 0; !rc && i < cpr->nfds; i++)
		if (cpr->fds[i].kind == CPR_IOMMUFD)
			rc = cpr_check(vm, iolu_vm_set_iommufd(vm, cpr->fds[i].fd));
	for (i = 0; !rc && i < cpr->ndevices; i++)
		rc = import_device(vm, cpr, &cpr->devices[i]);
	return rc;
}

/* -- data -- */

static int add_blob(struct iolu_vm *vm, const char *name, uint8_t *bytes, size_t size, int rc)
{
	if (!rc)
		rc = cpr_check(vm, iolu_vm_set_blob(vm, name, bytes, size));
	free(bytes);
	return rc;
}

/* The numbers of descriptors mean nothing in the next kernel; what they are does. */
static int add_table(struct iolu_vm *vm, const struct cpr *cpr)
{
	struct cpr *copy = malloc(sizeof(*copy));
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint32_t i;
	int rc;

	if (!copy)
		return cpr_fail(-ENOMEM, "no memory for the table");
	*copy = *cpr;
	for (i = 0; i < copy->nfds; i++)
		copy->fds[i].fd = copy->fds[i].kind;
	rc = cpr_write(copy, &bytes, &size);
	free(copy);
	return add_blob(vm, "table", bytes, size, rc);
}

static int add_stream(struct iolu_vm *vm, const struct cpr_call *call)
{
	uint8_t *bytes;
	size_t size;
	int rc = cpr_read_file(call->stream, &bytes, &size);

	return rc ? rc : add_blob(vm, "stream", bytes, size, 0);
}

static int add_words(struct iolu_vm *vm, const char *name, char *const *words)
{
	uint8_t *bytes;
	size_t size;
	int rc = cpr_pack(words, &bytes, &size);

	return add_blob(vm, name, bytes, size, rc);
}

/* When QEMU wrote the last byte of its state, in ms of the clock of the day */
static int add_time(struct iolu_vm *vm, uint64_t stopped)
{
	return cpr_check(vm, iolu_vm_set_blob(vm, "stopped", &stopped, sizeof(stopped)));
}

/*
 * The kernel keeps the session of a killed restore if it has an iommufd. A session of memory only
 * ends when it is closed: systemd must keep it open.
 */
static int check_can_be_repeated(struct cpr *cpr)
{
	if (cpr->ndevices || cpr_has_store())
		return 0;
	return cpr_fail(-EOPNOTSUPP, "the VM has no device, and a restore that fails would lose "
			"its memory: run it in a unit with FileDescriptorStoreMax");
}

int cpr_put(struct iolu_vm *vm, struct cpr *cpr, const struct cpr_call *call)
{
	int rc;

	cpr_find_kinds(cpr);
	rc = cpr_check_kinds(cpr);
	if (!rc)
		rc = import_devices(vm, cpr);
	if (!rc)
		rc = add_rest(vm, cpr);
	if (!rc)
		rc = add_table(vm, cpr);
	if (!rc)
		rc = add_stream(vm, call);
	if (!rc)
		rc = add_time(vm, call->stopped);
	if (!rc)
		rc = add_words(vm, "argv", call->qemu);
	if (!rc)
		rc = add_words(vm, "env", environ);
	if (!rc)
		rc = check_can_be_repeated(cpr);
	return rc ? rc : cpr_check(vm, iolu_vm_save(vm));
}
