// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update on VT-d, the new kernel's side
 *
 * The unit is found translating, through the minimal tables of the old kernel
 * (see liveupdate_outgoing.c). While it goes on the entries of the devices that come in
 * are copied, bit for bit, into the root and context tables that this kernel
 * makes for itself, and their domain ids are reserved. Then the root pointer is
 * set at the place where it always is. Every table of the unit is this kernel's
 * own from then on; from the old one come only the PASID directories and tables
 * of these devices, and what they point to (see liveupdate_attach.c).
 *
 * An entry is copied only if it is in the hardware's tables what the record says
 * it is. A device whose entry is not gets none, and thereby no translation. If
 * it is not even known which entries there should be, the unit starts out with
 * empty tables; it is never turned off, as then everything would get through.
 */
#define pr_fmt(fmt) "DMAR: liveupdate: " fmt

#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/iommu.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../iommu-pages.h"
#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"
#include "pasid.h"

static void lu_reject_all(const struct iommu_unit_ser *unit, const char *why)
{
	struct iommu_device_ser *ser;

	while ((ser = iommu_liveupdate_next_device(unit, NULL)))
		iommu_liveupdate_reject_device(ser, why);
}

/**
 * intel_liveupdate_keep_translation() - Is this unit translating for the
 * previous kernel's devices?
 * @iommu: A unit that was found translating.
 *
 * Context: Boot, before the unit's tables are made.
 * Return: true if translation must not be turned off.
 */
bool intel_liveupdate_keep_translation(struct intel_iommu *iommu)
{
	u64 root = readq(iommu->reg + DMAR_RTADDR_REG);
	struct iommu_unit_ser *unit;

	unit = iommu_liveupdate_incoming_unit(IOMMU_UNIT_SER_VTD, iommu->reg_phys);
	if (!unit)
		return false;
	if (IS_ERR(unit))
		pr_err("%s: it is not known for which devices it translates, they are cut off\n",
		       iommu->name);
	iommu->flags &= ~VTD_FLAG_TRANS_PRE_ENABLED;

	/* The mode of the tables cannot be changed while translation is on. */
	if (!!(root & DMA_RTADDR_SMT) != !!sm_supported(iommu)) {
		/* It is about to be turned off. */
		iommu_liveupdate_quiesce();
		if (!IS_ERR(unit))
			lu_reject_all(unit, "scalable mode is not what it was");
		return false;
	}
	return true;
}

static bool lu_pasid_tables_good(const struct iommu_vtd_device_ser *vtd)
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

static bool lu_entry_good(struct intel_iommu *iommu, const struct iommu_unit_ser *unit,
			  const struct iommu_device_ser *ser)
{
	struct root_entry *root = phys_to_virt(unit->root & VTD_PAGE_MASK);
	const struct iommu_vtd_device_ser *vtd = &ser->vtd;
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
	if (sm_supported(iommu))
		return lu_pasid_tables_good(vtd);
	return (vtd->context[1] >> 8 & 0xffff) == vtd->did;
}

/* First of all, so that no wrong record is held against a good one */
static void lu_reject_unlike(struct intel_iommu *iommu, const struct iommu_unit_ser *unit)
{
	struct iommu_device_ser *ser, *next;

	for (ser = iommu_liveupdate_next_device(unit, NULL); ser; ser = next) {
		next = iommu_liveupdate_next_device(unit, ser);
		if (!lu_entry_good(iommu, unit, ser))
			iommu_liveupdate_reject_device(ser, "the hardware has other entries");
	}
}

/* Devices of one domain share its id, those of different domains must not. */
static bool lu_did_good(const struct iommu_unit_ser *unit, const struct iommu_device_ser *ser)
{
	struct iommu_device_ser *other = NULL;

	while ((other = iommu_liveupdate_next_device(unit, other))) {
		if (other->vtd.did == ser->vtd.did && other->domain != ser->domain)
			return false;
	}
	return true;
}

static int lu_copy_entry(struct intel_iommu *iommu, const struct iommu_device_ser *ser)
{
	u8 bus = PCI_BUS_NUM(ser->bdf), devfn = ser->bdf & 0xff;
	size_t size = intel_lu_context_size(iommu);
	struct context_entry *context;

	guard(spinlock)(&iommu->lock);
	context = iommu_context_addr(iommu, bus, devfn, true);
	if (!context)
		return -ENOMEM;
	memcpy(context, ser->vtd.context, size);
	__iommu_flush_cache(iommu, context, size);
	return 0;
}

static void lu_restore_device(struct intel_iommu *iommu, const struct iommu_unit_ser *unit,
			      const struct iommu_device_ser *ser)
{
	int did;

	if (!lu_did_good(unit, ser))
		iommu_liveupdate_reject_device(ser, "its domain id is used twice");
	else if (lu_copy_entry(iommu, ser))
		iommu_liveupdate_reject_device(ser, "no memory for its context entry");

	/* In use or not, an id that hardware may have cached is not given out again. */
	did = ida_alloc_range(&iommu->domain_ida, ser->vtd.did, ser->vtd.did, GFP_KERNEL);
	if (did < 0 && did != -ENOSPC)
		iommu_liveupdate_reject_device(ser, "its domain id cannot be reserved");
}

/**
 * intel_liveupdate_restore_unit() - Take the previous kernel's entries over.
 * @iommu: A unit whose root table was just made, but is not used yet.
 *
 * Context: Boot.
 */
void intel_liveupdate_restore_unit(struct intel_iommu *iommu)
{
	struct iommu_device_ser *ser = NULL, *next;
	struct iommu_unit_ser *unit;

	unit = iommu_liveupdate_incoming_unit(IOMMU_UNIT_SER_VTD, iommu->reg_phys);
	if (IS_ERR_OR_NULL(unit))
		return;
	if (!(iommu->gcmd & DMA_GCMD_TE))
		return lu_reject_all(unit, "translation was off");
	if (readq(iommu->reg + DMAR_RTADDR_REG) != unit->root ||
	    !kho_restorable(unit->root & VTD_PAGE_MASK, VTD_PAGE_SIZE))
		return lu_reject_all(unit, "the root table is not what the record says");

	lu_reject_unlike(iommu, unit);
	for (ser = iommu_liveupdate_next_device(unit, NULL); ser; ser = next) {
		next = iommu_liveupdate_next_device(unit, ser);
		lu_restore_device(iommu, unit, ser);
	}
	pr_info("%s: took over translation\n", iommu->name);
}

static void lu_free_table(u64 entry)
{
	phys_addr_t phys = entry & VTD_PAGE_MASK;

	if (entry & 1 && kho_restorable(phys, VTD_PAGE_SIZE))
		kho_restore_free(phys_to_virt(phys));
}

/* The hardware has not been using these since this kernel set its root pointer. */
void intel_lu_finish_unit(const struct iommu_unit_ser *unit)
{
	struct root_entry *root = phys_to_virt(unit->root & VTD_PAGE_MASK);
	unsigned int bus;

	for (bus = 0; bus < INTEL_LU_BUSES; bus++) {
		lu_free_table(root[bus].lo);
		lu_free_table(root[bus].hi);
	}
	kho_restore_free(root);
}
