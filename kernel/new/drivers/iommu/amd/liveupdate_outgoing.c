// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: AMD-Vi live update: outgoing units
 *
 * A request reaches a page table through the device table, which all units of a PCI
 * segment share. Its address cannot be changed safely while a unit is on, so it is
 * preserved, and both kernels use it. The last act of the previous kernel is to edit
 * it in place (amd_liveupdate_shutdown()): the entry of a preserved device keeps its
 * DMA half, every other entry blocks DMA, and all entries block interrupts. Then
 * iommu_disable() ends the command buffer and the logs that the unit writes to
 * memory, and leaves the unit on.
 *
 * An entry has 256 bits, which the hardware reads at once, and a store writes half of
 * it. Each half is complete by itself: one is for DMA, and the other one, for
 * interrupts, has the number of levels of a guest page table as its only DMA field.
 *
 * Locking: amd_lu_mutex protects the list of segments. Shutdown runs alone, with the
 * other CPUs stopped.
 */
#include <linux/cc_platform.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iopoll.h>
#include <linux/kexec_handover.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <asm/iommu.h>

#include "../irq_remapping.h"
#include "amd_iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* Bits of the status register: the unit may write to memory. Bit 4: CmdBufRun */
#define AMD_LU_STATUS_RUN	(BIT(4) | MMIO_STATUS_EVT_RUN_MASK | \
				 MMIO_STATUS_PPR_RUN_MASK | MMIO_STATUS_GALOG_RUN_MASK)

/* A PCI segment with preserved devices */
struct amd_lu_segment {
	struct list_head item;
	struct amd_iommu_pci_seg *pci_seg;
	/* Device ids whose entries keep their DMA half at shutdown */
	unsigned long *frozen;
	unsigned int nr_devices;
};

/* Protects amd_lu_segments and the segments in it */
static DEFINE_MUTEX(amd_lu_mutex);
static LIST_HEAD(amd_lu_segments);

static struct amd_lu_segment *amd_lu_find_segment(struct amd_iommu *iommu)
{
	struct amd_lu_segment *segment;

	list_for_each_entry(segment, &amd_lu_segments, item) {
		if (segment->pci_seg == iommu->pci_seg)
			return segment;
	}
	return NULL;
}

static struct folio *amd_lu_table_folio(struct amd_lu_segment *segment)
{
	return virt_to_folio(segment->pci_seg->dev_table);
}

static int amd_lu_get_segment(struct amd_iommu *iommu)
{
	struct amd_lu_segment *segment = amd_lu_find_segment(iommu);
	int ret;

	if (segment) {
		segment->nr_devices++;
		return 0;
	}

	segment = kzalloc_obj(*segment);
	if (!segment)
		return -ENOMEM;
	segment->pci_seg = iommu->pci_seg;
	segment->nr_devices = 1;
	segment->frozen = bitmap_zalloc(iommu->pci_seg->last_bdf + 1, GFP_KERNEL);
	ret = segment->frozen ? kho_preserve_folio(amd_lu_table_folio(segment)) : -ENOMEM;
	if (ret) {
		bitmap_free(segment->frozen);
		kfree(segment);
		return ret;
	}
	list_add_tail(&segment->item, &amd_lu_segments);
	return 0;
}

static void amd_lu_put_segment(struct amd_iommu *iommu)
{
	struct amd_lu_segment *segment = amd_lu_find_segment(iommu);

	if (--segment->nr_devices)
		return;
	kho_unpreserve_folio(amd_lu_table_folio(segment));
	list_del(&segment->item);
	bitmap_free(segment->frozen);
	kfree(segment);
}

static int amd_lu_check_alias(struct pci_dev *pdev, u16 alias, void *arg)
{
	return alias == pci_dev_id(pdev) && &pdev->dev == arg ? 0 : -EXDEV;
}

static int amd_lu_check_device(struct iommu_dev_data *dev_data,
			       struct protection_domain *pdom)
{
	struct amd_iommu *iommu = get_amd_iommu_from_dev_data(dev_data);
	struct device *dev = dev_data->dev;

	if (!irq_remapping_enabled)
		return iommu_liveupdate_refuse(dev, -EOPNOTSUPP,
					       "IOMMU does not remap interrupts");
	if (amd_iommu_snp_en || cc_platform_has(CC_ATTR_HOST_MEM_ENCRYPT))
		return iommu_liveupdate_refuse(dev, -EOPNOTSUPP,
					       "memory encryption of the host is on");
	if (iommu->pci_seg->alias_table[dev_data->devid] != dev_data->devid ||
	    pci_for_each_dma_alias(to_pci_dev(dev), amd_lu_check_alias, dev))
		return iommu_liveupdate_refuse(dev, -EXDEV,
					       "DMA uses another requester ID");
	if (amd_lu_uses_ats(dev_data))
		return iommu_liveupdate_refuse(dev, -EOPNOTSUPP,
					       "device and AMD-Vi support ATS");
	if (pdom->pd_mode != PD_MODE_V1)
		return iommu_liveupdate_refuse(dev, -EOPNOTSUPP,
					       "page table has the guest (v2) format");
	return 0;
}

static void amd_lu_identify_unit(struct iommu_device *iommu_dev,
				 struct iommu_unit_ser *unit)
{
	struct amd_iommu *iommu = to_amd_iommu(iommu_dev);

	unit->segment = iommu->pci_seg->id;
	unit->reg_base = iommu->mmio_phys;
}

static int amd_lu_preserve_device(struct device *dev, struct iommu_domain *domain,
				  struct iommu_device_ser *ser)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);
	int ret;

	ret = amd_lu_check_device(dev_data, to_pdomain(domain));
	if (ret)
		return ret;
	guard(mutex)(&amd_lu_mutex);
	return amd_lu_get_segment(get_amd_iommu_from_dev_data(dev_data));
}

static void amd_lu_unpreserve_device(struct device *dev, struct iommu_device_ser *ser)
{
	guard(mutex)(&amd_lu_mutex);
	amd_lu_put_segment(get_amd_iommu_from_dev(dev));
}

static int amd_lu_freeze_device(struct device *dev, struct iommu_device_ser *ser,
				struct iommu_unit_ser *unit)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);
	struct iommu_amd_unit_ser *unit_hw = amd_lu_unit_hw(unit);
	struct iommu_amd_device_ser *hw = amd_lu_device_hw(ser);
	struct amd_iommu *iommu = get_amd_iommu_from_dev(dev);
	struct dev_table_entry *entry = &get_dev_table(iommu)[dev_data->devid];
	struct amd_lu_segment *segment;

	guard(mutex)(&amd_lu_mutex);
	segment = amd_lu_find_segment(iommu);
	if (!segment || !dev_data->domain || !amd_lu_points_to(dev_data->domain, entry->data))
		return -EINVAL;
	hw->dte[0] = entry->data[0];
	hw->dte[1] = entry->data[1];
	hw->domid = FIELD_GET(DTE_DOMID_MASK, entry->data[1]);
	unit_hw->dev_table = virt_to_phys(iommu->pci_seg->dev_table);
	unit_hw->dev_table_bytes = iommu->pci_seg->dev_table_size;
	__set_bit(dev_data->devid, segment->frozen);
	return 0;
}

static void amd_lu_unfreeze_device(struct device *dev)
{
	struct iommu_dev_data *dev_data = dev_iommu_priv_get(dev);

	guard(mutex)(&amd_lu_mutex);
	__clear_bit(dev_data->devid, amd_lu_find_segment(get_amd_iommu_from_dev(dev))->frozen);
}

/* A device behind the unit is frozen. */
static bool amd_lu_is_frozen(struct amd_iommu *iommu, struct amd_lu_segment *segment)
{
	struct amd_iommu_pci_seg *pci_seg = iommu->pci_seg;
	unsigned int devid;

	for_each_set_bit(devid, segment->frozen, pci_seg->last_bdf + 1) {
		if (pci_seg->rlookup_table[devid] == iommu)
			return true;
	}
	return false;
}

/*
 * A CPU has interrupts off and holds the lock nearly all the time while it waits for room in
 * the command buffer, which a deaf device with ATS keeps full. Such a CPU is stopped by NMI
 * and never releases the lock. No other CPU runs.
 */
static void amd_lu_take_lock(struct amd_iommu *iommu)
{
	if (raw_spin_is_locked(&iommu->lock))
		raw_spin_lock_init(&iommu->lock);
}

/**
 * amd_liveupdate_shutdown() - Make a unit translate for preserved devices only
 * @iommu: The unit. It still executes commands.
 *
 * Context: Last part of kexec, other CPUs are stopped and interrupts are off. Does
 * nothing at other times.
 */
void amd_liveupdate_shutdown(struct amd_iommu *iommu)
{
	struct amd_lu_segment *segment = amd_lu_find_segment(iommu);
	struct dev_table_entry *table;
	unsigned int devid;

	if (!segment || !amd_lu_is_frozen(iommu, segment))
		return;
	amd_lu_take_lock(iommu);
	table = get_dev_table(iommu);
	for (devid = 0; devid <= iommu->pci_seg->last_bdf; devid++) {
		if (!test_bit(devid, segment->frozen))
			amd_lu_store_half(&table[devid], 0, AMD_LU_DTE_BLOCKED, 0);
		amd_lu_store_half(&table[devid], 1, AMD_LU_DTE_NO_INTERRUPTS, 0);
	}
	amd_iommu_flush_all_caches(iommu);
}

/**
 * amd_liveupdate_stays_on() - Decide if a unit stays on
 * @iommu: The unit. Its command buffer and its logs were turned off.
 *
 * Context: As iommu_disable().
 * Return: True if the unit translates for preserved or incoming devices. It does not
 * write to memory any more.
 */
bool amd_liveupdate_stays_on(struct amd_iommu *iommu)
{
	struct amd_lu_segment *segment = amd_lu_find_segment(iommu);
	u32 status;

	if (!(segment && amd_lu_is_frozen(iommu, segment)) &&
	    !(iommu->flags & AMD_IOMMU_FLAG_INCOMING))
		return false;
	readl_poll_timeout_atomic(iommu->mmio_base + MMIO_STATUS_OFFSET, status,
				  !(status & AMD_LU_STATUS_RUN),
				  10, 10 * USEC_PER_MSEC);
	return true;
}

static bool amd_lu_tracks_dirty(struct iommu_domain *domain)
{
	return to_pdomain(domain)->dirty_tracking;
}

const struct iommu_liveupdate_ops amd_liveupdate_ops = {
	.hw_kind = IOMMU_HW_SER_AMD,
	.hw_version = IOMMU_RECORD_AMD_VERSION,
	.unit_hw_size = sizeof(struct iommu_amd_unit_ser),
	.device_hw_size = sizeof(struct iommu_amd_device_ser),
	.identify_unit = amd_lu_identify_unit,
	.preserve_device = amd_lu_preserve_device,
	.unpreserve_device = amd_lu_unpreserve_device,
	.freeze_device = amd_lu_freeze_device,
	.unfreeze_device = amd_lu_unfreeze_device,
	.same_mode = amd_lu_same_mode,
	.unit_valid = amd_lu_unit_valid,
	.entry_valid = amd_lu_entry_valid,
	.domain_id = amd_lu_domain_id,
	.accept_entry = amd_lu_accept_entry,
	.reserve_id = amd_lu_reserve_id,
	.block_entry = amd_lu_block_entry,
	.alloc_domain = amd_lu_alloc_domain,
	.attach_device = amd_lu_attach_device,
	.isolate_device = amd_lu_isolate_device,
	.tracks_dirty = amd_lu_tracks_dirty,
	.may_replace = amd_lu_may_replace,
};
