// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: lifetime of the two sets. The Live Update Orchestrator (LUO)
 * ties it to that of the files in its sessions through a file-lifecycle-bound
 * object (FLB).
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "liveupdate.h"

/**
 * iommu_liveupdate_get_stats() - Get the size of a preserved or incoming domain
 * @domain: The domain.
 * @stats: Out. The counts of a domain that is neither are 0.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EOPNOTSUPP if the page-table format does not support live update.
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
		    iommu_lu_find_domain(iommu_lu_incoming, domain);
	if (!lu_domain)
		return 0;
	stats->nr_tables = lu_domain->ser->nr_tables;
	stats->table_bytes = lu_domain->ser->table_bytes;
	stats->mapped_bytes = lu_domain->ser->mapped_bytes;
	stats->nr_devices = lu_domain->nr_devices;
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_get_stats, "iommufd");

static int iommu_lu_flb_preserve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;
	struct iommu_lu_set *set;

	set = kzalloc_obj(*set);
	if (!set)
		return -ENOMEM;
	index = kho_record_index_alloc(IOMMU_RECORD_INDEX);
	if (IS_ERR(index)) {
		kfree(set);
		return PTR_ERR(index);
	}
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
	kho_record_index_free(set->index);
	kfree(set);
}

/* An invalid record is no error for LUO: files with valid records can be finished. */
static int iommu_lu_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	struct iommu_lu_set *set = iommu_lu_read_set(args->data);

	if (!set)
		return -ENOMEM;
	scoped_guard(mutex, &iommu_lu_mutex)
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
 * Read the incoming records when PCI devices have been enumerated, before IOMMU
 * drivers initialise. LUO keeps the set until the last file of all incoming sessions
 * is finished; no reference is held here, it would delay that. If LUO returns any
 * error but -ENODATA there may be incoming devices without readable records: LUO may
 * be disabled in this kernel, or the previous kernel used another FLB name.
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
 * iommu_liveupdate_register_handler() - Tie a file handler to the IOMMU records
 * @fh: A registered file handler whose files preserve domains or devices.
 *
 * liveupdate_unregister_file_handler() undoes it.
 *
 * Context: Initialisation.
 * Return: 0 or a negative errno from liveupdate_register_flb().
 */
int iommu_liveupdate_register_handler(struct liveupdate_file_handler *fh)
{
	return liveupdate_register_flb(fh, &iommu_lu_flb);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_register_handler, "iommufd,vfio-pci");
