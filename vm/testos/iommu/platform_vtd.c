// SPDX-License-Identifier: GPL-2.0
/*
 * Intel VT-d: registers (specification section 11.4), kernel parameters, and facts about
 * the unit's mode. The layout of its tables is in walk_vtd.c.
 */
#include "device/pci.h"
#include "iommu/platform.h"
#include "iommu/vtd.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"

#define UNIT_BASE	0xfed90000ull	/* q35 has one remapping unit, here */
#define REG_CAPABILITY	0x08
#define CAPABILITY_CM	(1u << 7)
#define REG_STATUS	0x1c
#define REG_ROOT	0x20
#define STATUS_TES	(1u << 31)

static volatile uint32_t *unit(void)
{
	static volatile uint32_t *regs;

	if (!regs)
		regs = phys_map_regs(UNIT_BASE, PAGE);
	return regs;
}

static uint32_t status(void)
{
	return unit()[REG_STATUS / 4];
}

static bool translating(void)
{
	return status() & STATUS_TES;
}

static uint64_t root(void)
{
	volatile uint32_t *regs = unit();

	return regs[REG_ROOT / 4] | (uint64_t)regs[REG_ROOT / 4 + 1] << 32;
}

/*
 * Remappable requests for the device's own entry. Half of the words are such requests. The
 * emulator delivers the other half, as hardware does not: they go to an APIC that does not exist.
 */
static uint64_t interrupt_address(const char *bdf)
{
	return pci_msix_address(bdf) & ~0xfull;
}

void vtd_is_scalable(bool scalable)
{
	ok(!(root() & VTD_ROOT_SCALABLE) == !scalable, scalable ?
	   "the IOMMU is in scalable mode" : "the IOMMU is in legacy mode", "it is not");
}

/* Caching mode: software must flush also when it makes an entry present. */
void vtd_is_caching(void)
{
	ok(unit()[REG_CAPABILITY / 4] & CAPABILITY_CM, "the IOMMU caches absent entries",
	   "it does not");
}

/* The device may use addresses that it has translated itself: DTE, or translation type 01b. */
void vtd_allows_ats(const struct walk_device *d)
{
	uint64_t expected = 1ull << 2, bits = root() & VTD_ROOT_SCALABLE ? expected : 3ull << 2;

	ok((d->entry[0] & bits) == expected, "the device's entry allows ATS",
	   "context entry 0x%llx", (unsigned long long)d->entry[0]);
}

const struct platform platform_vtd = {
	.name = "vtd",
	.acpi_table = "/sys/firmware/acpi/tables/DMAR",
	.cmdline_on = "intel_iommu=on,sm_on",
	.cmdline_off = "intel_iommu=off",
	.cmdline_fails = "acpi=noirq",
	.plain_mode = "scalable-mode=off",
	.xapic_mode = "eim=off",
	.table_format = "vtdss",
	.domain_type = "DMA-FQ",
	.ats = true,
	.entry_words = VTD_ENTRY_WORDS,
	.record_kind = 1,
	.status = status,
	.translating = translating,
	.root = root,
	.read_device = vtd_read_device,
	.decode = vtd_decode,
	.first_entry = vtd_first_entry,
	.last_entry = vtd_last_entry,
	.entry_name = vtd_entry_name,
	.table_bits = vtd_table_bits,
	.interrupt_address = interrupt_address,
	.places = vtd_places,
};
