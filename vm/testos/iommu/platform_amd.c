// SPDX-License-Identifier: GPL-2.0
/*
 * AMD-Vi: registers (specification section 3.4), and kernel parameters. The layout of its
 * tables is in walk_amd.c.
 */
#include "device/pci.h"
#include "iommu/amd.h"
#include "iommu/platform.h"
#include "os/phys.h"
#include "os/util.h"

#define UNIT_BASE	0xfed80000ull	/* the emulator has one unit, here */
#define UNIT_BYTES	(4 * PAGE)
#define REG_DEVICE_TABLE 0x0
#define REG_CONTROL	0x18
#define CONTROL_ENABLE	1u
#define REG_STATUS	0x2020
#define INTERRUPTS	0xfee00000ull

static volatile uint32_t *unit(void)
{
	static volatile uint32_t *regs;

	if (!regs)
		regs = phys_map_regs(UNIT_BASE, UNIT_BYTES);
	return regs;
}

static uint32_t status(void)
{
	return unit()[REG_STATUS / 4];
}

static bool translating(void)
{
	return unit()[REG_CONTROL / 4] & CONTROL_ENABLE;
}

static uint64_t root(void)
{
	volatile uint32_t *regs = unit();

	return regs[REG_DEVICE_TABLE / 4] | (uint64_t)regs[REG_DEVICE_TABLE / 4 + 1] << 32;
}

/*
 * All writes to the range are requests; the data, not the address, selects the entry. So each
 * device has an address of its own.
 */
static uint64_t interrupt_address(const char *bdf)
{
	return INTERRUPTS | (pci_source_id(bdf) & 0xfff) << 8;
}

const struct platform platform_amd = {
	.name = "amd",
	.acpi_table = "/sys/firmware/acpi/tables/IVRS",
	.cmdline_on = "amd_iommu=pgtbl_v1",
	.cmdline_off = "amd_iommu=off",
	.cmdline_fails = "pci=nomsi",
	.plain_mode = "xtsup=on",	/* no mode has PASID table entries for all devices */
	.xapic_mode = "xtsup=off",
	.table_format = "amdv1",
	.domain_type = "DMA",		/* strict in an emulator */
	.root_stays = true,
	.kept_pages = 2,		/* an interrupt table of 512 entries of 16 bytes */
	.entry_words = AMD_ENTRY_WORDS,
	.record_kind = 2,
	.status = status,
	.translating = translating,
	.root = root,
	.read_device = amd_read_device,
	.decode = amd_decode,
	.last_entry = amd_last_entry,
	.entry_name = amd_entry_name,
	.table_bits = amd_table_bits,
	.interrupt_address = interrupt_address,
	.places = amd_places,
};
