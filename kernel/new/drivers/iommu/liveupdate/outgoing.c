// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: outgoing records
 *
 * A live update replaces the kernel by kexec while devices continue their DMA. For
 * each preserved device the next kernel needs the I/O page table, the hardware
 * entries that lead to it, and the IOMMU that holds these entries. This file
 * tracks the domains and devices that sessions of the Live Update Orchestrator
 * preserve, and writes the records.
 *
 * Nothing is preserved without a request. iommufd preserves the domain of a marked
 * HWPT, then the file handler of a device preserves the device, which must be
 * attached to a preserved domain. The record of a unit is created with its first
 * preserved device and freed with its last.
 *
 * Invariants:
 *  - From preserve to unpreserve neither the domain's table nor the attachments of
 *    its devices change: its IOAS is immutable. Leaves may be cleared in place.
 *  - unpreserve undoes preserve, in reverse order, and cannot fail. A failed
 *    preserve leaves no trace.
 *  - Records are complete and sealed when freeze of the last object returns. After
 *    that only shutdown runs.
 *
 * Locking: iommu_lu_mutex protects the outgoing set, see set.c.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

static int iommu_lu_refuse_domain(const char *step, int error, const char *why)
{
	pr_info_ratelimited("HWPT: not %s: %s\n", step, why);
	return error;
}

/**
 * iommu_liveupdate_supported() - Check if a domain can be preserved
 * @domain: A paging domain.
 *
 * Context: Any.
 * Return: 0, or -EOPNOTSUPP if its page-table format, a feature it was allocated
 * with or its IOMMU driver does not support live update.
 */
int iommu_liveupdate_supported(struct iommu_domain *domain)
{
	if (!iommu_lu_pt_ops(domain) || domain->iopf_handler ||
	    !domain->owner || !domain->owner->liveupdate)
		return -EOPNOTSUPP;
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_supported, "iommufd");

/**
 * iommu_liveupdate_tracks_dirty() - Check if dirty tracking of a domain is on
 * @domain: A supported domain. The caller keeps it from being turned on and off.
 *
 * While it is on the hardware writes to the table, and a bit that it sets after the
 * last look of this kernel would be lost.
 *
 * Context: Any.
 * Return: True if it is on.
 */
bool iommu_liveupdate_tracks_dirty(struct iommu_domain *domain)
{
	const struct iommu_liveupdate_ops *ops = domain->owner->liveupdate;

	return domain->dirty_ops && ops->tracks_dirty && ops->tracks_dirty(domain);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_tracks_dirty, "iommufd");

/**
 * iommu_liveupdate_each_leaf() - Walk the leaves of a domain
 * @domain: A supported domain. The caller keeps its table from changing.
 * @iova: First IOVA of a range that whole leaves map without a gap.
 * @len: Length of the range in bytes.
 * @leaf: Called for each leaf in ascending order, until it returns an error.
 * @arg: For @leaf.
 *
 * Context: Process context; @leaf may add restrictions.
 * Return: 0, the error of @leaf, or -EFAULT if part of the range is not mapped.
 */
int iommu_liveupdate_each_leaf(struct iommu_domain *domain, u64 iova, u64 len,
			       int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			       void *arg)
{
	return iommu_lu_pt_ops(domain)->each_leaf(iommupt_from_domain(domain), iova, len,
						  leaf, arg);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_each_leaf, "iommufd");

/**
 * iommu_liveupdate_clear() - Unmap a part of a domain in place
 * @domain: Any domain. It may be preserved, or restored and being compared.
 * @iova: First IOVA of a range that whole leaves map without a gap.
 * @len: Length of the range in bytes.
 *
 * No table page is freed, so that the records stay valid.
 *
 * Context: Process context. The caller excludes other changes of the range.
 * Return: 0, or -EOPNOTSUPP as iommu_liveupdate_supported(). On -EFAULT a part of the
 * range was not mapped.
 */
int iommu_liveupdate_clear(struct iommu_domain *domain, u64 iova, u64 len)
{
	struct iommu_iotlb_gather gather;
	int ret;

	ret = iommu_liveupdate_supported(domain);
	if (ret)
		return ret;
	iommu_iotlb_gather_init(&gather);
	ret = iommu_lu_pt_ops(domain)->clear(iommupt_from_domain(domain), iova, len);
	iommu_iotlb_gather_add_range(&gather, iova, len);
	iommu_iotlb_sync(domain, &gather);
	return ret;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_clear, "iommufd");

/**
 * iommu_liveupdate_preserve_domain() - Preserve a domain
 * @domain: The domain. The caller keeps its mappings from changing until
 *	    iommu_liveupdate_unpreserve_domain().
 * @mapped_bytes: Bytes that the domain maps, for statistics.
 * @owner: Identifies the file that preserves the domain: the data that LUO passes
 *	   to the file's handler in the next kernel.
 * @id: Out: slot of the record.
 *
 * Context: Process context, may sleep. Called for a file that is being preserved
 * and whose handler iommu_liveupdate_register_handler() has registered.
 * Return: 0, -EOPNOTSUPP as iommu_liveupdate_supported(), -EBUSY if the domain is
 * already preserved, or -ENOMEM.
 */
int iommu_liveupdate_preserve_domain(struct iommu_domain *domain, u64 mapped_bytes,
				     u64 owner, u32 *id)
{
	struct iommu_lu_domain *lu_domain;
	u64 began = local_clock();
	int ret;

	ret = iommu_liveupdate_supported(domain);
	if (ret)
		return ret;

	guard(mutex)(&iommu_lu_mutex);
	if (iommu_lu_find_domain(iommu_lu_outgoing, domain))
		return -EBUSY;

	struct iommu_lu_domain *new __free(kfree) = kzalloc_obj(*new);
	if (!new)
		return -ENOMEM;
	struct iommu_domain_ser *ser __free(kho_record) =
		kho_record_alloc(IOMMU_RECORD_DOMAIN, IOMMU_RECORD_DOMAIN_VERSION,
				 sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	ret = iommu_lu_pt_ops(domain)->preserve(iommupt_from_domain(domain), ser);
	if (ret)
		return ret;
	ser->mapped_bytes = mapped_bytes;
	ser->owner = owner;
	kho_record_seal(ser);
	ret = kho_record_index_add(iommu_lu_outgoing->index, ser);
	if (ret < 0) {
		iommu_lu_pt_ops(domain)->unpreserve(iommupt_from_domain(domain));
		return ret;
	}

	lu_domain = no_free_ptr(new);
	lu_domain->ser = no_free_ptr(ser);
	lu_domain->domain = domain;
	lu_domain->id = ret;
	list_add_tail(&lu_domain->item, &iommu_lu_outgoing->domains);
	*id = lu_domain->id;
	trace_iommu_liveupdate_preserve_domain(*id, lu_domain->ser->nr_tables,
					       lu_domain->ser->mapped_bytes, 0, began);
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_preserve_domain, "iommufd");

/**
 * iommu_liveupdate_unpreserve_domain() - Undo iommu_liveupdate_preserve_domain()
 * @domain: The domain. Its devices are unpreserved already.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_unpreserve_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	if (!lu_domain)
		return;

	iommu_lu_pt_ops(domain)->unpreserve(iommupt_from_domain(domain));
	kho_record_index_del(iommu_lu_outgoing->index, lu_domain->ser);
	kho_record_free(lu_domain->ser);
	list_del(&lu_domain->item);
	kfree(lu_domain);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_unpreserve_domain, "iommufd");

/**
 * iommu_liveupdate_freeze_domain() - Check a domain before kexec
 * @domain: A preserved domain.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0, or -ENODEV if no preserved device is attached to the domain: the next
 * kernel could not tell which unit the domain is for.
 */
int iommu_liveupdate_freeze_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	if (lu_domain && lu_domain->nr_devices)
		return 0;
	return iommu_lu_refuse_domain("frozen", -ENODEV,
				      "no preserved device is attached to the HWPT");
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_freeze_domain, "iommufd");
