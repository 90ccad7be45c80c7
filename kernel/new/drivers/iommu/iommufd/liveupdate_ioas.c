// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: immutable IOASes, whose areas can be neither added nor
 * removed. See the top of liveupdate.c for the model.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu-liveupdate.h>
#include <linux/liveupdate.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

/**
 * iopt_liveupdate_may_change() - Check that page tables may change
 * @iopt: The io_pagetable, whose areas are added or removed, or dirty bits cleared
 *
 * Context: io_pagetable::iova_rwsem is held.
 * Return: 0, or -EBUSY while the IOAS is immutable.
 */
int iopt_liveupdate_may_change(struct io_pagetable *iopt)
{
	lockdep_assert_held(&iopt->iova_rwsem);

	return iopt->liveupdate_immutable ? -EBUSY : 0;
}

/*
 * Compare a leaf with the contents of the file. After a hole was punched, the table
 * still maps pages that are no longer part of the file and would not be preserved. All
 * pages are pinned, so that folio->mapping is stable.
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

static int iommufd_lu_refuse_busy(const struct iommufd_object *ioas)
{
	return iommufd_lu_refuse(ioas, -EBUSY, "map or unmap is in progress");
}

/* A revocation that began when the IOAS was mutable frees tables: wait until it is over. */
static int iommufd_lu_check_dmabuf(struct iopt_pages *pages)
{
	guard(mutex)(&pages->mutex);
	return 0;
}

/*
 * Check that the next kernel finds the memory of an area again, at the same place. Seals
 * do not matter: preserving the file has frozen it, so that its size cannot change and no
 * hole be punched, and each leaf is compared with the file after that. The device of a
 * dma-buf is checked at freeze.
 */
static int iommufd_lu_check_area(const struct iommufd_object *ioas, struct iopt_area *area,
				 struct iommu_domain *domain,
				 const struct liveupdate_file_op_args *args)
{
	struct iopt_pages *pages = area->pages;
	int rc;

	if (!pages)
		return iommufd_lu_refuse_busy(ioas);
	if (!args)
		return 0;
	if (pages->type == IOPT_ADDRESS_USER)
		return iommufd_lu_refuse(ioas, -EOPNOTSUPP,
					 "memory that is not from a memfd is mapped");
	if (iopt_is_dmabuf(pages))
		return iommufd_lu_check_dmabuf(pages);
	if (!liveupdate_has_file(args, (unsigned long)file_inode(pages->file)))
		return iommufd_lu_refuse(ioas, -ENOENT,
					 "mapped memfd is not preserved in the same session");

	rc = iommu_liveupdate_each_leaf(domain, iopt_area_iova(area),
					iopt_area_length(area),
					iommufd_lu_check_leaf, pages->file->f_mapping);
	if (rc == -ESTALE)
		return iommufd_lu_refuse(ioas, -ESTALE,
					 "mapped page is no longer part of its memfd");
	if (rc)
		return iommufd_lu_refuse(ioas, -EFAULT,
					 "page table does not map all of the IOAS");
	return 0;
}

static int iommufd_lu_check_areas(struct iommufd_ioas *ioas, struct iommu_domain *domain,
				  const struct liveupdate_file_op_args *args)
{
	struct iopt_area *area;
	int rc = 0;

	for (area = iopt_area_iter_first(&ioas->iopt, 0, ULONG_MAX); !rc && area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX))
		rc = iommufd_lu_check_area(&ioas->obj, area, domain, args);
	return rc;
}

static void iommufd_lu_release(struct io_pagetable *iopt)
{
	lockdep_assert_held_write(&iopt->iova_rwsem);

	/* Pairs with iopt_liveupdate_revoke() */
	smp_store_release(&iopt->liveupdate_immutable, iopt->liveupdate_immutable - 1);
}

/**
 * iommufd_lu_make_immutable() - Refuse map and unmap in an IOAS
 * @ioas: The IOAS
 * @domain: Domain of an HWPT of the IOAS
 * @args: LUO's argument of preserve(), to check that the next kernel finds the memory
 *	of each area again; NULL to check nothing
 *
 * Calls nest: each needs an iommufd_lu_make_mutable(). Dirty tracking, which writes to
 * tables, cannot be turned on either.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if a map or unmap is in progress, or dirty tracking is on; for an
 * area that cannot be preserved -EOPNOTSUPP, -ENOENT, -ESTALE or -EFAULT, see
 * iommufd_lu_preserve().
 */
int iommufd_lu_make_immutable(struct iommufd_ioas *ioas, struct iommu_domain *domain,
			      const struct liveupdate_file_op_args *args)
{
	struct io_pagetable *iopt = &ioas->iopt;
	int rc;

	/*
	 * A map holds domains_rwsem while it waits for pages of userspace, and a look at
	 * dirty bits iova_rwsem. LUO's locks, which a kexec needs, are held here, so this
	 * does not wait for them.
	 */
	ACQUIRE(rwsem_write_try, domains)(&iopt->domains_rwsem);
	if (ACQUIRE_ERR(rwsem_write_try, &domains))
		return iommufd_lu_refuse_busy(&ioas->obj);
	ACQUIRE(rwsem_write_try, areas)(&iopt->iova_rwsem);
	if (ACQUIRE_ERR(rwsem_write_try, &areas))
		return iommufd_lu_refuse_busy(&ioas->obj);

	if (args && iommu_liveupdate_tracks_dirty(domain))
		return iommufd_lu_refuse(&ioas->obj, -EBUSY,
					 "dirty tracking of an HWPT is on");
	/* First of all, since a revocation waits for no lock that is held here */
	WRITE_ONCE(iopt->liveupdate_immutable, iopt->liveupdate_immutable + 1);
	rc = iommufd_lu_check_areas(ioas, domain, args);
	if (rc)
		iommufd_lu_release(iopt);
	return rc;
}

/**
 * iommufd_lu_make_mutable() - Undo iommufd_lu_make_immutable()
 * @ioas: The IOAS
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_lu_make_mutable(struct iommufd_ioas *ioas)
{
	guard(rwsem_write)(&ioas->iopt.iova_rwsem);
	iommufd_lu_release(&ioas->iopt);
}

/**
 * iommufd_lu_find_foreign() - Find memory that cannot have been preserved
 * @ioas: The IOAS
 * @iova: Out: the lowest IOVA at which memory of a process is mapped
 *
 * Context: Process context, may sleep.
 * Return: true if there is such memory.
 */
bool iommufd_lu_find_foreign(struct iommufd_ioas *ioas, u64 *iova)
{
	struct iopt_area *area;

	guard(rwsem_read)(&ioas->iopt.iova_rwsem);
	for (area = iopt_area_iter_first(&ioas->iopt, 0, ULONG_MAX); area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX)) {
		if (area->pages->type != IOPT_ADDRESS_USER)
			continue;
		*iova = iopt_area_iova(area);
		return true;
	}
	return false;
}

/**
 * iommufd_lu_mapped_bytes() - Bytes of IOVA that an IOAS maps
 * @ioas: The IOAS
 *
 * Context: Process context, may sleep.
 * Return: The sum over all areas that are not revoked; each HWPT of @ioas maps them.
 */
u64 iommufd_lu_mapped_bytes(struct iommufd_ioas *ioas)
{
	struct iopt_area *area;
	u64 bytes = 0;

	guard(rwsem_read)(&ioas->iopt.iova_rwsem);
	for (area = iopt_area_iter_first(&ioas->iopt, 0, ULONG_MAX); area;
	     area = iopt_area_iter_next(area, 0, ULONG_MAX))
		if (!iommufd_lu_is_revoked(area->pages))
			bytes += iopt_area_length(area);
	return bytes;
}
