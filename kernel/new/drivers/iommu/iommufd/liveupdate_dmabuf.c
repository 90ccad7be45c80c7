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

/* As sym_vfio_pci_dma_buf_iommufd_map(); 0 for a dma-buf of another driver */
static unsigned long iommufd_lu_dmabuf_id(const struct dma_buf *dmabuf)
{
	typeof(&vfio_pci_dma_buf_liveupdate_id) fn;
	unsigned long id;

	if (!IS_ENABLED(CONFIG_VFIO_PCI_DMABUF))
		return 0;
	fn = symbol_get(vfio_pci_dma_buf_liveupdate_id);
	if (!fn)
		return 0;
	id = fn(dmabuf);
	symbol_put(vfio_pci_dma_buf_liveupdate_id);
	return id;
}

/* The device cannot leave the session before the kexec, so it keeps its registers. */
static bool iommufd_lu_has_exporter(struct iopt_pages *pages,
				    const struct liveupdate_file_op_args *args)
{
	guard(mutex)(&pages->mutex);

	return iopt_dmabuf_revoked(pages) ||
	       liveupdate_has_file(args, iommufd_lu_dmabuf_id(pages->dmabuf.attach->dmabuf));
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
