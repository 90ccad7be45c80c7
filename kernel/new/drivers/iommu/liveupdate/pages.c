// SPDX-License-Identifier: GPL-2.0
/*
 * Incoming pages of iommu-pages.h. KHO restores an ordinary folio. Here it becomes
 * a page like one from iommu_alloc_pages_node_sz(), with the same accounting.
 */
#include <linux/kexec_handover.h>
#include <linux/mm.h>

#include "../iommu-pages.h"
#include "pages.h"

/**
 * iommu_pages_restore() - Restore a preserved page
 * @virt: Address of the page. Its content does not change.
 *
 * Context: Process context, may sleep.
 * Return: 0; the page is to be freed like one from iommu_alloc_pages_node_sz(). -EIO
 * if KHO has preserved no page there.
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
