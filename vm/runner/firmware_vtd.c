// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's table of VT-d units (DMAR; VT-d specification, chapter 8), with the emulator's one
 * unit, which is for all devices. The emulator's own table allows ATS below all root ports (ATSR
 * structure). This one has the devices whose ATS hardware enables by itself in legacy mode (SATC
 * structure with ATC_REQUIRED) instead, and no other.
 */
#include <string.h>

#include "core/needs.h"
#include "core/util.h"
#include "firmware_vtd.h"
#include "qemu/pci.h"

#define PACKED		__attribute__((packed))

#define DRHD		0
#define ALL_DEVICES	1		/* flag of a DRHD */
#define SATC		5
#define ATC_REQUIRED	1		/* flag of a SATC */
#define ENDPOINT	1		/* kinds of scopes */
#define IOAPIC		3
#define INTR_REMAP	1		/* flag of the table */

#define REGISTERS	0xfed90000ull	/* of the emulator's unit */
#define IOAPIC_BUS	0xff

struct PACKED header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem[14];			/* OEM and table, as in the table that is replaced */
	uint32_t oem_revision;		/* higher than there */
	char creator[4];
	uint32_t creator_revision;
	uint8_t width;			/* host addresses: bits - 1 */
	uint8_t flags;
	uint8_t reserved[10];
};

struct PACKED structure {
	uint16_t type;
	uint16_t length;
	uint8_t flags;
	uint8_t reserved;
	uint16_t segment;
};

struct PACKED scope {
	uint8_t type;
	uint8_t length;
	uint16_t reserved;
	uint8_t id;
	uint8_t bus;
	uint8_t path[4];		/* slot and function of the root port, then of the device */
};

struct PACKED unit {
	struct structure head;
	uint64_t registers;
	struct scope ioapic;
};

#define IOAPIC_SCOPE	(sizeof(struct scope) - 2)	/* its path is one device */

struct PACKED dmar {
	struct header head;
	struct unit unit;
};

static void seal(uint8_t *table, size_t size)
{
	struct header *head = (struct header *)table;
	uint8_t sum = 0;
	size_t i;

	head->length = size;
	for (i = 0; i < size; i++)
		sum += table[i];
	head->checksum -= sum;
}

/* At @at; its size */
static size_t write_satc(const struct needs *needs, uint8_t *at)
{
	struct structure head = { .type = SATC, .flags = ATC_REQUIRED };
	size_t size = sizeof(head);
	int i;

	for (i = 0; i < needs->ndevices; i++) {
		const struct scope scope = {
			.type = ENDPOINT, .length = sizeof(scope), .path = { FIRST_SLOT + i },
		};

		if (!needs->device[i].ats_required)
			continue;
		if (needs->device[i].bridges != 1)
			die("the firmware can require ATS only behind a root port");
		memcpy(at + size, &scope, sizeof(scope));
		size += sizeof(scope);
	}
	head.length = size;
	memcpy(at, &head, sizeof(head));
	return size;
}

size_t vtd_firmware_table(const struct needs *needs, uint8_t table[TABLE_SIZE])
{
	struct dmar dmar = {
		.head = {
			.signature = "DMAR", .revision = 1, .oem = "BOCHS BXPC    ",
			.oem_revision = 2, .creator = "BXPC", .creator_revision = 1,
			.width = 47, .flags = INTR_REMAP,
		},
		.unit = {
			.head = { .type = DRHD, .length = sizeof(dmar.unit) - 2,
				  .flags = ALL_DEVICES },
			.registers = REGISTERS,
			.ioapic = { .type = IOAPIC, .length = IOAPIC_SCOPE, .bus = IOAPIC_BUS },
		},
	};
	size_t size = sizeof(dmar) - 2;

	memset(table, 0, TABLE_SIZE);
	memcpy(table, &dmar, sizeof(dmar));
	size += write_satc(needs, table + size);
	seal(table, size);
	return size;
}
