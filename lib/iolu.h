/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libiolu: preserve memory, I/O page tables and PCI devices of a VM across a kexec live update
 *
 * Model. A handle (struct iolu_vm) stands for all that the devices of one VM can reach: memfds,
 * IOASes with their mappings, HWPTs, vfio-pci devices with their interrupts. It also has blobs,
 * which are data of the VMM. A VMM creates these objects through the handle. A save preserves
 * them in a live update session, with a journal that describes them. In the next kernel a
 * restore reads the journal, retrieves all files and rebuilds the IOASes; the kernel compares
 * each IOAS with the page table that the devices have used all the time. Then the handle is as
 * it was before the save, and can be saved again.
 *
 * States. A handle is live (objects can change), preserved (after iolu_vm_preserve()), saved
 * (after iolu_vm_seal()), or incoming (in the next kernel, from iolu_vm_retrieve() on).
 * iolu_vm_unsave(), iolu_vm_finish() and iolu_vm_discard() make it live again.
 *
 * Rules for all functions:
 * - @vm is a handle from iolu_vm_new(). A function that can fail returns 0, or a descriptor, an
 *   id or a count, or -errno. After a failure iolu_vm_reason() names the object and the rule.
 *   -ENOMEM and the errors of the system calls are possible where errors are listed.
 * - The library duplicates each descriptor that it is given; the caller closes its own. A
 *   descriptor that the library returns belongs to the library: the caller does not close it.
 *   All descriptors of the library are O_CLOEXEC.
 * - A string that the library returns is valid until its object is removed or the handle is
 *   freed. Strings of the caller are copied.
 * - A name has 1 to 63 printable ASCII characters without blanks and is unique among the objects
 *   of its kind. The name of a device is its PCI address, "0000:01:00.0".
 * - One thread at a time may use a handle; different handles are independent. The library has
 *   no global state, creates no threads and prints nothing.
 * - An object that another object uses cannot be removed: -EBUSY.
 */
#ifndef LIBIOLU_H
#define LIBIOLU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iolu_vm;

/* Kinds of objects */
enum iolu_kind {
	IOLU_MEMFD = 0, IOLU_IOAS = 1, IOLU_HWPT = 2, IOLU_DEVICE = 3, IOLU_BLOB = 4
};

/* Access of devices to a mapping, flags of iolu_vm_map(); at least one */
#define IOLU_MAP_READ	1u
#define IOLU_MAP_WRITE	2u

/* Interrupt types of a device, numbered as in linux/vfio.h */
#define IOLU_IRQ_INTX	0u
#define IOLU_IRQ_MSI	1u
#define IOLU_IRQ_MSIX	2u

/* Limits of a handle; beyond them -E2BIG */
#define IOLU_MAX_OBJECTS	1024u		/* of each kind */
#define IOLU_MAX_MAPS		65536u		/* in all IOASes; meant for RAM, not for a vIOMMU */
#define IOLU_MAX_VECTORS	2048u		/* of one interrupt type of a device */
#define IOLU_MAX_BLOB		16777216u	/* bytes in one blob */

#define IOLU_VERSION	"0.1"

/**
 * iolu_version() - Get the version of the library that the program runs with.
 *
 * Return: The version, "0.1" for example; IOLU_VERSION is that of the header.
 */
const char *iolu_version(void);

/* -- the handle ---------------------------------------------------------------------------- */

/**
 * iolu_vm_new() - Allocate a handle without objects.
 * @name: Name of the VM and of its sessions.
 * @vm: Set to the handle, live, to be freed with iolu_vm_free(); NULL on failure.
 *
 * Return: 0; -EINVAL: @name is not a name; -ENOMEM.
 */
int iolu_vm_new(const char *name, struct iolu_vm **vm);

/**
 * iolu_vm_free() - Free a handle and close its descriptors.
 * @vm: The handle, or NULL.
 *
 * A preserve or save is undone, unless the session is open elsewhere, too. An incoming
 * session with an iommufd can be retrieved again, also by another process; one with memfds only
 * is finished, and its memory is freed.
 */
void iolu_vm_free(struct iolu_vm *vm);

/**
 * iolu_vm_reason() - Get the reason of the last failure.
 * Return: One line that names the object and the rule; "" if no call has failed.
 */
const char *iolu_vm_reason(const struct iolu_vm *vm);

/**
 * iolu_vm_set_progress() - Register a function to be called before each step of an update.
 * @progress: The function, or NULL. It gets the step ("preserve memfd") and the name of the
 *	      object, and must not call the library.
 * @arg: Passed to @progress.
 */
typedef void (*iolu_progress)(void *arg, const char *step, const char *object);
void iolu_vm_set_progress(struct iolu_vm *vm, iolu_progress progress, void *arg);

/**
 * iolu_vm_set_session_fd() - Use a session that an agent or the service manager has created.
 * @fd: The session: a new one for the next save, an incoming one for the next retrieve.
 *
 * The session serves one update, also one that fails or is undone; the next update needs another
 * one. The library closes its descriptor at the end of the update. The preserved files stay
 * preserved until the caller, and each other process, has closed the session, too.
 *
 * Return: 0; -EINVAL: @fd is not a session; -EBUSY: the handle is not live.
 */
int iolu_vm_set_session_fd(struct iolu_vm *vm, int fd);

/**
 * iolu_vm_set_liveupdate_fd() - Create and retrieve sessions through a given descriptor.
 * @fd: An open /dev/liveupdate, which only one process can open at a time.
 *
 * Return: 0; -EINVAL: @fd is not /dev/liveupdate.
 */
int iolu_vm_set_liveupdate_fd(struct iolu_vm *vm, int fd);

/**
 * iolu_vm_set_iommufd() - Use a given iommufd for the objects of the handle.
 * @fd: An open /dev/iommu. Without it the library opens /dev/iommu for the first IOAS or device.
 *
 * If a restore retrieves an iommufd, the handle uses that one and not @fd.
 *
 * Return: 0; -EBUSY: the handle has an iommufd; -EINVAL: @fd is not an iommufd.
 */
int iolu_vm_set_iommufd(struct iolu_vm *vm, int fd);

/**
 * iolu_vm_set_vf_token() - Set the token with which a device is bound, or remove it.
 * @bdf: PCI address of a device, which need not be in the handle yet.
 * @token: UUID of 16 bytes, copied; NULL: bind without a token.
 *
 * Two kinds of devices need a token: a virtual function whose physical function has vfio-pci as
 * driver, and a physical function whose virtual functions are in use. A physical function that is
 * bound before gets its token by this call. The kernel preserves the token; the journal does not
 * have it. So a VMM makes this call in each kernel, before it adds the device or restores the VM.
 *
 * Return: 0; -EINVAL: not a PCI address.
 */
int iolu_vm_set_vf_token(struct iolu_vm *vm, const char *bdf, const uint8_t token[16]);

/* -- building; on a preserved or saved handle -EBUSY ---------------------------------------- */

/**
 * iolu_vm_add_memfd() - Add memory.
 * @fd: A memfd, with any seals. Its size can change until it is preserved.
 *
 * Return: 0; -EINVAL: not a memfd; -ENOENT: a hugetlbfs file with a name, or huge pages that the
 * kernel cannot preserve; -EEXIST: @name is in use.
 */
int iolu_vm_add_memfd(struct iolu_vm *vm, const char *name, int fd);

/**
 * iolu_vm_add_ioas() - Add an IOAS without mappings.
 * Return: 0; -EEXIST: @name is in use; errors of opening /dev/iommu.
 */
int iolu_vm_add_ioas(struct iolu_vm *vm, const char *name);

/**
 * iolu_vm_map() - Map part of a memfd into an IOAS.
 * @ioas: Name of the IOAS. On an incoming handle it must be rebuilt.
 * @memfd: Name of the memfd.
 * @offset: First byte in the memfd, a multiple of the page size.
 * @iova: First I/O virtual address, a multiple of the page size.
 * @length: Bytes, a multiple of the page size, not 0.
 * @flags: IOLU_MAP_READ, IOLU_MAP_WRITE or both.
 *
 * Return: 0; -ENOENT: no such object; -EEXIST: the range overlaps a mapping; -EINVAL: the range
 * ends beyond the memfd, or unknown flags; -E2BIG; -ENOMEM: also RLIMIT_MEMLOCK.
 */
int iolu_vm_map(struct iolu_vm *vm, const char *ioas, const char *memfd, uint64_t offset,
		uint64_t iova, uint64_t length, uint32_t flags);

/**
 * iolu_vm_unmap() - Remove all mappings within a range of an IOAS.
 * @ioas: Name of the IOAS.
 * @iova: First I/O virtual address.
 * @length: Bytes, not 0.
 *
 * Return: 0; -EINVAL: a mapping is only partly in the range; -ENOENT: no mapping is in it. After
 * these errors nothing has changed.
 */
int iolu_vm_unmap(struct iolu_vm *vm, const char *ioas, uint64_t iova, uint64_t length);

/**
 * iolu_vm_add_device() - Open a device and bind it to the iommufd of the VM.
 * @bdf: PCI address. The driver of the device must be vfio-pci.
 *
 * Return: 0; -EINVAL: not a PCI address, or a VF token for a device that needs none; -ENODEV: no
 * such device, or another driver; -EACCES: a VF token is missing or wrong; -EEXIST.
 */
int iolu_vm_add_device(struct iolu_vm *vm, const char *bdf);

/**
 * iolu_vm_add_device_fd() - Bind an open device to the iommufd of the VM.
 * @bdf: PCI address.
 * @fd: The VFIO character device of @bdf, not bound yet.
 *
 * Return: As iolu_vm_add_device(); -EBADF; -EINVAL: @fd is not that of @bdf.
 */
int iolu_vm_add_device_fd(struct iolu_vm *vm, const char *bdf, int fd);

/**
 * iolu_vm_add_hwpt() - Add an HWPT, a page table with the mappings of an IOAS.
 * @name: Name of the HWPT.
 * @ioas: Name of the IOAS.
 * @device: Name of a device; the HWPT has the format that its IOMMU needs.
 *
 * The library marks the HWPT with a token of its own at the first preserve.
 *
 * Return: 0; -ENOENT: no such IOAS or device; -EEXIST: @name is in use.
 */
int iolu_vm_add_hwpt(struct iolu_vm *vm, const char *name, const char *ioas,
		     const char *device);

/**
 * iolu_vm_attach() - Attach a device to an HWPT.
 * @device: Name of the device. If it is attached to another HWPT, it is moved.
 * @hwpt: Name of the HWPT.
 *
 * Return: 0; -ENOENT: no such device or HWPT.
 */
int iolu_vm_attach(struct iolu_vm *vm, const char *device, const char *hwpt);

/**
 * iolu_vm_detach() - Detach a device; its DMA is blocked.
 * @device: Name of the device.
 *
 * Return: 0; -ENOENT: no such device; -EINVAL: the device is not attached.
 */
int iolu_vm_detach(struct iolu_vm *vm, const char *device);

/**
 * iolu_vm_arm() - Create eventfds and let interrupts of a device signal them.
 * @device: Name of the device.
 * @irq: IOLU_IRQ_INTX, IOLU_IRQ_MSI or IOLU_IRQ_MSIX.
 * @count: Number of vectors, from vector 0 on; 0 disarms.
 *
 * If vectors of @irq were armed before, and an interrupt may have been lost in between, each new
 * eventfd is signalled once. After a failure no vector of @irq is armed. Also allowed on a
 * preserved handle, and on an incoming one after iolu_vm_retrieve().
 *
 * Return: 0; -ENOENT: no such device; -EINVAL: unknown @irq, or the device has fewer vectors;
 * -EBUSY: another interrupt type is armed, or the handle is saved.
 */
int iolu_vm_arm(struct iolu_vm *vm, const char *device, uint32_t irq, uint32_t count);

/**
 * iolu_vm_remove() - Remove an object.
 * @kind: Kind of the object.
 * @name: Its name. A device is detached, an IOAS unmapped.
 *
 * Return: 0; -ENOENT: no such object; -EBUSY: an object uses it, or the handle is not live.
 */
int iolu_vm_remove(struct iolu_vm *vm, enum iolu_kind kind, const char *name);

/**
 * iolu_vm_set_blob() - Set or replace a blob.
 * @name: Name of the blob.
 * @data: Its contents, copied; NULL removes the blob.
 * @size: Bytes, at most IOLU_MAX_BLOB.
 *
 * Also allowed on a preserved handle.
 *
 * Return: 0; -E2BIG; -ENOENT: no blob to remove; -EBUSY: the handle is saved.
 */
int iolu_vm_set_blob(struct iolu_vm *vm, const char *name, const void *data, size_t size);

/* -- inspection; in any state --------------------------------------------------------------- */

/**
 * iolu_vm_next() - Iterate over the objects of a kind in the order of their creation.
 * @kind: The kind.
 * @name: Name of an object; NULL: start.
 *
 * Return: The name after @name, or NULL if there is none.
 */
const char *iolu_vm_next(const struct iolu_vm *vm, enum iolu_kind kind, const char *name);

/**
 * iolu_vm_session_fd() - Get a descriptor, or an id in the iommufd, for uses beyond the library.
 * @name: Name of the object.
 * @bdf: Name of the device.
 *
 * Return: The descriptor or id; -ENOENT: no such object, or not in this state.
 */
int iolu_vm_session_fd(struct iolu_vm *vm);
int iolu_vm_iommufd(struct iolu_vm *vm);
int iolu_vm_memfd(struct iolu_vm *vm, const char *name);
int iolu_vm_device_fd(struct iolu_vm *vm, const char *bdf);
int iolu_vm_device_id(struct iolu_vm *vm, const char *bdf);
int iolu_vm_ioas_id(struct iolu_vm *vm, const char *name);
int iolu_vm_hwpt_id(struct iolu_vm *vm, const char *name);

/**
 * iolu_vm_vectors() - Get the number of armed vectors, or those armed in the previous kernel.
 * @device: Name of the device.
 * @irq: IOLU_IRQ_INTX, IOLU_IRQ_MSI or IOLU_IRQ_MSIX.
 *
 * Return: The number; -ENOENT: no such device; -EINVAL: unknown @irq.
 */
int iolu_vm_vectors(struct iolu_vm *vm, const char *device, uint32_t irq);

/**
 * iolu_vm_vector_fd() - Get the eventfd of an armed vector.
 * @device: Name of the device.
 * @irq: IOLU_IRQ_INTX, IOLU_IRQ_MSI or IOLU_IRQ_MSIX.
 * @vector: Number of the vector.
 *
 * Return: The eventfd; -ENOENT: no such device, or not armed; -EINVAL: unknown @irq.
 */
int iolu_vm_vector_fd(struct iolu_vm *vm, const char *device, uint32_t irq, uint32_t vector);

/**
 * iolu_vm_blob() - Get a blob.
 * @name: Name of the blob.
 * @data: Set to its contents, valid until the blob is set again or removed.
 * @size: Set to the number of bytes.
 *
 * Return: 0; -ENOENT: no such blob.
 */
int iolu_vm_blob(struct iolu_vm *vm, const char *name, const void **data, size_t *size);

#ifdef __cplusplus
}
#endif

#include "iolu_import.h"
#include "iolu_update.h"

#endif /* LIBIOLU_H */
