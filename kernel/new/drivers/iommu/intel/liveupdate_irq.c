// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: VT-d live update: interrupt remapping
 *
 * A write of a device to 0xFEExxxxx is an interrupt request and is not translated by
 * page tables. With interrupt remapping off it is taken as it is, so a preserved
 * device could send any interrupt to the booting kernel. With the table of the
 * previous kernel in use it could be remapped by entries in memory that has been
 * reused.
 *
 * So interrupt remapping is never off. The last act of the previous kernel is to make
 * the unit use an empty table of two entries in preserved memory: every request is
 * blocked. The next kernel recognises that table by its size and makes the unit use
 * its own table, with interrupt remapping on all the time (VT-d specification, description
 * of the command "Set Interrupt Remap Table Pointer").
 *
 * A next kernel that does not use interrupt remapping, or uses it in another x2APIC
 * mode, has to turn it off. It quiesces all devices first; they are isolated later.
 * Only devices of PCI segment 0 can be quiesced before PCI enumeration. Those of other
 * segments could send interrupts until then. A kernel without support for interrupt
 * remapping cannot have this feature (IOMMU_LIVEUPDATE depends on it): with the empty
 * table in use no interrupt would reach it.
 */
#include <linux/crash_dump.h>
#include <linux/dmar.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kexec_handover.h>

#include <asm/irq_remapping.h>

#include "../irq_remapping.h"
#include "iommu.h"
#include "liveupdate.h"
#include "liveupdate_priv.h"

/* IRTA_REG of the VT-d specification: 2^(S+1) entries */
#define INTEL_LU_IRTA_SIZE	GENMASK_ULL(3, 0)
#define INTEL_LU_IRTA_EIME	BIT_ULL(11)

/**
 * intel_lu_park_irqs() - Make a unit block all interrupt requests
 * @iommu: The unit.
 * @table: Zeroed page in memory that KHO preserves.
 *
 * Context: Last part of kexec; other CPUs are stopped, interrupts are off.
 */
void intel_lu_park_irqs(struct intel_iommu *iommu, void *table)
{
	u64 mode = readq(iommu->reg + DMAR_IRTA_REG) & INTEL_LU_IRTA_EIME;
	unsigned long flags;
	u32 sts;

	if (!(iommu->gcmd & DMA_GCMD_IRE))
		return;
	raw_spin_lock_irqsave(&iommu->register_lock, flags);
	writeq(virt_to_phys(table) | mode, iommu->reg + DMAR_IRTA_REG);
	writel(iommu->gcmd | DMA_GCMD_SIRTP, iommu->reg + DMAR_GCMD_REG);
	IOMMU_WAIT_OP(iommu, DMAR_GSTS_REG, readl, (sts & DMA_GSTS_IRTPS), sts);
	raw_spin_unlock_irqrestore(&iommu->register_lock, flags);
	if (!cap_esirtps(iommu->cap))
		qi_global_iec(iommu);
}

/* No other kernel makes a table of two entries. */
static bool intel_lu_irqs_parked(struct intel_iommu *iommu)
{
	return is_kho_boot() && !is_kdump_kernel() &&
	       readl(iommu->reg + DMAR_GSTS_REG) & DMA_GSTS_IRES &&
	       !(readq(iommu->reg + DMAR_IRTA_REG) & INTEL_LU_IRTA_SIZE);
}

/**
 * intel_liveupdate_keep_irq_remapping() - Decide if interrupt remapping stays on
 * @iommu: A unit that was found with interrupt remapping on.
 * @eim: This kernel uses x2APIC mode.
 *
 * Context: Boot, before PCI enumeration.
 * Return: True if interrupt remapping must not be turned off.
 */
bool intel_liveupdate_keep_irq_remapping(struct intel_iommu *iommu, bool eim)
{
	u64 irta = readq(iommu->reg + DMAR_IRTA_REG);

	return intel_lu_irqs_parked(iommu) && !!(irta & INTEL_LU_IRTA_EIME) == eim;
}

/**
 * intel_liveupdate_irq_remapping_off() - Prepare for interrupt remapping to go off
 * @iommu: The unit that it is about to be turned off in.
 *
 * Devices of PCI segment 0 are quiesced if the unit has incoming devices.
 *
 * Context: Boot, before PCI enumeration.
 */
void intel_liveupdate_irq_remapping_off(struct intel_iommu *iommu)
{
	if (!intel_lu_irqs_parked(iommu))
		return;
	pr_err("%s: interrupt remapping goes off: isolating all incoming devices\n",
	       iommu->name);
	iommu_liveupdate_reject_early();
}

/**
 * intel_liveupdate_no_irq_remapping() - Turn off interrupt remapping that is on
 *
 * For a kernel that does not use it: the unit would block all interrupts.
 *
 * Context: Boot, before PCI enumeration.
 */
void __init intel_liveupdate_no_irq_remapping(void)
{
	struct dmar_drhd_unit *drhd;
	struct intel_iommu *iommu;

	if (!is_kho_boot() || is_kdump_kernel() || dmar_table_init() < 0)
		return;
	for_each_iommu(iommu, drhd) {
		if (intel_lu_irqs_parked(iommu))
			iommu_disable_irq_remapping(iommu);
	}
}
