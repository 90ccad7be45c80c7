/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libiolu: carry a VM's memory, page tables and PCI devices over a kexec live update.
 *
 * Model. A handle, struct iolu_vm, is the DMA world of one VM: memfds, IOASes with what they
 * map, HWPTs over them, vfio-pci devices attached to these with their interrupts, and blobs
 * of the VMM's own. A VMM builds that world through the handle, so the library knows it. A
 * save puts all of it into a live update session, together with a journal that tells how it
 * was made. In the next kernel a restore reads the journal, takes everything back, rebuilds
 * the IOASes, and the kernel verifies them against the page tables that the devices have
 * been using all the time. Then the handle is what it was, ready for the next update.
 *
 * States. A handle is live (things can be changed), preserved (iolu_vm_preserve), saved
 * (iolu_vm_seal), live again (iolu_vm_unsave); in the next kernel incoming (iolu_vm_retrieve)
 * and, after iolu_vm_finish, live.
 *
 * Rules for all functions:
 * - A function that can fail returns 0, or a descriptor, number or count, or -errno. After a
 *   failure iolu_vm_reason() says in words which object and which rule.
 * - Descriptors that the caller gives are duplicated and stay the caller's. Descriptors that
 *   the library returns stay the library's: use them, do not close them. All are O_CLOEXEC.
 * - Strings that the library returns are the handle's and valid until the object that they
 *   belong to goes, or the handle. Strings that the caller gives are copied.
 * - Names have 1 to 63 printable ASCII characters without blanks and are unique among the
 *   objects of a kind. A device's name is its PCI address, "0000:01:00.0".
 * - A handle is used by one thread at a time; different handles are independent. There are
 *   no globals and no threads, and nothing is printed.
 * - What an object uses cannot be removed before the object: -EBUSY.
 */
#ifndef LIBIOLU_H
#define LIBIOLU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct iolu_vm;

/* Kinds of objects. */
enum iolu_kind {
	IOLU_MEMFD = 0,
	IOLU_IOAS = 1,
	IOLU_HWPT = 2,
	IOLU_DEVICE = 3,
	IOLU_BLOB = 4,
};

/* Flags of iolu_vm_map(): what a device may do with the memory. At least one. */
#define IOLU_MAP_READ	1u
#define IOLU_MAP_WRITE	2u

/* Interrupts of a device, numbered as in linux/vfio.h. */
#define IOLU_IRQ_INTX	0u
#define IOLU_IRQ_MSI	1u
#define IOLU_IRQ_MSIX	2u

/* What one VM can have at most; one more is refused with -E2BIG. */
#define IOLU_MAX_OBJECTS	1024u		/* of each kind */
#define IOLU_MAX_MAPS		65536u		/* in all IOASes together */
#define IOLU_MAX_VECTORS	2048u		/* of one device and kind of interrupt */
#define IOLU_MAX_BLOB		16777216u	/* bytes in one blob */

/*
 * Makes an empty, live handle in *vm; @name is the name of its sessions, 1 to 63 characters.
 * The caller frees it with iolu_vm_free(). -EINVAL: a name that is none; -ENOMEM.
 */
int iolu_vm_new(const char *name, struct iolu_vm **vm);

/*
 * Frees a handle, or nothing if @vm is NULL, and closes all its descriptors. A preserved or
 * saved one is called off by that unless somebody else holds the session open, too. An
 * incoming one can be retrieved again, also by another process.
 */
void iolu_vm_free(struct iolu_vm *vm);

/* Why the last call that failed on this handle failed, one line; "" if none has. */
const char *iolu_vm_reason(const struct iolu_vm *vm);

/*
 * Called at the begin of each step of an update with what is done ("preserve memfd") and the
 * name of the object. It must not call the library. NULL: none.
 */
typedef void (*iolu_progress)(void *arg, const char *step, const char *object);
void iolu_vm_set_progress(struct iolu_vm *vm, iolu_progress progress, void *arg);

/*
 * The next update of this handle uses this session, which an agent or the service manager
 * has made, instead of one of its own: for the next save, or for the next retrieve if it came
 * from the previous kernel. Forgotten after that update, also after one that failed or was
 * called off; what that has put into the session is undone when the giver closes it, too.
 * -EINVAL: no session.
 */
int iolu_vm_set_session_fd(struct iolu_vm *vm, int fd);

/* Where sessions are made: an open /dev/liveupdate, for those who may not or cannot open it. */
int iolu_vm_set_liveupdate_fd(struct iolu_vm *vm, int fd);

/* An open /dev/iommu. -EBUSY: the handle has one, it opens it when it is first needed. */
int iolu_vm_set_iommufd(struct iolu_vm *vm, int fd);

/* -- building; live handles only, -EBUSY else --------------------------------------------- */

/*
 * Adds memory. @fd: a memfd that can be sealed; what is missing of the seals against growing,
 * shrinking and further sealing is added. -EPERM: it cannot be sealed any more; -EINVAL: no
 * memfd; -EEXIST: the name is in use.
 */
int iolu_vm_add_memfd(struct iolu_vm *vm, const char *name, int fd);

/* Adds an empty IOAS; opens /dev/iommu if it is the first. */
int iolu_vm_add_ioas(struct iolu_vm *vm, const char *name);

/*
 * Maps @length bytes of a memfd, from @offset on, at @iova. All three are multiples of the
 * page size, @length is not 0. Before iolu_vm_finish() of a restore only in an adopted IOAS.
 * -ENOENT: no such object; -EEXIST: something is mapped there; -EINVAL: beyond the end of the
 * memfd, or flags that are unknown.
 */
int iolu_vm_map(struct iolu_vm *vm, const char *ioas, const char *memfd, uint64_t offset,
		uint64_t iova, uint64_t length, uint32_t flags);

/*
 * Unmaps all that was mapped within @length bytes from @iova on. -EINVAL: a mapping lies
 * only partly in there; -ENOENT: there is none. Nothing was unmapped then.
 */
int iolu_vm_unmap(struct iolu_vm *vm, const char *ioas, uint64_t iova, uint64_t length);

/*
 * Adds a device by its PCI address and binds it to the VM's iommufd. It must have vfio-pci
 * for its driver; -ENODEV if not.
 */
int iolu_vm_add_device(struct iolu_vm *vm, const char *bdf);

/* The same with the device's vfio character device open already, and not bound. */
int iolu_vm_add_device_fd(struct iolu_vm *vm, const char *bdf, int fd);

/*
 * Adds an HWPT: a page table over an IOAS, of the kind that the IOMMU of @device needs. When
 * the handle is preserved the HWPT is marked with a token of the library's choice.
 */
int iolu_vm_add_hwpt(struct iolu_vm *vm, const char *name, const char *ioas,
		     const char *device);

/* Attaches a device to an HWPT, from another one if it is attached. Its DMA can begin. */
int iolu_vm_attach(struct iolu_vm *vm, const char *device, const char *hwpt);

/* Detaches a device: its DMA is blocked. -EINVAL: it is not attached. */
int iolu_vm_detach(struct iolu_vm *vm, const char *device);

/*
 * Makes @count eventfds for vectors 0 to @count - 1 of @irq (IOLU_IRQ_*) and arms them;
 * 0 disarms. If vectors were armed before, each new one is signalled once, since an interrupt
 * may have been lost meanwhile. If it fails none of @irq is armed. Also on a preserved handle,
 * and on an incoming one once it is retrieved. One kind of interrupt at a time per device:
 * -EBUSY if another one is armed.
 */
int iolu_vm_arm(struct iolu_vm *vm, const char *device, uint32_t irq, uint32_t count);

/* Removes an object. An attached device is detached, what an IOAS maps is unmapped. */
int iolu_vm_remove(struct iolu_vm *vm, enum iolu_kind kind, const char *name);

/*
 * Keeps @size bytes of the VMM's own under a name, instead of those kept before. Also on a
 * preserved handle. @data NULL: removes it.
 */
int iolu_vm_set_blob(struct iolu_vm *vm, const char *name, const void *data, size_t size);

/* -- looking; in any state ----------------------------------------------------------------- */

/* The name after @name among those of a kind, the first one if @name is NULL; NULL: no more. */
const char *iolu_vm_next(const struct iolu_vm *vm, enum iolu_kind kind, const char *name);

/* Descriptors and numbers, for what the library does not do. -ENOENT: there is none. */
int iolu_vm_session_fd(struct iolu_vm *vm);
int iolu_vm_iommufd(struct iolu_vm *vm);
int iolu_vm_memfd(struct iolu_vm *vm, const char *name);
int iolu_vm_device_fd(struct iolu_vm *vm, const char *bdf);
int iolu_vm_device_id(struct iolu_vm *vm, const char *bdf);	/* in the iommufd */
int iolu_vm_ioas_id(struct iolu_vm *vm, const char *name);
int iolu_vm_hwpt_id(struct iolu_vm *vm, const char *name);

/* How many vectors of @irq are, or were in the old kernel, armed; and the eventfd of one. */
int iolu_vm_vectors(struct iolu_vm *vm, const char *device, uint32_t irq);
int iolu_vm_vector_fd(struct iolu_vm *vm, const char *device, uint32_t irq, uint32_t vector);

/* A blob: *data and *size; valid until the blob is set again. -ENOENT: there is none. */
int iolu_vm_blob(struct iolu_vm *vm, const char *name, const void **data, size_t *size);

/* -- the old kernel ------------------------------------------------------------------------ */

/*
 * Preserve and seal in one. When a part fails everything is undone and the handle is live.
 * Errors are those of the two.
 */
int iolu_vm_save(struct iolu_vm *vm);

/*
 * Puts memfds, iommufd and devices into a session. From here on neither maps nor attachments
 * nor memfds can change; vCPUs, DMA and interrupts go on. -EBUSY: the last update is not
 * finished, or something is in a session already; -EPERM: a memfd is not sealed; -ENOTTY: this
 * kernel has no live update of IOMMU state; -ENOENT: a device is not attached; -ENODEV: an
 * HWPT has no device; other errors are the kernel's. Undone when it fails.
 */
int iolu_vm_preserve(struct iolu_vm *vm);

/*
 * Writes the journal with the blobs, the last step before kexec. From here on blobs and
 * interrupts cannot change either. The handle must stay until the kexec, or somebody must
 * hold the session (iolu_vm_session_fd). If it fails the handle stays preserved.
 */
int iolu_vm_seal(struct iolu_vm *vm);

/*
 * Calls a preserve or save off; the handle is live. -EBUSY: somebody else holds the session
 * open, it is called off when they close it.
 */
int iolu_vm_unsave(struct iolu_vm *vm);

/* -- the next kernel ----------------------------------------------------------------------- */

/*
 * Retrieve, rearm and adopt in one, on a handle without objects. -ENOENT: there is no session
 * of that name, or the one that was set is a new one: nothing to restore, build the VM afresh.
 * After another error the handle is incoming: try again, free it, or discard the session.
 */
int iolu_vm_restore(struct iolu_vm *vm);

/*
 * Takes session, journal, memfds, iommufd and devices back and binds the devices. After that
 * vCPUs may run. -ENOENT: see iolu_vm_restore(); -ENODATA: the session was not saved by this
 * library; -EBADMSG: the journal is damaged; -ENOTSUP: it is of a newer library and needs
 * what this one does not know.
 */
int iolu_vm_retrieve(struct iolu_vm *vm);

/* Arms all interrupts as they were, with new eventfds, and signals each once. */
int iolu_vm_rearm(struct iolu_vm *vm);

/*
 * Rebuilds the IOASes, lets the kernel compare them with the running tables and take these
 * over, attaches the devices. -EBADE: they differ, the reason names the IOVA; -EIO: the table
 * came damaged and its devices are cut off.
 */
int iolu_vm_adopt(struct iolu_vm *vm);

/* Ends the update; the handle is live, the session gone. -EBUSY: something is not adopted. */
int iolu_vm_finish(struct iolu_vm *vm);

/*
 * Gives up what came from the old kernel, in whatever state it is: devices are stopped, memory
 * is freed. On an incoming handle, or on one without objects. Afterwards it has none.
 */
int iolu_vm_discard(struct iolu_vm *vm);

#ifdef __cplusplus
}
#endif

#endif /* LIBIOLU_H */
