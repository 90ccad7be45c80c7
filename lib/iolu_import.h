/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * libiolu: add objects that a VMM has created itself
 *
 * Part of iolu.h, which has the model and the rules for all functions. A VMM that manages its
 * iommufd itself imports its objects into a handle before a save, and takes descriptors and ids
 * out of the handle after a restore. An import changes nothing in the kernel. The VMM must not
 * change an imported object without the handle, or it frees the handle and imports again.
 * iolu_vm_check() and a save ask the kernel for the mappings and attachments, and refuse a VM
 * whose handle differs from them: that VM could not be restored. BARs of
 * the devices that an IOAS maps as dma-bufs are not imported: the kernel says which these are. A
 * restore maps them again, but not one that its device has revoked before the kexec.
 *
 * Imported objects belong to the handle like others: iolu_vm_remove() destroys them in the
 * kernel, iolu_vm_free() does not.
 */
#ifndef LIBIOLU_IMPORT_H
#define LIBIOLU_IMPORT_H

#include "iolu.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * iolu_vm_import_memfd() - Add memory that the VMM preserves itself in the same session.
 * @name: Name of the memfd.
 * @fd: The memfd, with any seals.
 * @token: Token with which the VMM preserves it in the session, before iolu_vm_preserve(). The
 *	   session is given with iolu_vm_set_session_fd(). Tokens of the library are not allowed.
 *
 * A restore retrieves the memfd with @token; the VMM can retrieve it too. Memory that the
 * library preserves is added with iolu_vm_add_memfd().
 *
 * Return: 0; -EINVAL: not a memfd, or a token of the library; -ENOENT: huge pages that cannot be
 * preserved; -EEXIST: @name or @token is in use.
 */
int iolu_vm_import_memfd(struct iolu_vm *vm, const char *name, int fd, uint64_t token);

/**
 * iolu_vm_import_ioas() - Add an IOAS.
 * @name: Name of the IOAS.
 * @id: Its id in the iommufd that was given with iolu_vm_set_iommufd().
 *
 * Return: 0; -ENOENT: the iommufd has no such IOAS; -EEXIST: @name or @id is in use.
 */
int iolu_vm_import_ioas(struct iolu_vm *vm, const char *name, uint32_t id);

/**
 * iolu_vm_import_map() - Add a mapping that the VMM has made with IOMMU_IOAS_MAP_FILE.
 * @ioas: Name of the IOAS.
 * @memfd: Name of the memfd.
 * @offset: First byte in the memfd.
 * @iova: First I/O virtual address.
 * @length: Bytes, not 0.
 * @flags: IOLU_MAP_READ, IOLU_MAP_WRITE or both.
 *
 * Return: As iolu_vm_map().
 */
int iolu_vm_import_map(struct iolu_vm *vm, const char *ioas, const char *memfd, uint64_t offset,
		       uint64_t iova, uint64_t length, uint32_t flags);

/**
 * iolu_vm_import_hwpt() - Add an HWPT that the VMM has allocated with IOMMU_HWPT_ALLOC.
 * @name: Name of the HWPT.
 * @ioas: Name of its IOAS.
 * @id: Its id in the iommufd.
 *
 * The mark of the HWPT, if it has one, is replaced by one of the library.
 *
 * Return: 0; -ENOENT: no such IOAS; -EEXIST: @name or @id is in use.
 */
int iolu_vm_import_hwpt(struct iolu_vm *vm, const char *name, const char *ioas, uint32_t id);

/**
 * iolu_vm_import_device() - Add a device that is bound to the iommufd.
 * @bdf: PCI address.
 * @fd: The device.
 * @id: Its id in the iommufd.
 * @hwpt: Name of the HWPT that it is attached to; NULL: it is not attached.
 *
 * Return: 0; -EINVAL: not a PCI address, @fd is not that of @bdf, or not bound, or another @id;
 * -ENOENT: no such HWPT; -EEXIST: @bdf is in use.
 */
int iolu_vm_import_device(struct iolu_vm *vm, const char *bdf, int fd, uint32_t id,
			  const char *hwpt);

/**
 * iolu_vm_import_irq() - Add the eventfds that the VMM has armed.
 * @device: Name of the device.
 * @irq: IOLU_IRQ_INTX, IOLU_IRQ_MSI or IOLU_IRQ_MSIX.
 * @count: Number of vectors, from vector 0 on, not 0.
 * @fds: Their eventfds.
 *
 * Without it a restore arms no interrupt; pending interrupts arrive when the VMM arms them.
 *
 * Return: 0; -ENOENT: no such device; -EINVAL: unknown @irq, or invalid @count; -EBUSY: an
 * interrupt type is armed; -EBADF: not a descriptor.
 */
int iolu_vm_import_irq(struct iolu_vm *vm, const char *device, uint32_t irq, uint32_t count,
		       const int *fds);

#ifdef __cplusplus
}
#endif

#endif /* LIBIOLU_IMPORT_H */
