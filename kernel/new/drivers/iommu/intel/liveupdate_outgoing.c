// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: outgoing units
 *
 * A request reaches a page table through the root table, a context table and, in
 * scalable mode, a PASID directory and a PASID table. The root and context tables of
 * a running kernel have entries for all devices and are not preserved. The previous
 * kernel builds a *minimal* root table and minimal context tables with the entries
 * of preserved devices only, in memory that KHO preserves. Its last act is to make
 * the unit use these tables (intel_liveupdate_shutdown()), with translation on: the
 * root table pointer may change if requests in flight translate to the same
 * addresses with the old and the new tables, and they do (VT-d specification,
 * description of the command "Set Root Table Pointer"). From then on no other
 * device reaches memory through the unit.
 *
 * PASID directories and tables belong to one device each. They are preserved in
 * place. Domain ids are part of PASID and context entries and are preserved too.
 *
 * Locking: intel_lu_mutex protects the list of units. Shutdown runs alone, with the
 * other CPUs stopped.
 */
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

/* A unit with preserved devices, and the tables that it uses across the kexec */
struct intel_lu_unit {
	struct list_head item;
	struct intel_iommu *iommu;
	struct root_entry *root;
	void *ir_table;
	unsigned int nr_devices;
	unsigned int nr_frozen;
};

/* Protects intel_lu_units and the units in it */
static DEFINE_MUTEX(intel_lu_mutex);
static LIST_HEAD(intel_lu_units);

static struct intel_lu_unit *intel_lu_find_unit(struct intel_iommu *iommu)
{
	struct intel_lu_unit *unit;

	list_for_each_entry(unit, &intel_lu_units, item) {
		if (unit->iommu == iommu)
			return unit;
	}
	return NULL;
}

static int intel_lu_alloc_tables(struct intel_lu_unit *unit)
{
	unit->root = kho_alloc_preserve(VTD_PAGE_SIZE);
	if (IS_ERR(unit->root))
		return PTR_ERR(unit->root);
	unit->ir_table = kho_alloc_preserve(VTD_PAGE_SIZE);
	if (IS_ERR(unit->ir_table)) {
		kho_unpreserve_free(unit->root);
		return PTR_ERR(unit->ir_table);
	}
	return 0;
}

static struct intel_lu_unit *intel_lu_get_unit(struct intel_iommu *iommu)
{
	struct intel_lu_unit *unit = intel_lu_find_unit(iommu);
	int ret;

	if (unit) {
		unit->nr_devices++;
		return unit;
	}

	unit = kzalloc_obj(*unit);
	if (!unit)
		return ERR_PTR(-ENOMEM);
	ret = intel_lu_alloc_tables(unit);
	if (ret) {
		kfree(unit);
		return ERR_PTR(ret);
	}
	unit->iommu = iommu;
	unit->nr_devices = 1;
	list_add_tail(&unit->item, &intel_lu_units);
	return unit;
}

static void intel_lu_put_unit(struct intel_lu_unit *unit)
{
	unsigned int bus;

	if (--unit->nr_devices)
		return;
	for (bus = 0; bus < INTEL_LU_BUSES; bus++) {
		if (unit->root[bus].lo & 1)
			kho_unpreserve_free(phys_to_virt(unit->root[bus].lo & VTD_PAGE_MASK));
		if (unit->root[bus].hi & 1)
			kho_unpreserve_free(phys_to_virt(unit->root[bus].hi & VTD_PAGE_MASK));
	}
	kho_unpreserve_free(unit->ir_table);
	kho_unpreserve_free(unit->root);
	list_del(&unit->item);
	kfree(unit);
}

static int intel_lu_alloc_context_table(struct intel_lu_unit *unit, u8 bus, u8 devfn)
{
	u64 *entry = intel_lu_root_slot(unit->iommu, unit->root, bus, devfn);
	void *table;

	if (*entry & 1)
		return 0;
	table = kho_alloc_preserve(VTD_PAGE_SIZE);
	if (IS_ERR(table))
		return PTR_ERR(table);
	__iommu_flush_cache(unit->iommu, table, VTD_PAGE_SIZE);
	*entry = virt_to_phys(table) | 1;
	return 0;
}

static void intel_lu_write_context(struct intel_lu_unit *unit, u8 bus, u8 devfn,
				   const u64 *value)
{
	u64 *entry = intel_lu_context_slot(unit->iommu, unit->root, bus, devfn);
	size_t size = intel_lu_context_size(unit->iommu);

	memcpy(entry, value, size);
	__iommu_flush_cache(unit->iommu, entry, size);
	__iommu_flush_cache(unit->iommu, unit->root, VTD_PAGE_SIZE);
}

static void intel_lu_unpreserve_pasid_tables(struct pasid_table *table, int nr)
{
	struct pasid_dir_entry *dir = table->table;

	while (nr--) {
		struct pasid_entry *entries = get_pasid_table_from_pde(&dir[nr]);

		if (entries)
			kho_unpreserve_folio(virt_to_folio(entries));
	}
	kho_unpreserve_folio(virt_to_folio(dir));
}

static int intel_lu_preserve_pasid_tables(struct pasid_table *table)
{
	struct pasid_dir_entry *dir = table->table;
	int i, ret;

	ret = kho_preserve_folio(virt_to_folio(dir));
	if (ret)
		return ret;
	for (i = 0; i < table->max_pasid >> PASID_PDE_SHIFT; i++) {
		struct pasid_entry *entries = get_pasid_table_from_pde(&dir[i]);

		ret = entries ? kho_preserve_folio(virt_to_folio(entries)) : 0;
		if (ret) {
			intel_lu_unpreserve_pasid_tables(table, i);
			return ret;
		}
	}
	return 0;
}

static int intel_lu_check_alias(struct pci_dev *pdev, u16 alias, void *arg)
{
	return alias == pci_dev_id(pdev) && &pdev->dev == arg ? 0 : -EXDEV;
}

static int intel_lu_check_device(struct device_domain_info *info,
				 const struct iommu_device_ser *ser)
{
	struct pasid_table *table = info->pasid_table;
	struct device *dev = info->dev;

	if (dev_is_real_dma_subdevice(dev) ||
	    pci_for_each_dma_alias(to_pci_dev(dev), intel_lu_check_alias, dev))
		return iommu_liveupdate_refuse(dev, -EXDEV,
					       "DMA uses another requester ID");
	if (table && !intel_lu_pasids_recorded(table->table, table->max_pasid, ser))
		return iommu_liveupdate_refuse(dev, -EBUSY,
					       "the IOMMU has entries for PASIDs that are not attached");
	return intel_lu_check_pri(info) ?: intel_lu_check_ats(info);
}

static void intel_lu_identify_unit(struct iommu_device *iommu_dev,
				   struct iommu_unit_ser *unit)
{
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);

	unit->segment = iommu->segment;
	unit->reg_base = iommu->reg_phys;
}

static int intel_lu_preserve_device(struct device *dev, struct iommu_domain *domain,
				    struct iommu_device_ser *ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct intel_lu_unit *unit;
	int ret;

	ret = intel_lu_check_device(info, ser);
	if (ret)
		return ret;

	mutex_lock(&intel_lu_mutex);
	unit = intel_lu_get_unit(info->iommu);
	if (IS_ERR(unit)) {
		ret = PTR_ERR(unit);
		goto out_unlock;
	}
	ret = intel_lu_alloc_context_table(unit, info->bus, info->devfn);
	if (ret)
		goto out_put_unit;
	ret = info->pasid_table ? intel_lu_preserve_pasid_tables(info->pasid_table) : 0;
	if (ret)
		goto out_put_unit;
	mutex_unlock(&intel_lu_mutex);
	return 0;

out_put_unit:
	intel_lu_put_unit(unit);
out_unlock:
	mutex_unlock(&intel_lu_mutex);
	return ret;
}

static void intel_lu_unpreserve_device(struct device *dev, struct iommu_device_ser *ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);

	guard(mutex)(&intel_lu_mutex);
	if (info->pasid_table)
		intel_lu_unpreserve_pasid_tables(info->pasid_table,
						 info->pasid_table->max_pasid >> PASID_PDE_SHIFT);
	intel_lu_put_unit(intel_lu_find_unit(info->iommu));
}

static void intel_lu_snapshot(struct device_domain_info *info, struct iommu_device_ser *ser)
{
	struct iommu_vtd_device_ser *vtd = intel_lu_device_hw(ser);
	struct intel_iommu *iommu = info->iommu;
	struct pasid_dir_entry *dir;
	struct pasid_entry *entries;

	memset(vtd, 0, sizeof(*vtd));
	guard(spinlock)(&iommu->lock);
	memcpy(vtd->context,
	       intel_lu_context_slot(iommu, iommu->root_entry, info->bus, info->devfn),
	       intel_lu_context_size(iommu));
	vtd->did = domain_id_iommu(info->domain, iommu);
	if (info->domain->force_snooping)
		vtd->flags |= IOMMU_VTD_SER_FORCE_SNOOPING;
	if (info->ats_enabled)
		vtd->flags |= IOMMU_VTD_SER_ATS;
	if (info->pasid_enabled)
		vtd->flags |= IOMMU_VTD_SER_PASID;
	intel_lu_snapshot_pri(info, vtd);
	if (!info->pasid_table)
		return;

	dir = info->pasid_table->table;
	vtd->pasid_dir = virt_to_phys(dir);
	vtd->pasid_dir_bytes = info->pasid_table->max_pasid >> 3;
	entries = get_pasid_table_from_pde(&dir[0]);
	if (entries)
		memcpy(vtd->pasid, &entries[IOMMU_NO_PASID], sizeof(vtd->pasid));
	intel_lu_snapshot_pasids(info, ser);
}

static int intel_lu_freeze_device(struct device *dev, struct iommu_device_ser *ser,
				  struct iommu_unit_ser *unit_ser)
{
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct pasid_table *table = info->pasid_table;
	struct intel_lu_unit *unit;
	int ret;

	guard(mutex)(&intel_lu_mutex);
	unit = intel_lu_find_unit(info->iommu);
	if (!unit || !info->domain || !info->domain_attached ||
	    (table && !intel_lu_pasids_recorded(table->table, table->max_pasid, ser)))
		return -EINVAL;
	ret = intel_lu_freeze_pri(info);
	if (ret)
		return ret;
	intel_lu_snapshot(info, ser);
	intel_lu_write_context(unit, info->bus, info->devfn, intel_lu_device_hw(ser)->context);
	intel_lu_unit_hw(unit_ser)->root = virt_to_phys(unit->root) |
		(sm_supported(info->iommu) ? DMA_RTADDR_SMT : 0);
	intel_lu_unit_hw(unit_ser)->ir_table = virt_to_phys(unit->ir_table);
	unit->nr_frozen++;
	return 0;
}

static void intel_lu_unfreeze_device(struct device *dev)
{
	static const u64 clear[4];
	struct device_domain_info *info = dev_iommu_priv_get(dev);
	struct intel_lu_unit *unit;

	guard(mutex)(&intel_lu_mutex);
	unit = intel_lu_find_unit(info->iommu);
	intel_lu_write_context(unit, info->bus, info->devfn, clear);
	intel_lu_unfreeze_pri(info);
	unit->nr_frozen--;
}

/* No interrupt of the unit before the next kernel has set it up. */
static void intel_lu_mask_events(struct intel_iommu *iommu)
{
	writel(DMA_FECTL_IM, iommu->reg + DMAR_FECTL_REG);
	if (ecap_prs(iommu->ecap))
		writel(DMA_FECTL_IM, iommu->reg + DMAR_PECTL_REG);
	if (ecap_pms(iommu->ecap))
		writel(DMA_FECTL_IM, iommu->reg + DMAR_PERFINTRCTL_REG);
}

/**
 * intel_liveupdate_take_locks() - Take a unit from CPUs that were stopped
 * @iommu: The unit.
 *
 * Context: As intel_liveupdate_shutdown().
 */
void intel_liveupdate_take_locks(struct intel_iommu *iommu)
{
	struct intel_lu_unit *unit = intel_lu_find_unit(iommu);

	if (unit && unit->nr_frozen)
		intel_lu_take_locks(iommu);
}

/**
 * intel_liveupdate_shutdown() - Leave a unit on for the next kernel
 * @iommu: The unit.
 *
 * Context: Last part of kexec; other CPUs are stopped, interrupts are off.
 * Return: True if the unit now translates for preserved devices, and for these
 * only; it must stay on. False if it has no preserved device.
 */
bool intel_liveupdate_shutdown(struct intel_iommu *iommu)
{
	struct intel_lu_unit *unit = intel_lu_find_unit(iommu);

	if (!unit || !unit->nr_frozen)
		return false;

	intel_lu_mask_events(iommu);
	intel_lu_drain_queue(iommu);
	__iommu_flush_cache(iommu, unit->ir_table, VTD_PAGE_SIZE);
	iommu->root_entry = unit->root;
	iommu_flush_write_buffer(iommu);
	iommu_set_root_entry(iommu);
	intel_lu_leave_queue(iommu);
	intel_lu_park_irqs(iommu, unit->ir_table);
	return true;
}

static bool intel_lu_tracks_dirty(struct iommu_domain *domain)
{
	return to_dmar_domain(domain)->dirty_tracking;
}

const struct iommu_liveupdate_ops intel_liveupdate_ops = {
	.hw_kind = IOMMU_HW_SER_VTD,
	.hw_version = IOMMU_RECORD_VTD_VERSION,
	.unit_hw_size = sizeof(struct iommu_vtd_unit_ser),
	.device_hw_size = sizeof(struct iommu_vtd_device_ser),
	.identify_unit = intel_lu_identify_unit,
	.preserve_device = intel_lu_preserve_device,
	.unpreserve_device = intel_lu_unpreserve_device,
	.freeze_device = intel_lu_freeze_device,
	.unfreeze_device = intel_lu_unfreeze_device,
	.same_mode = intel_lu_same_mode,
	.unit_valid = intel_lu_unit_valid,
	.entry_valid = intel_lu_entry_valid,
	.domain_id = intel_lu_domain_id,
	.pasid_domain_id = intel_lu_pasid_domain_id,
	.accept_entry = intel_lu_copy_entry,
	.reserve_id = intel_lu_reserve_id,
	.block_entry = intel_lu_block_entry,
	.finish_unit = intel_lu_finish_unit,
	.alloc_domain = intel_lu_alloc_domain,
	.attach_device = intel_lu_attach_device,
	.attach_pasid = intel_lu_attach_pasid,
	.drop_pasid = intel_lu_drop_pasid,
	.isolate_device = intel_lu_isolate_device,
	.finish_device = intel_lu_finish_device,
	.tracks_dirty = intel_lu_tracks_dirty,
	.may_replace = intel_lu_may_replace,
};
