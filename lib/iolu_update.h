/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libiolu: save a VM in the previous kernel and restore it in the next one
 *
 * Part of iolu.h, which has the model and the rules for all functions.
 */
#ifndef LIBIOLU_UPDATE_H
#define LIBIOLU_UPDATE_H

#include "iolu.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -- the previous kernel -------------------------------------------------------------------- */

/**
 * iolu_vm_check() - Find out whether the VM could be preserved now.
 *
 * Preserves the VM in a session of its own, named after the VM with ".check" at the end, and
 * closes that session. While it runs, which takes as long as iolu_vm_preserve(), mappings and
 * attachments cannot change. A given session is not used. HWPTs stay marked.
 *
 * Return: 0: yes; 1: no rule was found that is broken, but the process cannot create a session
 * now, or a memfd is in the VMM's own session already, so that the kernel could not be asked; an
 * error of iolu_vm_preserve(); -ENOENT, -ENOTTY: the kernel has no live update, or none of IOMMU
 * state.
 */
int iolu_vm_check(struct iolu_vm *vm);

/**
 * iolu_vm_save() - Preserve and seal.
 * Return: 0, or an error of iolu_vm_preserve() or iolu_vm_seal(); the handle is live then.
 */
int iolu_vm_save(struct iolu_vm *vm);

/**
 * iolu_vm_preserve() - Put memfds, iommufd and devices into a session.
 *
 * Afterwards mappings, attachments and the size of memfds cannot change. vCPUs, DMA and
 * interrupts continue. After a failure the handle is live; if the session is open elsewhere, what
 * was preserved stays so until it is closed, as iolu_vm_unsave() says.
 *
 * Return: 0; -EBUSY: the previous update is not finished, or a file is in another session;
 * -ENOTTY: the kernel does not support live update of IOMMU state; -ENOENT: a device is not
 * attached; -ENODEV: an HWPT has no device; -EBADE: what is mapped or attached differs from the
 * handle; the other errors of docs/refusals.md.
 */
int iolu_vm_preserve(struct iolu_vm *vm);

/**
 * iolu_vm_mask() - Mask the interrupts of all devices, which keep them pending.
 *
 * For a VMM that reads the state of its vCPUs after this call and before iolu_vm_seal(). In the
 * next kernel each vector delivers exactly the interrupt that is pending, and iolu_vm_rearm()
 * signals no eventfd. Without this call, and for MSI without mask bits, it signals each eventfd
 * once, since an interrupt may have come after the state was read. The eventfds stay valid;
 * iolu_vm_unsave() arms them again.
 *
 * Return: 0; -EBUSY: the handle is not preserved, or saved already.
 */
int iolu_vm_mask(struct iolu_vm *vm);

/**
 * iolu_vm_seal() - Write the journal with the blobs into the session.
 *
 * The last step before the kexec. Afterwards blobs and interrupts cannot change. The process, or
 * another one that has the session open, must live until the kexec. After a failure the handle
 * is preserved.
 *
 * Return: 0; -EBUSY: the handle is not preserved; -E2BIG: the journal is too large.
 */
int iolu_vm_seal(struct iolu_vm *vm);

/**
 * iolu_vm_unsave() - Undo a preserve or save; the handle is live.
 * Return: 0; -EINVAL: the handle is not preserved; -EBUSY: the handle is live, but the session is
 * open elsewhere, in this process or another, and the files stay preserved until it is closed.
 */
int iolu_vm_unsave(struct iolu_vm *vm);

/* -- the next kernel ------------------------------------------------------------------------ */

/**
 * iolu_vm_restore() - Retrieve, rearm and adopt, on a handle without objects.
 *
 * After an error other than -ENOENT the handle may be incoming: call again, or free it so that
 * another process can restore the VM, or discard the session.
 *
 * Return: 0; -ENOENT: there is nothing to restore: no incoming session of that name, or the given
 * session is a new one, or the kernel has no live update; -ENODEV: a file that the restore needs
 * does not exist, /dev/iommu for example; an error of iolu_vm_retrieve() or iolu_vm_adopt().
 */
int iolu_vm_restore(struct iolu_vm *vm);

/**
 * iolu_vm_retrieve() - Retrieve session, journal and all files, and bind the devices.
 *
 * Afterwards the vCPUs may run.
 *
 * Return: 0; -ENOENT, -ENODEV: as iolu_vm_restore(); -EBUSY: the handle has objects; -ENODATA:
 * the session has no journal; -EBADMSG: the journal is damaged; -ENOTSUP: the journal is from a
 * newer library and needs features that this one does not have; -EACCES: a VF token is missing or
 * wrong: call iolu_vm_set_vf_token() and then iolu_vm_retrieve() again.
 */
int iolu_vm_retrieve(struct iolu_vm *vm);

/**
 * iolu_vm_rearm() - Arm all interrupts as before, with new eventfds.
 *
 * Pending interrupts arrive. An eventfd is signalled once if an interrupt may have been lost, see
 * iolu_vm_mask().
 *
 * Return: 0; -EINVAL: the handle is not retrieved.
 */
int iolu_vm_rearm(struct iolu_vm *vm);

/**
 * iolu_vm_adopt() - Rebuild the IOASes, adopt the restored page tables, attach the devices.
 * A mapping that an IOAS lacks can be added with iolu_vm_map() after -EBADE; then call again.
 *
 * Return: 0; -EINVAL: the handle is not retrieved; -EBADE: a page table and its IOAS differ, the
 * reason has the first IOVA; -EIO: a page table is damaged and its devices are isolated.
 */
int iolu_vm_adopt(struct iolu_vm *vm);

/**
 * iolu_vm_rebuild() - Instead of iolu_vm_adopt(): build all page tables anew.
 *
 * The IOASes are rebuilt and get new HWPTs; nothing is compared. Each device leaves its restored
 * table for the new one. No DMA is lost if the kernel can do it without a gap, see
 * IOMMU_LIVEUPDATE_MAY_REPLACE in linux/iommufd.h.
 *
 * Return: 0; -EINVAL: the handle is not retrieved; -EIO: devices are isolated; an error of
 * IOMMU_HWPT_ALLOC.
 */
int iolu_vm_rebuild(struct iolu_vm *vm);

/**
 * iolu_vm_finish() - End the update; the handle is live and the session is closed.
 * Return: 0; -EINVAL: the handle is not retrieved; -EBUSY: an HWPT is not adopted, a device
 * not attached, or an IOAS not rebuilt.
 */
int iolu_vm_finish(struct iolu_vm *vm);

/**
 * iolu_vm_discard() - Discard an incoming session: quiesce its devices and free its memory.
 *
 * On an incoming handle in any state, or on one without objects. Afterwards the handle is live
 * and has no objects.
 *
 * Return: 0; -EBUSY: the handle has objects that are not incoming; -ENOENT: no such session;
 * -ENOPKG: this kernel has no handler for a file in it (yet: it may be in a module).
 */
int iolu_vm_discard(struct iolu_vm *vm);

#ifdef __cplusplus
}
#endif

#endif /* LIBIOLU_UPDATE_H */
