// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of the IOMMU core and of VT-d for what can be carried.
 *
 * A request must reach the IOMMU under the function's own id. Between a function and the root
 * only PCI Express ports leave the id alone; each other bridge speaks for what is below it.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "rules/device.h"
#include "iommu/vtd.h"

#define AS_ROOT		"run iolu check as root"

static enum answer unit(const struct carried *c, struct finding *f)
{
	if (!*c->unit)
		return found(f, NO, "boot with intel_iommu=on",
			     "no IOMMU translates for it");
	if (!c->vtd)
		return found(f, NO, NULL, "its IOMMU %s is no VT-d; only VT-d is supported",
			     c->unit);
	return YES;
}

static enum answer alone(const struct carried *c, struct finding *f)
{
	if (c->members < 1)
		return found(f, NO, "boot with intel_iommu=on", "it is in no IOMMU group");
	if (c->members > 1)
		return found(f, NO, "use a slot that is isolated from others (ACS)",
			     "it shares its IOMMU group of %d functions", c->members);
	return YES;
}

static bool keeps_ids(const struct pci_fn *bridge, unsigned int express)
{
	switch ((pci_get(bridge, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return true;
	}
	return false;
}

static enum answer own_id(const struct carried *c, struct finding *f)
{
	int i;

	for (i = 0; i < c->nbridges; i++) {
		const struct pci_fn *b = &c->bridge[i];
		unsigned int express = pci_capability(b, PCI_CAP_ID_EXP);

		if (!pci_sees_capabilities(b))
			return found(f, UNKNOWN, AS_ROOT,
				     "what bridge %s above it is cannot be seen", b->bdf);
		if (!express || !keeps_ids(b, express))
			return found(f, NO, "use a PCI Express slot",
				     "bridge %s above it speaks for it (DMA alias)", b->bdf);
	}
	return YES;
}

static enum answer ats(const struct carried *c, struct finding *f)
{
	if (!c->vtd || !(c->ecap & ECAP_DEVICE_IOTLB) || c->now.no_ats)
		return YES;
	if (!pci_sees_ext_capabilities(&c->fn))
		return found(f, UNKNOWN, AS_ROOT, "whether it can do ATS cannot be seen");
	if (pci_ext_capability(&c->fn, PCI_EXT_CAP_ID_ATS))
		return found(f, NO, "boot both kernels with pci=noats",
			     "it and its IOMMU can do ATS, which cannot be carried");
	return YES;
}

/* PASIDs that are in use cannot be seen, so a function that has none is needed for a yes. */
static enum answer pasids(const struct carried *c, struct finding *f)
{
	const uint64_t needed = ECAP_SCALABLE | ECAP_PASID;

	if (!c->vtd || (c->ecap & needed) != needed || c->now.scalable == WORD_OFF)
		return YES;
	if (!pci_sees_ext_capabilities(&c->fn))
		return found(f, UNKNOWN, AS_ROOT, "whether it has PASIDs cannot be seen");
	if (pci_ext_capability(&c->fn, PCI_EXT_CAP_ID_PASID))
		return found(f, UNKNOWN, "make sure that the VMM attaches none",
			     "it has PASIDs; whether any is in use is not shown");
	return YES;
}

carry_rule *const carry_iommu_rules[] = { unit, alone, own_id, ats, pasids, NULL };
