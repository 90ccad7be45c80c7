// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of iommu-pages.h that come from the previous kernel: what KHO hands
 * back is an ordinary folio; here it becomes what iommu_alloc_pages_node_sz()
 * would have returned, so that it is counted and freed like any other.
 */
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "../iommu-pages.h"
#include "pages.h"

/**
 * iommu_pages_restore() - Take back a page that the previous kernel preserved.
 * @virt: Where the page is. Its content is left as it is.
 *
 * Context: Process context, may sleep.
 * Return: 0, then the page is to be freed as if iommu_alloc_pages_node_sz() had
 * returned it. -EIO if KHO does not hold a page there.
 */
int iommu_pages_restore(void *virt)
{
	phys_addr_t phys = virt_to_phys(virt);
	struct folio *folio;
	long pgcnt;

	if (!kho_restorable(phys, PAGE_SIZE))
		return -EIO;
	folio = kho_restore_folio(phys);
	if (!folio)
		return -EIO;

	folio_ioptdesc(folio)->incoherent = false;
	pgcnt = folio_nr_pages(folio);
	mod_node_page_state(folio_pgdat(folio), NR_IOMMU_PAGES, pgcnt);
	lruvec_stat_mod_folio(folio, NR_SECONDARY_PAGETABLE, pgcnt);
	return 0;
}
