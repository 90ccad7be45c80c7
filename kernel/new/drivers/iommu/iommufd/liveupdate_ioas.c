// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: IOASes that must not change. See the top of
 * liveupdate.c for the model.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu-liveupdate.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

/**
 * iopt_liveupdate_may_change() - May areas be added or removed?
 * @iopt: The io_pagetable
 *
 * Context: io_pagetable::iova_rwsem is held.
 * Return: 0, or -EBUSY while somebody holds the areas, see iommufd_lu_hold_ioas().
 */
int iopt_liveupdate_may_change(struct io_pagetable *iopt)
{
	lockdep_assert_held(&iopt->iova_rwsem);

	return iopt->liveupdate_holders ? -EBUSY : 0;
}

/*
 * Is this memory what the file holds now? A hole punched into the file has left the
 * table with pages that are the device's, but not the file's any more: nobody would
 * keep them. All are pinned, so that each tells which file it is of, if any.
 */
static int iommufd_lu_check_leaf(void *arg, u64 iova, phys_addr_t phys, u64 len)
{
	unsigned long pfn = PHYS_PFN(phys), last = PHYS_PFN(phys + len - 1);
	struct address_space *mapping = arg;
	struct folio *folio;

	for (; pfn <= last; pfn = folio_pfn(folio) + folio_nr_pages(folio)) {
		folio = page_folio(pfn_to_page(pfn));
		if (folio->mapping != mapping)
			return -ESTALE;
	}
	cond_resched();
	return 0;
}

/*
 * Is this memory that the next kernel finds again, all of it, in its place? The
 * seals count as they are now, as they can be added after mapping. The file does
 * not change any more: preserving it has frozen it.
 */
static int iommufd_lu_check_area(struct iopt_area *area, struct iommu_domain *domain,
				 const struct liveupdate_file_op_args *args)
{
	struct iopt_pages *pages = area->pages;
	int seals;

	/* Somebody is just mapping */
	if (!pages)
		return -EBUSY;
	if (!args)
		return 0;
	if (pages->type != IOPT_ADDRESS_FILE)
		return -EOPNOTSUPP;

	seals = memfd_get_seals(pages->file);
	if (seals < 0)
		return -EOPNOTSUPP;
	if (~seals & (F_SEAL_GROW | F_SEAL_SHRINK))
		return -EPERM;
	if (!liveupdate_has_file(args, (unsigned long)file_inode(pages->file)))
		return -ENOENT;
	return iommu_liveupdate_each_leaf(domain, iopt_area_iova(area),
					  iopt_area_length(area),
					  iommufd_lu_check_leaf, pages->file->f_mapping);
}

static const char *iommufd_lu_area_fault(int rc)
{
	switch (rc) {
	case -EBUSY:
		return "has a map in progress";
	case -EOPNOTSUPP:
		return "maps memory that is not of a memfd";
	case -ESTALE:
		return "maps pages that have left their memfd (a hole was punched)";
	case -EPERM:
		return "maps a memfd that is not sealed against grow and shrink";
	case -ENOENT:
		return "maps a memfd that is not preserved in the same session";
	default:
		return "has a table that does not map it";
	}
}

/**
 * iommufd_lu_hold_ioas() - Keep the areas of an IOAS as they are
 * @ioas: The IOAS
 * @domain: Of an HWPT of the IOAS
 * @args: To check that the next kernel finds the memory of each area again: what
 *	LUO gave the file handler in preserve(). NULL to check nothing.
 *
 * May be called several times and is to be undone as often.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if a map is in progress; for an area that does not pass
 * -EOPNOTSUPP, -EPERM, -ENOENT or -ESTALE, see iommufd_lu_preserve().
 */
int iommufd_lu_hold_ioas(struct iommufd_ioas *ioas, struct iommu_domain *domain,
			 const struct liveupdate_file_op_args *args)
{
	struct io_pagetable *iopt = &ioas->iopt;
	struct iopt_area *area;
	int rc;

	guard(rwsem_write)(&iopt->domains_rwsem);
	guard(rwsem_write)(&iopt->iova_rwsem);

	for (area = iopt_area_iter_first(iopt, 0, ULONG_MAX); area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
		rc = iommufd_lu_check_area(area, domain, args);
		if (rc) {
			pr_info_ratelimited("IOAS %u %s\n", ioas->obj.id,
					    iommufd_lu_area_fault(rc));
			return rc;
		}
	}
	iopt->liveupdate_holders++;
	return 0;
}

/**
 * iommufd_lu_release_ioas() - Undo iommufd_lu_hold_ioas()
 * @ioas: The IOAS
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_lu_release_ioas(struct iommufd_ioas *ioas)
{
	guard(rwsem_write)(&ioas->iopt.domains_rwsem);
	guard(rwsem_write)(&ioas->iopt.iova_rwsem);
	ioas->iopt.liveupdate_holders--;
}

/**
 * iommufd_lu_mapped_bytes() - Bytes of IOVA that an IOAS maps
 * @ioas: The IOAS
 *
 * Context: Process context, may sleep.
 * Return: The sum over all areas, each of which is mapped by each HWPT of @ioas.
 */
u64 iommufd_lu_mapped_bytes(struct iommufd_ioas *ioas)
{
	struct iopt_area *area;
	u64 bytes = 0;

	guard(rwsem_read)(&ioas->iopt.iova_rwsem);
	for (area = iopt_area_iter_first(&ioas->iopt, 0, ULONG_MAX); area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX))
		bytes += iopt_area_length(area);
	return bytes;
}
