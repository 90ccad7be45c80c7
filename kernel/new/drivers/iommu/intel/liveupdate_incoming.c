// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: incoming units
 *
 * The unit translates with the minimal tables of the previous kernel (see
 * liveupdate_outgoing.c). The IOMMU core decides which devices are valid and calls
 * the functions below: they compare a record with the hardware's tables, copy a
 * context entry, bit for bit, into the tables that this kernel has allocated, and
 * reserve a domain id. Then init_dmars() sets the root pointer as at any boot. From
 * then on every table of the unit is this kernel's own. The PASID directories and
 * tables of incoming devices, and all that they point to, stay in use (see
 * liveupdate_attach.c).
 */
#include <linux/init.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/kho_record.h>
#include <linux/pci.h>

#include "../iommu-pages.h"
#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

/* The mode cannot change while translation is on. */
bool intel_lu_same_mode(struct iommu_device *iommu_dev)
{
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);
	u64 root = readq(iommu->reg + DMAR_RTADDR_REG);

	return !!(root & DMA_RTADDR_SMT) == !!sm_supported(iommu);
}

/**
 * intel_liveupdate_keep_translation() - Decide if a unit stays on
 * @iommu: A unit that was found translating.
 *
 * Context: Boot, before the unit's tables are allocated.
 * Return: True if translation must not be turned off.
 */
bool intel_liveupdate_keep_translation(struct intel_iommu *iommu)
{
	if (!iommu_liveupdate_keep_translation(&iommu->iommu, iommu->name,
					       &intel_liveupdate_ops))
		return false;
	/* kdump's way to take tables over does not apply. */
	iommu->flags &= ~VTD_FLAG_TRANS_PRE_ENABLED;
	return true;
}

/**
 * intel_liveupdate_take_over_unit() - Copy the entries of incoming devices
 * @iommu: A unit whose root table was just allocated, and is not used yet.
 *
 * Context: Boot.
 */
void intel_liveupdate_take_over_unit(struct intel_iommu *iommu)
{
	iommu_liveupdate_take_over_unit(&iommu->iommu, iommu->name, &intel_liveupdate_ops);
}

/**
 * intel_liveupdate_block_unit() - Keep a unit on that this kernel does not use
 * @iommu: A unit that this kernel ignores, or has failed to set up.
 *
 * The unit gets an empty root table, which is never freed. No table that it used
 * before may be freed either.
 *
 * Context: Boot.
 * Return: False if the unit has no incoming devices; it is turned off then.
 */
bool intel_liveupdate_block_unit(struct intel_iommu *iommu)
{
	if (!(readl(iommu->reg + DMAR_GSTS_REG) & DMA_GSTS_TES) ||
	    !iommu_liveupdate_isolate_unit(&iommu->iommu, iommu->name, &intel_liveupdate_ops))
		return false;
	iommu->root_entry = iommu_alloc_pages_node_sz(iommu->node, GFP_ATOMIC, SZ_4K);
	if (!iommu->root_entry) {
		pr_err("%s: no memory to block its devices\n", iommu->name);
		return true;
	}
	__iommu_flush_cache(iommu, iommu->root_entry, SZ_4K);
	intel_iommu_init_qi(iommu);
	iommu_flush_write_buffer(iommu);
	iommu_set_root_entry(iommu);
	return true;
}

bool intel_lu_unit_valid(struct iommu_device *iommu_dev, const struct iommu_unit_ser *ser)
{
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);
	u64 root = intel_lu_unit_hw(ser)->root, ir_table = intel_lu_unit_hw(ser)->ir_table;

	if (ir_table && (!PAGE_ALIGNED(ir_table) || !kho_restorable(ir_table, VTD_PAGE_SIZE)))
		return false;
	return iommu->gcmd & DMA_GCMD_TE && readq(iommu->reg + DMAR_RTADDR_REG) == root &&
	       kho_restorable(root & VTD_PAGE_MASK, VTD_PAGE_SIZE);
}

static bool intel_lu_pasid_tables_valid(const struct iommu_vtd_device_ser *vtd)
{
	unsigned int i;
	u64 *dir, pde;

	if (vtd->context[0] >> PAGE_SHIFT != vtd->pasid_dir >> PAGE_SHIFT ||
	    !is_power_of_2(vtd->pasid_dir_bytes) || vtd->pasid_dir_bytes < PAGE_SIZE ||
	    vtd->pasid_dir_bytes > PASID_MAX >> 3 ||
	    !kho_restorable(vtd->pasid_dir, vtd->pasid_dir_bytes))
		return false;

	dir = phys_to_virt(vtd->pasid_dir);
	for (i = 0; i < vtd->pasid_dir_bytes / sizeof(*dir); i++) {
		if (dir[i] & PASID_PTE_PRESENT && !kho_restorable(dir[i] & PDE_PFN_MASK, SZ_4K))
			return false;
	}
	pde = dir[0];
	if (!(pde & PASID_PTE_PRESENT))
		return false;
	return !memcmp(phys_to_virt(pde & PDE_PFN_MASK), vtd->pasid, sizeof(vtd->pasid)) &&
	       vtd->pasid[0] & PASID_PTE_PRESENT && (vtd->pasid[1] & 0xffff) == vtd->did;
}

bool intel_lu_entry_valid(struct iommu_device *iommu_dev, const struct iommu_unit_ser *unit,
			  const struct iommu_device_ser *ser)
{
	struct root_entry *root = phys_to_virt(intel_lu_unit_hw(unit)->root & VTD_PAGE_MASK);
	const struct iommu_vtd_device_ser *vtd = intel_lu_device_hw(ser);
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);
	u8 bus = PCI_BUS_NUM(ser->bdf), devfn = ser->bdf & 0xff;
	u64 slot = *intel_lu_root_slot(iommu, root, bus, devfn);

	if (ser->segment != iommu->segment || vtd->flags & ~IOMMU_VTD_SER_FLAGS ||
	    vtd->did < IDA_START_DID || vtd->did >= cap_ndoms(iommu->cap))
		return false;
	if (!(slot & 1) || !kho_restorable(slot & VTD_PAGE_MASK, VTD_PAGE_SIZE))
		return false;
	if (!(vtd->context[0] & 1) ||
	    memcmp(intel_lu_context_slot(iommu, root, bus, devfn), vtd->context,
		   intel_lu_context_size(iommu)))
		return false;
	if (!intel_lu_ats_valid(iommu, vtd) || !intel_lu_pri_valid(iommu, vtd))
		return false;
	if (sm_supported(iommu))
		return intel_lu_pasid_tables_valid(vtd) && intel_lu_pasids_valid(iommu, ser);
	return (vtd->context[1] >> 8 & 0xffff) == vtd->did && !ser->nr_pasids;
}

u32 intel_lu_domain_id(const struct iommu_device_ser *ser)
{
	return intel_lu_device_hw(ser)->did;
}

int intel_lu_copy_entry(struct iommu_device *iommu_dev, const struct iommu_device_ser *ser)
{
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);
	size_t size = intel_lu_context_size(iommu);
	struct context_entry *context;

	guard(spinlock)(&iommu->lock);
	context = iommu_context_addr(iommu, PCI_BUS_NUM(ser->bdf), ser->bdf & 0xff, true);
	if (!context)
		return -ENOMEM;
	memcpy(context, intel_lu_device_hw(ser)->context, size);
	__iommu_flush_cache(iommu, context, size);
	return 0;
}

int intel_lu_reserve_id(struct iommu_device *iommu_dev, u32 id)
{
	struct intel_iommu *iommu = to_intel_iommu(iommu_dev);
	int ret = ida_alloc_range(&iommu->domain_ida, id, id, GFP_KERNEL);

	return ret < 0 && ret != -ENOSPC ? ret : 0;
}

void intel_lu_flush_all(struct intel_iommu *iommu)
{
	iommu->flush.flush_context(iommu, 0, 0, 0, DMA_CCMD_GLOBAL_INVL);
	if (sm_supported(iommu))
		qi_flush_pasid_cache(iommu, 0, QI_PC_GLOBAL, 0);
	iommu->flush.flush_iotlb(iommu, 0, 0, 0, DMA_TLB_GLOBAL_FLUSH);
}

/*
 * The hardware reads an entry in several accesses. So the present bit goes first,
 * and the rest when no cache has the entry any more.
 */
void intel_lu_clear_context(struct intel_iommu *iommu, u8 bus, u8 devfn)
{
	struct context_entry *context;

	scoped_guard(spinlock, &iommu->lock) {
		context = iommu_context_addr(iommu, bus, devfn, false);
		if (!context)
			return;
		WRITE_ONCE(context->lo, context->lo & ~1ull);
		__iommu_flush_cache(iommu, context, intel_lu_context_size(iommu));
	}
	intel_lu_flush_all(iommu);
	scoped_guard(spinlock, &iommu->lock) {
		memset(context, 0, intel_lu_context_size(iommu));
		__iommu_flush_cache(iommu, context, intel_lu_context_size(iommu));
	}
}

void intel_lu_block_entry(struct iommu_device *iommu, const struct iommu_device_ser *ser)
{
	intel_lu_clear_context(to_intel_iommu(iommu), PCI_BUS_NUM(ser->bdf), ser->bdf & 0xff);
}

static void intel_lu_free_table(u64 entry)
{
	phys_addr_t phys = entry & VTD_PAGE_MASK;

	if (entry & 1 && kho_restorable(phys, VTD_PAGE_SIZE))
		kho_restore_free(phys_to_virt(phys));
}

/*
 * The unit does not use the minimal tables since this kernel set its root pointer. It
 * may use the empty interrupt remapping table if it is not used by this kernel.
 */
void intel_lu_finish_unit(struct iommu_device *iommu, const struct iommu_unit_ser *ser)
{
	struct root_entry *root = phys_to_virt(intel_lu_unit_hw(ser)->root & VTD_PAGE_MASK);
	u64 irta = readq(to_intel_iommu(iommu)->reg + DMAR_IRTA_REG);
	u64 ir_table = intel_lu_unit_hw(ser)->ir_table;
	unsigned int bus;

	if (ir_table && (irta & VTD_PAGE_MASK) != ir_table)
		kho_restore_free(phys_to_virt(ir_table));

	for (bus = 0; bus < INTEL_LU_BUSES; bus++) {
		intel_lu_free_table(root[bus].lo);
		intel_lu_free_table(root[bus].hi);
	}
	kho_restore_free(root);
}

static int __init intel_lu_init(void)
{
	kho_record_register_layout(KHO_RECORD_LAYOUT("iommu-vtd", IOMMU_RECORD_VTD_VERSION));
	return 0;
}
fs_initcall_sync(intel_lu_init);
