// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: registers of devices, which an IOAS maps as dma-bufs. See the
 * top of liveupdate.c for the model.
 *
 * The registers of a preserved device do not move, so their leaves serve the next kernel,
 * too. A VMM maps them again from the retrieved device, and adoption compares the address.
 * So that no leaf leads to registers which another VM may be given, the device goes along
 * in the same session.
 *
 * The device revokes its dma-bufs when a reset, D3 or its user stops it from decoding, or
 * when its file is closed. Such a revocation can be neither refused nor made to wait. In a
 * table that a live update keeps it clears the leaves in place: no table page is freed, and
 * the records are valid without the leaves. The area is then a hole in each table.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/dma-buf.h>
#include <linux/iommu-liveupdate.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/vfio_pci_core.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

/**
 * iopt_liveupdate_revoke() - Unmap an area whose dma-buf is revoked
 * @area: The area
 * @domain: A domain that maps it
 *
 * Context: Process context, iopt_pages::mutex is held. Cannot fail.
 */
void iopt_liveupdate_revoke(struct iopt_area *area, struct iommu_domain *domain)
{
	lockdep_assert_held(&area->pages->mutex);

	/* Pairs with iommufd_lu_make_mutable(): the table is an ordinary one then */
	if (smp_load_acquire(&area->iopt->liveupdate_immutable) &&
	    iommu_liveupdate_clear(domain, iopt_area_iova(area),
				   iopt_area_length(area)) != -EOPNOTSUPP)
		return;
	iopt_area_unmap_domain(area, domain);
}

/**
 * iommufd_lu_is_revoked() - Check for an area that nothing is mapped in any more
 * @pages: The pages of the area
 *
 * Context: Process context, may sleep.
 * Return: true if @pages are those of a dma-buf that was revoked.
 */
bool iommufd_lu_is_revoked(struct iopt_pages *pages)
{
	if (!iopt_is_dmabuf(pages))
		return false;
	guard(mutex)(&pages->mutex);
	return iopt_dmabuf_revoked(pages);
}

/* As sym_vfio_pci_dma_buf_iommufd_map(); NULL for a dma-buf of another driver */
static struct vfio_pci_core_device *iommufd_lu_exporter(const struct iopt_pages *pages)
{
	struct vfio_pci_core_device *(*fn)(const struct dma_buf *dmabuf);
	struct vfio_pci_core_device *vdev;

	lockdep_assert_held(&pages->mutex);

	if (!IS_ENABLED(CONFIG_VFIO_PCI_DMABUF))
		return NULL;
	fn = symbol_get(vfio_pci_dma_buf_device);
	if (!fn)
		return NULL;
	vdev = fn(pages->dmabuf.attach->dmabuf);
	symbol_put(vfio_pci_dma_buf_device);
	return vdev;
}

/* The device cannot leave the session before the kexec, so it keeps its BARs. */
static bool iommufd_lu_has_exporter(struct iopt_pages *pages,
				    const struct liveupdate_file_op_args *args)
{
	guard(mutex)(&pages->mutex);

	return iopt_dmabuf_revoked(pages) ||
	       liveupdate_has_file(args, (unsigned long)iommufd_lu_exporter(pages));
}

static u32 iommufd_lu_dev_id(struct iommufd_ctx *ictx, const struct device *dev)
{
	struct iommufd_object *obj;
	unsigned long id;

	guard(spinlock)(&ictx->objects.xa_lock);
	xa_for_each(&ictx->objects, id, obj) {
		if (obj->type == IOMMUFD_OBJ_DEVICE &&
		    container_of(obj, struct iommufd_device, obj)->dev == dev)
			return obj->id;
	}
	return 0;
}

static int iommufd_lu_find_bar(struct pci_dev *pdev, phys_addr_t phys)
{
	int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		if (pci_resource_len(pdev, bar) && phys >= pci_resource_start(pdev, bar) &&
		    phys <= pci_resource_end(pdev, bar))
			return bar;
	return -ENOENT;
}

/**
 * iommufd_lu_describe_dmabuf() - Find the BAR that an area maps
 * @ictx: The context
 * @area: The area, whose memory is a dma-buf
 * @cmd: Out: flags; if it is a BAR of a device of @ictx its device, number and offset
 *
 * Context: Process context, io_pagetable::iova_rwsem is held.
 */
void iommufd_lu_describe_dmabuf(struct iommufd_ctx *ictx, struct iopt_area *area,
				struct iommu_ioas_liveupdate_area *cmd)
{
	struct iopt_pages *pages = area->pages;
	struct vfio_pci_core_device *vdev;
	phys_addr_t phys;
	int bar;

	guard(mutex)(&pages->mutex);

	if (iopt_dmabuf_revoked(pages)) {
		cmd->out_flags |= IOMMU_LIVEUPDATE_AREA_REVOKED;
		return;
	}
	vdev = iommufd_lu_exporter(pages);
	if (!vdev)
		return;
	phys = pages->dmabuf.phys.paddr + pages->dmabuf.start +
	       iopt_area_start_byte(area, iopt_area_iova(area));
	bar = iommufd_lu_find_bar(vdev->pdev, phys);
	cmd->out_dev_id = iommufd_lu_dev_id(ictx, &vdev->pdev->dev);
	if (bar < 0 || !cmd->out_dev_id)
		return;
	cmd->out_flags |= IOMMU_LIVEUPDATE_AREA_BAR;
	cmd->out_bar = bar;
	cmd->out_offset = phys - pci_resource_start(vdev->pdev, bar);
}

static int iommufd_lu_refuse_freeze(struct iommufd_ioas *ioas, int rc, const char *reason)
{
	pr_err_ratelimited("IOAS %u: not frozen: %s\n", ioas->obj.id, reason);
	return rc;
}

/**
 * iommufd_lu_freeze_ioas() - Check the registers that an IOAS maps before kexec
 * @ioas: An immutable IOAS
 * @args: LUO's argument of freeze()
 *
 * Preserve cannot check it: devices are preserved after their iommufd.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0; -ENOENT if a device whose registers are mapped is not in the session; -EBUSY
 * if a call is in progress.
 */
int iommufd_lu_freeze_ioas(struct iommufd_ioas *ioas,
			   const struct liveupdate_file_op_args *args)
{
	struct iopt_area *area;

	ACQUIRE(rwsem_read_try, areas)(&ioas->iopt.iova_rwsem);
	if (ACQUIRE_ERR(rwsem_read_try, &areas))
		return -EBUSY;
	for (area = iopt_area_iter_first(&ioas->iopt, 0, ULONG_MAX); area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
		if (iopt_is_dmabuf(area->pages) && !iommufd_lu_has_exporter(area->pages, args))
			return iommufd_lu_refuse_freeze(ioas, -ENOENT,
				"device whose registers are mapped is not preserved in the same session");
	}
	return 0;
}
