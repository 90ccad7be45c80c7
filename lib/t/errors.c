// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Errors that the library returns on any machine, through the public header only: each has its
 * errno and a reason that names the object and the rule, and changes nothing.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../iolu.h"
#include "tap.h"

static struct iolu_vm *vm;

static bool says(const char *words)
{
	return strstr(iolu_vm_reason(vm), words);
}

/* An error: the errno, and words that the reason must have */
static void refuses(int rc, int expected, const char *words, const char *fact)
{
	char text[200];

	if (!ok_rc(rc, expected, fact, iolu_vm_reason(vm)))
		return;
	snprintf(text, sizeof(text), "  and says \"%s\"", words);
	ok(says(words), text, iolu_vm_reason(vm));
}

/* The host lists the kinds of files that it preserves, a word for each. */
static bool host_preserves_huge(void)
{
	int fd = open("/sys/kernel/liveupdate/file_handlers", O_RDONLY);
	char list[4096] = "";
	bool has = fd >= 0 && read(fd, list, sizeof(list) - 1) > 0 && strstr(list, "hugetlb-v");

	close(fd);
	return has;
}

static int memfd(unsigned int flags, int seals)
{
	int fd = memfd_create("test", MFD_CLOEXEC | flags);

	if (fd < 0 || ftruncate(fd, 1 << 20) || (seals && fcntl(fd, F_ADD_SEALS, seals)))
		abort();
	return fd;
}

static void test_handle(void)
{
	struct iolu_vm *other;

	ok_rc(iolu_vm_new("", &other), -EINVAL, "a VM needs a name", NULL);
	ok_rc(iolu_vm_new("a b", &other), -EINVAL, "without blanks", NULL);
	ok_rc(iolu_vm_new(NULL, &other), -EINVAL, "at all", NULL);
	ok(!other, "a failed call leaves no handle", NULL);
	iolu_vm_free(NULL);
	ok_rc(iolu_vm_new("vm0", &vm), 0, "a handle is made", NULL);
	ok(!*iolu_vm_reason(vm), "it has no reason yet", iolu_vm_reason(vm));
}

static void test_memfds(void)
{
	int plain = memfd(MFD_ALLOW_SEALING, 0), closed = memfd(0, 0), file = open("/", O_RDONLY);
	int huge = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB | MFD_ALLOW_SEALING), fd;

	ok_rc(iolu_vm_add_memfd(vm, "ram", plain), 0, "a memfd is added", iolu_vm_reason(vm));
	ok(!fcntl(plain, F_GET_SEALS), "its seals stay as they are", NULL);
	ok(!iolu_vm_add_memfd(vm, "closed", closed) && !iolu_vm_remove(vm, IOLU_MEMFD, "closed"),
	   "one that cannot be sealed is added and removed", iolu_vm_reason(vm));
	fd = iolu_vm_memfd(vm, "ram");
	ok(fd >= 0 && fd != plain && fcntl(fd, F_GETFD) == FD_CLOEXEC,
	   "the library has a descriptor of its own, closed on exec", NULL);
	refuses(iolu_vm_add_memfd(vm, "ram", plain), -EEXIST, "memfd \"ram\" already",
		"a name counts once");
	refuses(iolu_vm_add_memfd(vm, "rom", file), -EINVAL, "\"rom\" is not a memfd",
		"a descriptor that is not a memfd");
	if (huge >= 0 && host_preserves_huge())
		ok(!iolu_vm_add_memfd(vm, "huge", huge) && !iolu_vm_remove(vm, IOLU_MEMFD, "huge"),
		   "a memfd of huge pages is added and removed", iolu_vm_reason(vm));
	else if (huge >= 0)
		refuses(iolu_vm_add_memfd(vm, "huge", huge), -ENOENT, "without MFD_HUGETLB",
			"a memfd of huge pages");
	refuses(iolu_vm_add_memfd(vm, "rom", -1), -EBADF, "descriptor -1", "no descriptor");
	refuses(iolu_vm_add_memfd(vm, "r m", plain), -EINVAL, "without blanks", "a bad name");
	refuses(iolu_vm_memfd(vm, "rom"), -ENOENT, "no memfd \"rom\"", "nothing of it is left");
	close(plain);
	close(closed);
	close(huge);
	close(file);
}

static void test_objects(void)
{
	refuses(iolu_vm_map(vm, "guest", "ram", 0, 0, 4096, IOLU_MAP_READ), -ENOENT,
		"no IOAS \"guest\"", "to map into an unknown IOAS");
	refuses(iolu_vm_unmap(vm, "guest", 0, 4096), -ENOENT, "no IOAS \"guest\"", "to unmap there");
	refuses(iolu_vm_add_device(vm, "eth0"), -EINVAL, "not a PCI address", "a device by its name");
	refuses(iolu_vm_add_device(vm, "0000:00:1f.8"), -EINVAL, "not a PCI address", "function 8");
	refuses(iolu_vm_add_device_fd(vm, "0000:01:00.0", -1), -EBADF, "not a descriptor",
		"a device without descriptor");
	refuses(iolu_vm_set_vf_token(vm, "eth0", (const uint8_t[16]){ 1 }), -EINVAL,
		"not a PCI address", "a VF token for a device by its name");
	ok(!iolu_vm_set_vf_token(vm, "0000:01:00.0", (const uint8_t[16]){ 1 }) &&
	   !iolu_vm_set_vf_token(vm, "0000:01:10.0", (const uint8_t[16]){ 2 }) &&
	   !iolu_vm_set_vf_token(vm, "0000:01:00.0", (const uint8_t[16]){ 3 }) &&
	   !iolu_vm_set_vf_token(vm, "0000:01:10.0", NULL) &&
	   !iolu_vm_set_vf_token(vm, "0000:01:10.1", NULL),
	   "VF tokens are set, replaced and removed before there is a device", iolu_vm_reason(vm));
	refuses(iolu_vm_add_hwpt(vm, "table", "guest", "0000:01:00.0"), -ENOENT,
		"no device \"0000:01:00.0\"", "an HWPT for an unknown device");
	refuses(iolu_vm_attach(vm, "0000:01:00.0", "table"), -ENOENT, "no device", "to attach it");
	refuses(iolu_vm_arm(vm, "0000:01:00.0", 2, 1), -ENOENT, "no device", "to arm it");
	refuses(iolu_vm_remove(vm, IOLU_DEVICE, "0000:01:00.0"), -ENOENT, "no device",
		"to remove it");
	refuses(iolu_vm_remove(vm, (enum iolu_kind)99, "x"), -EINVAL, "not a kind of object",
		"to remove an object of no kind");
	refuses(iolu_vm_iommufd(vm), -ENOENT, "no iommufd", "the iommufd of a VM without");
	refuses(iolu_vm_session_fd(vm), -ENOENT, "has no session", "the session of a VM without");
	ok(!iolu_vm_next(vm, IOLU_HWPT, NULL), "there is no HWPT to walk", NULL);
}

static void test_blobs(void)
{
	const void *data;
	size_t size;

	ok_rc(iolu_vm_set_blob(vm, "cpu", "1", 1), 0, "a blob is kept", iolu_vm_reason(vm));
	ok_rc(iolu_vm_set_blob(vm, "cpu", "22", 2), 0, "and another in its place",
	      iolu_vm_reason(vm));
	ok(!iolu_vm_blob(vm, "cpu", &data, &size) && size == 2 && !memcmp(data, "22", 2),
	   "which is then found", NULL);
	ok_rc(iolu_vm_set_blob(vm, "cpu", NULL, 0), 0, "it is removed", iolu_vm_reason(vm));
	refuses(iolu_vm_blob(vm, "cpu", &data, &size), -ENOENT, "no blob \"cpu\"",
		"an unknown blob");
	refuses(iolu_vm_set_blob(vm, "cpu", "", IOLU_MAX_BLOB + 1ul), -E2BIG, "use a memfd",
		"a blob that is too large");
	refuses(iolu_vm_set_blob(vm, NULL, "", 0), -EINVAL, "name of a blob", "one without name");
}

static void test_update(void)
{
	int no_session = memfd(0, 0);

	refuses(iolu_vm_set_session_fd(vm, no_session), -EINVAL, "not a live update session",
		"a descriptor that is not a session");
	refuses(iolu_vm_set_liveupdate_fd(vm, no_session), -EINVAL, "not /dev/liveupdate",
		"a descriptor that is not /dev/liveupdate");
	refuses(iolu_vm_set_iommufd(vm, no_session), -EINVAL, "not an iommufd",
		"a descriptor that is not an iommufd");
	refuses(iolu_vm_seal(vm), -EBUSY, "not preserved", "to seal a live VM");
	refuses(iolu_vm_mask(vm), -EBUSY, "not preserved", "to mask the interrupts of a live VM");
	refuses(iolu_vm_unsave(vm), -EINVAL, "not preserved", "to unsave a live VM");
	refuses(iolu_vm_restore(vm), -EBUSY, "new handle", "to restore into a handle in use");
	refuses(iolu_vm_adopt(vm), -EINVAL, "not retrieved", "to adopt before retrieve");
	refuses(iolu_vm_rearm(vm), -EINVAL, "not retrieved", "to rearm before retrieve");
	refuses(iolu_vm_finish(vm), -EINVAL, "not retrieved", "to finish before retrieve");
	refuses(iolu_vm_discard(vm), -EBUSY, "not part of an unfinished update",
		"to discard a VM that is not incoming");
	if (access("/dev/iommu", F_OK))
		refuses(iolu_vm_check(vm), -ENOTTY, "no /dev/iommu", "to check without iommufd");
	if (access("/dev/liveupdate", F_OK)) {
		refuses(iolu_vm_save(vm), -ENOENT, "kho=on liveupdate=on", "to save without LUO");
		ok_rc(iolu_vm_remove(vm, IOLU_MEMFD, "ram"), 0, "the handle is as it was",
		      iolu_vm_reason(vm));
		refuses(iolu_vm_restore(vm), -ENOENT, "kho=on liveupdate=on",
			"to restore without LUO");
	}
	close(no_session);
}

static int open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	int before = open_fds();

	test_handle();
	test_memfds();
	test_objects();
	test_blobs();
	test_update();
	iolu_vm_free(vm);
	ok(open_fds() == before, "no descriptor is left open", NULL);
	return plan();
}
