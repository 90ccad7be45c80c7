// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: the life of the two sets, which the Live Update Orchestrator
 * ties to that of the files.
 */
#include <linux/init.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "liveupdate.h"

/**
 * iommu_liveupdate_get_stats() - Size of a preserved or incoming domain.
 * @domain: The domain.
 * @stats: Out.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EOPNOTSUPP. Counts are 0 for a domain that is neither
 * preserved nor came in.
 */
int iommu_liveupdate_get_stats(struct iommu_domain *domain,
			       struct iommu_liveupdate_stats *stats)
{
	struct iommu_lu_domain *lu_domain;

	memset(stats, 0, sizeof(*stats));
	if (!iommu_lu_pt_ops(domain))
		return -EOPNOTSUPP;
	stats->format = iommu_lu_pt_ops(domain)->format;
	stats->levels = iommu_lu_pt_ops(domain)->levels(iommupt_from_domain(domain));

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain) ?:
		    iommu_lu_find_incoming(domain);
	if (!lu_domain)
		return 0;
	stats->nr_tables = lu_domain->ser->nr_tables;
	stats->table_bytes = lu_domain->ser->table_bytes;
	stats->mapped_bytes = lu_domain->ser->mapped_bytes;
	stats->nr_devices = lu_domain->nr_devices;
	return 0;
}

static int iommu_lu_flb_preserve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;
	struct iommu_lu_set *set;

	set = kzalloc_obj(*set);
	if (!set)
		return -ENOMEM;
	index = kho_record_alloc(KHO_RECORD_INDEX, KHO_RECORD_INDEX_VERSION, sizeof(*index));
	if (IS_ERR(index)) {
		kfree(set);
		return PTR_ERR(index);
	}
	index->user = IOMMU_RECORD_INDEX;
	kho_record_seal(index);
	iommu_lu_set_init(set, index);

	args->data = virt_to_phys(index);
	args->obj = set;
	guard(mutex)(&iommu_lu_mutex);
	iommu_lu_outgoing = set;
	return 0;
}

static void iommu_lu_flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	struct iommu_lu_set *set = args->obj;

	guard(mutex)(&iommu_lu_mutex);
	iommu_lu_outgoing = NULL;
	kho_record_free(set->index);
	kfree(set);
}

/* Bad records are no error of LUO's, so that what came with them can be finished. */
static int iommu_lu_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	struct iommu_lu_set *set = iommu_lu_read_set(args->data);

	if (!set)
		return -ENOMEM;
	iommu_lu_incoming = set;
	args->obj = set;
	return 0;
}

static void iommu_lu_flb_finish(struct liveupdate_flb_op_args *args)
{
	struct iommu_lu_set *set = args->obj;

	iommu_lu_discard_all();
	guard(mutex)(&iommu_lu_mutex);
	iommu_lu_incoming = NULL;
	iommu_lu_free_set(set);
}

static const struct liveupdate_flb_ops iommu_lu_flb_ops = {
	.preserve = iommu_lu_flb_preserve,
	.unpreserve = iommu_lu_flb_unpreserve,
	.retrieve = iommu_lu_flb_retrieve,
	.finish = iommu_lu_flb_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb iommu_lu_flb = {
	.ops = &iommu_lu_flb_ops,
	.compatible = IOMMU_LIVEUPDATE_FLB_COMPATIBLE,
};

/*
 * Look at what came in, once: when PCI devices have been found, and before drivers
 * of IOMMUs start, which hold locks of their own. What is returned stays until the
 * last file of all sessions is finished, so no reference is kept, which would delay
 * finish. Only if LUO says that nothing at all came in is that certain: it may be
 * switched off in this kernel, and a kernel of another version may have called its
 * records something else.
 */
static int __init iommu_lu_fetch_incoming(void)
{
	void *obj;
	int ret;

	kho_record_register_layout(KHO_RECORD_LAYOUT("iommu-domain", IOMMU_RECORD_DOMAIN_VERSION));
	kho_record_register_layout(KHO_RECORD_LAYOUT("iommu-unit", IOMMU_RECORD_UNIT_VERSION));
	kho_record_register_layout(KHO_RECORD_LAYOUT("iommu-device", IOMMU_RECORD_DEVICE_VERSION));
	ret = liveupdate_flb_get_incoming(&iommu_lu_flb, &obj);
	if (!ret)
		liveupdate_flb_put_incoming(&iommu_lu_flb);
	else if (ret != -ENODATA)
		iommu_liveupdate_quiesce();
	return 0;
}
fs_initcall_sync(iommu_lu_fetch_incoming);

/**
 * iommu_liveupdate_register_handler() - Tie a file handler to the IOMMU records.
 * @fh: A registered file handler whose files call the functions above.
 *
 * Those that have one are built in, so that nothing undoes it.
 *
 * Return: 0 or a negative errno from liveupdate_register_flb().
 */
int iommu_liveupdate_register_handler(struct liveupdate_file_handler *fh)
{
	return liveupdate_register_flb(fh, &iommu_lu_flb);
}
