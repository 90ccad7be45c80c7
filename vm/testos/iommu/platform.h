/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A platform: all that testos knows about one kind of IOMMU.
 *
 * The table walker and the scenarios speak of devices, entries, table pages and leaves. A
 * platform reads its registers and decodes its entries, and knows its kernel parameters. Another
 * kind of IOMMU is one more platform_NAME.c and walk_NAME.c, and an entry in platform.c.
 */
#ifndef TESTOS_PLATFORM_H
#define TESTOS_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk_device;

enum walk_entry { ENTRY_ABSENT, ENTRY_TABLE, ENTRY_LEAF };

/* Places in the tails that an IOMMU driver has in the records of units and devices */
enum hw_place {
	HW_NONE,
	HW_ROOT,	/* root of all tables */
	HW_FIRST_ENTRY,	/* first and last of the entries that lead to a device's table */
	HW_LAST_ENTRY,
	HW_TABLE,	/* address of a table that one of them has */
	HW_DOMAIN_ID,
	HW_ATS,		/* the bit that says that the device uses ATS */
	HW_PRI,		/* the bit that says that it uses page requests (VT-d) */
	HW_RESERVED,	/* a bit that no kernel has defined */
	HW_PLACES
};

struct record_place {
	uint32_t at, bytes;
	uint64_t value;		/* a bit there, or 0 */
};

struct platform {
	const char *name;		/* as the runner has it */
	const char *acpi_table;		/* file in sysfs by which this machine has it */
	const char *cmdline_on;		/* kernel parameters: the IOMMU on, or off */
	const char *cmdline_off;
	const char *cmdline_fails;	/* the unit gets no interrupt, with XAPIC_MODE */
	const char *plain_mode;		/* properties of the emulator's IOMMU, see PLAIN_MODE */
	const char *xapic_mode;		/* and XAPIC_MODE */
	const char *table_format;	/* generic_pt's name of the usual HWPT's page table */
	const char *domain_type;	/* of a group's default domain, as sysfs has it */
	bool ats;			/* the driver uses ATS on the emulator's unit */
	bool root_stays;		/* the next kernel uses the root in place */
	unsigned int kept_pages;	/* by the driver, for a device that had interrupts once */
	unsigned int entry_words;	/* 64-bit words that lead to a device's table */
	unsigned int record_kind;	/* in the records of units and devices */

	uint32_t (*status)(void);	/* status register, for diagnostics */
	bool (*translating)(void);
	uint64_t (*root)(void);		/* register that points to the root of all tables */

	/*
	 * Read the entries of the device with @d->source_id, starting at @root: sets @d->present
	 * and, if so, entries, domain id, top table, levels and format.
	 */
	void (*read_device)(struct walk_device *d, uint64_t root);

	/*
	 * Decode an entry of a table page; @phys: the table it points to, or the memory to which
	 * it translates @iova.
	 */
	enum walk_entry (*decode)(const struct walk_device *d, uint64_t entry, uint32_t level,
				  uint64_t iova, uint64_t *phys);

	/*
	 * Physical address of the first entry, from @root; 0 if there is no table for it. NULL: the
	 * first entry is the last one.
	 */
	uint64_t (*first_entry)(uint64_t root, uint16_t source_id);

	/* Physical address of the last entry before the top table. */
	uint64_t (*last_entry)(const struct walk_device *d);
	const char *(*entry_name)(unsigned int word);

	/* Bits of an entry of the top table that points to a table. */
	uint64_t (*table_bits)(const struct walk_device *d);

	/*
	 * An address in the interrupt range, for 64 bytes that the device writes: as many of them
	 * as possible are interrupt requests that its entries remap, or would have remapped.
	 */
	uint64_t (*interrupt_address)(const char *bdf);

	const struct record_place *places;	/* by enum hw_place */
};

extern const struct platform platform_vtd;
extern const struct platform platform_amd;

const struct platform *platform(void);			/* this machine's */
const struct platform *platform_find(const char *name);	/* NULL if unknown */

/*
 * Words of a scenario's machine that each platform spells differently; the init replaces
 * them when it prints what the scenario needs.
 */
#define IOMMU_OFF	"{iommu_off}"	/* in a kernel command line */
#define IOMMU_FAILS	"{iommu_fails}"	/* likewise */
#define PLAIN_MODE	"{plain_mode}"	/* in .iommu: a mode without PASID table entries */
#define XAPIC_MODE	"{xapic_mode}"	/* likewise: no x2APIC */

/* Copy @text with these words replaced. */
void platform_expand(const struct platform *p, const char *text, char *out, size_t room);

#endif /* TESTOS_PLATFORM_H */
