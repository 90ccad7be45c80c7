// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: page requests (PRI)
 *
 * Linux enables page requests of each function that has them beside ATS, if its unit has
 * a queue for them (scalable mode). No HWPT that can be preserved handles I/O page faults,
 * so Linux answers each request of a preserved device with a failure.
 *
 * In the gap no kernel reads the queue. No request may be under way then:
 *
 * - Freeze disables page requests in the function and waits until all have been answered
 *   (see pci_liveupdate_stop_pri()). Unfreeze enables them again.
 * - The context entry in the minimal tables does not allow page requests (PRE is clear). If
 *   one came, the hardware itself would answer it, with a failure. PRE has no
 *   part in the translation of any other request.
 * - When the unit uses the minimal tables, the previous kernel waits until the hardware has
 *   written all page requests that it had received. It writes to the queue no more.
 *
 * The next kernel takes the entry over as it is, and leaves page requests of the function
 * off. When the device is finished, PRE is set in its entry, and then page requests are
 * enabled as they are when a device is probed. PRE is one bit, so one store changes it in an
 * entry that is present; Linux 6.11 did so when page requests were first used
 * (context_flip_pri()). The invalidations are those that it made, that of the device's own
 * cache excepted: no translation changes.
 *
 * The interface of a physical function is that of its virtual functions, too. It could be
 * enabled when the last of them is finished only. Such functions are refused.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/pci-liveupdate.h>
#include <linux/pci.h>

#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Context entry in scalable mode, section 9.4 of the specification */
#define INTEL_LU_SM_PRE		BIT_ULL(4)

/* Can @info be preserved as far as page requests are concerned? */
int intel_lu_check_pri(struct device_domain_info *info)
{
	struct pci_dev *pdev = to_pci_dev(info->dev);

	if (info->pri_supported && (pdev->is_virtfn || pci_num_vf(pdev)))
		return iommu_liveupdate_refuse(info->dev, -EOPNOTSUPP,
					       "PRI is shared with virtual functions");
	return 0;
}

/*
 * info->pri_enabled stays set: it says that page requests are to be enabled again. Page requests
 * that firmware or an earlier kernel has left on have no reader now either.
 */
int intel_lu_freeze_pri(struct device_domain_info *info)
{
	struct pci_dev *pdev = to_pci_dev(info->dev);
	int ret;

	if (info->pri_supported && !info->pri_enabled)
		pci_liveupdate_cancel_pri(pdev);
	if (!info->pri_enabled)
		return 0;
	ret = pci_liveupdate_stop_pri(pdev);
	if (ret)
		dev_info_ratelimited(info->dev, "not frozen: page requests do not stop\n");
	return ret;
}

void intel_lu_unfreeze_pri(struct device_domain_info *info)
{
	if (info->pri_enabled)
		pci_liveupdate_restart_pri(to_pci_dev(info->dev));
}

/* The entry that the hardware is left with */
void intel_lu_snapshot_pri(struct device_domain_info *info, struct iommu_vtd_device_ser *vtd)
{
	if (!info->pri_supported)
		return;
	vtd->context[0] &= ~INTEL_LU_SM_PRE;
	vtd->flags |= IOMMU_VTD_SER_PRI;
}

/* Page requests need ATS and scalable mode, and the entry does not allow them. */
bool intel_lu_pri_valid(struct intel_iommu *iommu, const struct iommu_vtd_device_ser *vtd)
{
	if (!sm_supported(iommu))
		return !(vtd->flags & IOMMU_VTD_SER_PRI);
	return !(vtd->context[0] & INTEL_LU_SM_PRE) &&
	       (!(vtd->flags & IOMMU_VTD_SER_PRI) || vtd->flags & IOMMU_VTD_SER_ATS);
}

/* This kernel would use page requests as the previous one did; they are off. */
int intel_lu_compare_pri(struct device_domain_info *info,
			 const struct iommu_vtd_device_ser *vtd)
{
	bool pri = vtd->flags & IOMMU_VTD_SER_PRI;
	int ret = 0;

	if (info->pri_supported != pri)
		ret = -EOPNOTSUPP;
	else if (pri && pci_liveupdate_pri_is_on(to_pci_dev(info->dev)))
		ret = -EPROTO;
	if (ret)
		dev_err(info->dev, "PRI differs from the record\n");
	return ret;
}

/*
 * For a device with page requests that was just probed PRE is set. It is clear in the entry
 * of an incoming device, and there is no entry for an isolated one.
 */
bool intel_liveupdate_may_enable_pri(struct device_domain_info *info)
{
	struct context_entry *context;

	guard(spinlock)(&info->iommu->lock);
	context = iommu_context_addr(info->iommu, info->bus, info->devfn, false);
	return context && context->lo & INTEL_LU_SM_PRE;
}

static void intel_lu_set_pre(struct device_domain_info *info)
{
	struct intel_iommu *iommu = info->iommu;
	struct context_entry *context;

	scoped_guard(spinlock, &iommu->lock) {
		context = iommu_context_addr(iommu, info->bus, info->devfn, false);
		if (!context || !context_present(context))
			return;
		WRITE_ONCE(context->lo, context->lo | INTEL_LU_SM_PRE);
		__iommu_flush_cache(iommu, context, intel_lu_context_size(iommu));
	}
	iommu_flush_write_buffer(iommu);
	intel_lu_flush_all(iommu);
}

/* An adopted or moved device is finished: page requests are as those of any other device. */
void intel_lu_finish_pri(struct device_domain_info *info)
{
	if (!info->pri_supported)
		return;
	intel_lu_set_pre(info);
	iommu_enable_pci_pri(info);
}

/* The device is blocked, and its ATS is still enabled. */
void intel_lu_cancel_pri(struct device_domain_info *info)
{
	info->pri_enabled = 0;
	pci_liveupdate_cancel_pri(to_pci_dev(info->dev));
}

/*
 * The hardware answers page requests of all devices that have no entry, and of those whose
 * entry does not allow them. Requests that it had received before are in the queue when
 * it says so; the queue is memory of this kernel.
 */
void intel_lu_leave_queue(struct intel_iommu *iommu)
{
	static const struct qi_desc none;

	if (!iommu->prq)
		return;
	if (ecap_pds(iommu->ecap))
		qi_submit_sync(iommu, (struct qi_desc *)&none, 0, QI_OPT_WAIT_DRAIN);
	writel(DMA_PRS_PPR | DMA_PRS_PRO, iommu->reg + DMAR_PRS_REG);
}
