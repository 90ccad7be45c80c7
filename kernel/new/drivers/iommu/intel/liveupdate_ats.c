// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: devices with a cache of translations (ATS)
 *
 * The entries of such a device allow requests that it has translated itself: DTE in a
 * scalable mode context entry, translation type 01b in a legacy mode one. ATS stays
 * enabled from kernel to kernel. No table of a preserved device changes, so no
 * invalidation is due in the gap, and none is under way: the last act of the previous
 * kernel on the invalidation queue is to wait for all answers. From its first attach in
 * the next kernel on the device has a cache tag again, so that an unmap reaches it.
 *
 * A device that is isolated or discarded may answer to no invalidation request at all,
 * and the wait for an answer has no bound. So it gets none. It is blocked first: a
 * request with a translated address needs a present context entry, too. Then its ATS is
 * disabled, and then the caches of the unit are flushed.
 *
 * A device in legacy mode whose ATS hardware enables by itself, as firmware says (SATC
 * structure, ATC_REQUIRED), is refused: its ATS could not be disabled when it is isolated.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/iopoll.h>
#include <linux/pci-ats.h>
#include <linux/pci-liveupdate.h>
#include <linux/pci.h>

#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Context entry: scalable mode, section 9.4 of the specification; legacy mode, 9.3 */
#define INTEL_LU_SM_DTE		BIT_ULL(2)
#define INTEL_LU_TT		GENMASK_ULL(3, 2)

/* Can @info be preserved as far as ATS is concerned? */
int intel_lu_check_ats(struct device_domain_info *info)
{
	if (!sm_supported(info->iommu) && dmar_atc_required(to_pci_dev(info->dev)))
		return iommu_liveupdate_refuse(info->dev, -EOPNOTSUPP,
					       "device has ATS without the kernel");
	if (info->ats_supported && !info->ats_enabled)
		return iommu_liveupdate_refuse(info->dev, -EOPNOTSUPP,
					       "device and IOMMU support ATS, and it is off");
	return 0;
}

/* The entry allows what the record says. */
bool intel_lu_ats_valid(struct intel_iommu *iommu, const struct iommu_vtd_device_ser *vtd)
{
	bool ats = vtd->flags & IOMMU_VTD_SER_ATS;

	if (!sm_supported(iommu))
		return FIELD_GET(INTEL_LU_TT, vtd->context[0]) ==
		       (ats ? CONTEXT_TT_DEV_IOTLB : CONTEXT_TT_MULTI_LEVEL);
	return !!(vtd->context[0] & INTEL_LU_SM_DTE) == ats;
}

/**
 * intel_liveupdate_may_enable_ats() - Decide if ATS is entered, and enabled if it is off
 * @dev: The device.
 * @supported: The driver would enable its ATS.
 *
 * An isolated device may answer to no invalidation request. If it is a physical function, it
 * may have given its virtual functions another smallest translation unit.
 *
 * Context: Process context.
 * Return: True if ATS can be enabled.
 */
bool intel_liveupdate_may_enable_ats(struct device *dev, bool supported)
{
	struct pci_dev *pdev = supported ? to_pci_dev(dev) : NULL;

	return pdev && !pci_liveupdate_isolated(pdev) &&
	       (!pdev->is_virtfn || pci_physfn(pdev)->ats_stu == VTD_PAGE_SHIFT);
}

/*
 * iommu_enable_pci_ats() enters ATS. A virtual function uses the smallest translation unit of its
 * physical function; the field of its own register is 0.
 */
static bool intel_lu_ats_usable(struct pci_dev *pdev)
{
	return pci_physfn(pdev)->ats_stu == VTD_PAGE_SHIFT && pci_ats_page_aligned(pdev);
}

/* The device is as the record says, and this kernel would use it so. */
int intel_lu_compare_ats(struct device_domain_info *info,
			 const struct iommu_vtd_device_ser *vtd)
{
	struct pci_dev *pdev = to_pci_dev(info->dev);
	bool ats = vtd->flags & IOMMU_VTD_SER_ATS;
	int ret = 0;

	if (info->ats_supported != ats)
		ret = -EOPNOTSUPP;
	else if (ats && (!pci_liveupdate_ats_is_on(pdev) || !intel_lu_ats_usable(pdev)))
		ret = -EPROTO;
	if (ret)
		pci_err(pdev, "ATS differs from the record\n");
	return ret;
}

/*
 * In scalable mode probing enters ATS, and the cache tag of the domain that the device
 * is attached to already. In legacy mode that is part of an attach: without it no unmap
 * would reach the device's cache.
 */
int intel_lu_adopt_ats(struct device_domain_info *info,
		       const struct iommu_vtd_device_ser *vtd)
{
	if (sm_supported(info->iommu) || !(vtd->flags & IOMMU_VTD_SER_ATS))
		return 0;
	iommu_enable_pci_ats(info);
	return info->ats_enabled ? 0 : -EPROTO;
}

/*
 * The device is blocked; the caller flushes the caches of the unit. Page requests need ATS, so
 * they go first.
 */
void intel_lu_stop_ats(struct device_domain_info *info)
{
	struct dmar_domain *domain = info->domain;

	intel_lu_cancel_pri(info);
	if (domain && info->ats_enabled)
		cache_tag_unassign(domain, domain_id_iommu(domain, info->iommu), info->dev,
				   IOMMU_NO_PASID, CACHE_TAG_DEVTLB);
	info->ats_enabled = 0;
	pci_liveupdate_stop_ats(to_pci_dev(info->dev));
}

static void intel_lu_take_lock(raw_spinlock_t *lock)
{
	if (raw_spin_is_locked(lock))
		raw_spin_lock_init(lock);
}

/*
 * A CPU has interrupts off and holds a lock nearly all the time while it waits for the answer
 * of a deaf device (q_lock), or handles faults of a device that causes them without end
 * (register_lock). Such a CPU is stopped by NMI and never releases the lock. No other CPU runs.
 */
void intel_lu_take_locks(struct intel_iommu *iommu)
{
	intel_lu_take_lock(&iommu->register_lock);
	if (iommu->qi)
		intel_lu_take_lock(&iommu->qi->q_lock);
}

/* CPUs that were stopped free no descriptors. The hardware has fetched all. */
static void intel_lu_reclaim_queue(struct q_inval *qi)
{
	while (qi->free_tail != qi->free_head) {
		qi->desc_status[qi->free_tail] = QI_FREE;
		qi->free_tail = (qi->free_tail + 1) % QI_LENGTH;
		qi->free_cnt++;
	}
}

/*
 * A CPU may have been stopped while it waited for an invalidation. The hardware reports
 * completion to that CPU's memory, so it must do so before the kexec. It takes a
 * descriptor from the queue before the device has answered; a wait descriptor is complete
 * when all before it are. A deaf device delays it until the hardware's own time-out.
 */
void intel_lu_drain_queue(struct intel_iommu *iommu)
{
	static const struct qi_desc none;
	u32 head;

	if (!iommu->qi)
		return;
	if (!readl_poll_timeout_atomic(iommu->reg + DMAR_IQH_REG, head,
				       head == readl(iommu->reg + DMAR_IQT_REG),
				       10, 10 * USEC_PER_MSEC))
		intel_lu_reclaim_queue(iommu->qi);
	qi_submit_sync(iommu, (struct qi_desc *)&none, 0, 0);
}
