// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: state in sysfs
 *
 * /sys/kernel/liveupdate/iommu has one number per file and is a stable interface.
 * The debugfs file iommu_liveupdate lists the records for developers. Neither
 * contains addresses of memory.
 */
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kho_record.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/sysfs.h>

#include "liveupdate.h"

#define CREATE_TRACE_POINTS
#include <trace/events/iommu_liveupdate.h>
EXPORT_TRACEPOINT_SYMBOL_GPL(iommu_liveupdate_retrieve_device);

struct iommu_lu_counts {
	unsigned int domains;
	unsigned int devices;
	unsigned int isolated;
	u64 table_pages;
	u64 mapped_bytes;
};

/* Incoming objects count until they are adopted, finished or isolated. */
static void iommu_lu_count(struct iommu_lu_set *const *which, struct iommu_lu_counts *counts)
{
	const struct iommu_lu_set *set;
	struct iommu_lu_domain *lu_domain;
	struct iommu_lu_device *lu_dev;

	memset(counts, 0, sizeof(*counts));
	guard(mutex)(&iommu_lu_mutex);
	set = *which;
	if (!set)
		return;
	list_for_each_entry(lu_domain, &set->domains, item) {
		if (lu_domain->taken || lu_domain->error)
			continue;
		counts->domains++;
		counts->table_pages += lu_domain->ser->nr_tables;
		counts->mapped_bytes += lu_domain->ser->mapped_bytes;
	}
	list_for_each_entry(lu_dev, &set->devices, item) {
		counts->devices += !lu_dev->finished && !lu_dev->error;
		counts->isolated += !lu_dev->finished && lu_dev->error;
	}
}

#define IOMMU_LU_COUNT(_name, _set, _field)					\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr,	\
			    char *buf)						\
{										\
	struct iommu_lu_counts counts;						\
										\
	iommu_lu_count(&(_set), &counts);					\
	return sysfs_emit(buf, "%llu\n", (u64)counts._field);			\
}										\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

IOMMU_LU_COUNT(preserved_domains, iommu_lu_outgoing, domains);
IOMMU_LU_COUNT(preserved_devices, iommu_lu_outgoing, devices);
IOMMU_LU_COUNT(preserved_table_pages, iommu_lu_outgoing, table_pages);
IOMMU_LU_COUNT(preserved_mapped_bytes, iommu_lu_outgoing, mapped_bytes);
IOMMU_LU_COUNT(incoming_domains, iommu_lu_incoming, domains);
IOMMU_LU_COUNT(incoming_devices, iommu_lu_incoming, devices);
IOMMU_LU_COUNT(incoming_isolated, iommu_lu_incoming, isolated);

static struct attribute *iommu_lu_attrs[] = {
	&preserved_domains_attr.attr,
	&preserved_devices_attr.attr,
	&preserved_table_pages_attr.attr,
	&preserved_mapped_bytes_attr.attr,
	&incoming_domains_attr.attr,
	&incoming_devices_attr.attr,
	&incoming_isolated_attr.attr,
	NULL
};

static const struct attribute_group iommu_lu_group = {
	.name = "iommu",
	.attrs = iommu_lu_attrs,
};

static void iommu_lu_show_domain(struct seq_file *s, const struct iommu_lu_domain *lu_domain)
{
	const struct iommu_domain_ser *ser = lu_domain->ser;

	seq_printf(s, "  domain %u: %.16s, level %u on top, %llu table pages, %llu bytes mapped, %u devices, %s",
		   lu_domain->id, ser->format, ser->top_level, ser->nr_tables,
		   ser->mapped_bytes, lu_domain->nr_devices,
		   lu_domain->taken ? "adopted" : lu_domain->error ? "lost" : "restored");
	if (lu_domain->error)
		seq_printf(s, " (%pe)", ERR_PTR(lu_domain->error));
	seq_putc(s, '\n');
}

static void iommu_lu_show_device(struct seq_file *s, const struct iommu_lu_device *lu_dev)
{
	const struct iommu_device_ser *ser = lu_dev->ser;

	if (!ser) {
		seq_puts(s, "  device without a valid record: isolated\n");
		return;
	}
	seq_printf(s, "  device %04x:%02x:%02x.%u: domain %u, unit %u, %s",
		   ser->segment, ser->bdf >> 8, ser->bdf >> 3 & 0x1f, ser->bdf & 7,
		   ser->domain, ser->unit,
		   lu_dev->finished ? "finished" : lu_dev->error ? "isolated" : "running");
	if (lu_dev->error)
		seq_printf(s, " (%pe)", ERR_PTR(lu_dev->error));
	seq_putc(s, '\n');
}

static void iommu_lu_show_set(struct seq_file *s, const char *name, struct iommu_lu_set *set)
{
	struct iommu_lu_domain *lu_domain;
	struct iommu_lu_device *lu_dev;
	struct iommu_lu_unit *unit;

	seq_printf(s, "%s:%s\n", name, set ? "" : " nothing");
	if (!set)
		return;
	if (set->nr_invalid)
		seq_printf(s, "  %u invalid records\n", set->nr_invalid);
	list_for_each_entry(lu_domain, &set->domains, item)
		iommu_lu_show_domain(s, lu_domain);
	list_for_each_entry(unit, &set->units, item)
		seq_printf(s, "  unit %u: kind %u, segment %u\n", unit->id,
			   unit->ser->hw.kind, unit->ser->segment);
	list_for_each_entry(lu_dev, &set->devices, item)
		iommu_lu_show_device(s, lu_dev);
}

static int iommu_lu_dump_show(struct seq_file *s, void *unused)
{
	guard(mutex)(&iommu_lu_mutex);
	iommu_lu_show_set(s, "preserved", iommu_lu_outgoing);
	iommu_lu_show_set(s, "incoming", iommu_lu_incoming);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(iommu_lu_dump);

static int __init iommu_lu_show_init(void)
{
	debugfs_create_file("iommu_liveupdate", 0400, NULL, NULL, &iommu_lu_dump_fops);
	return liveupdate_kobj ? sysfs_create_group(liveupdate_kobj, &iommu_lu_group) : 0;
}
late_initcall_sync(iommu_lu_show_init);
