/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Steps of a live update in the IOMMU core, and vfio-pci's retrieve, with the result
 * and the duration of each. Events of a domain have the slot of its record, events
 * of a device have its name.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM iommu_liveupdate

#if !defined(_TRACE_IOMMU_LIVEUPDATE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IOMMU_LIVEUPDATE_H

#include <linux/device.h>
#include <linux/sched/clock.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

DECLARE_EVENT_CLASS(iommu_liveupdate_domain,
		    TP_PROTO(u32 id, u64 tables, u64 mapped_bytes, int ret, u64 began),
		    TP_ARGS(id, tables, mapped_bytes, ret, began),
		    TP_STRUCT__entry(__field(u32, id)
				     __field(int, ret)
				     __field(u64, tables)
				     __field(u64, mapped_bytes)
				     __field(s64, ns)
		    ),
		    TP_fast_assign(__entry->id = id;
				   __entry->ret = ret;
				   __entry->tables = tables;
				   __entry->mapped_bytes = mapped_bytes;
				   __entry->ns = local_clock() - began;
		    ),
		    TP_printk("domain=%u tables=%llu mapped_bytes=%llu ret=%d ns=%lld",
			      __entry->id, __entry->tables, __entry->mapped_bytes,
			      __entry->ret, __entry->ns)
);

#define IOMMU_LIVEUPDATE_DOMAIN_EVENT(name)					\
	DEFINE_EVENT(iommu_liveupdate_domain, name,				\
		TP_PROTO(u32 id, u64 tables, u64 mapped_bytes, int ret,		\
			 u64 began),					\
		TP_ARGS(id, tables, mapped_bytes, ret, began))

IOMMU_LIVEUPDATE_DOMAIN_EVENT(iommu_liveupdate_preserve_domain);
IOMMU_LIVEUPDATE_DOMAIN_EVENT(iommu_liveupdate_restore_domain);
IOMMU_LIVEUPDATE_DOMAIN_EVENT(iommu_liveupdate_adopt);
IOMMU_LIVEUPDATE_DOMAIN_EVENT(iommu_liveupdate_discard_domain);

DECLARE_EVENT_CLASS(iommu_liveupdate_device,
		    TP_PROTO(struct device *dev, int ret, u64 began),
		    TP_ARGS(dev, ret, began),
		    TP_STRUCT__entry(__string(name, dev_name(dev))
				     __field(int, ret)
				     __field(s64, ns)
		    ),
		    TP_fast_assign(__assign_str(name);
				   __entry->ret = ret;
				   __entry->ns = local_clock() - began;
		    ),
		    TP_printk("device=%s ret=%d ns=%lld", __get_str(name), __entry->ret,
			      __entry->ns)
);

#define IOMMU_LIVEUPDATE_DEVICE_EVENT(name)					\
	DEFINE_EVENT(iommu_liveupdate_device, name,				\
		TP_PROTO(struct device *dev, int ret, u64 began),		\
		TP_ARGS(dev, ret, began))

IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_preserve_device);
IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_freeze_device);
IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_attach_device);
IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_retrieve_device);
IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_finish_device);
IOMMU_LIVEUPDATE_DEVICE_EVENT(iommu_liveupdate_block_device);

#endif /* _TRACE_IOMMU_LIVEUPDATE_H */

#include <trace/define_trace.h>
