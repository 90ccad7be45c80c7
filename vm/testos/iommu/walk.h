/* SPDX-License-Identifier: GPL-2.0 */
/* The IOMMU's tables as the hardware sees them, read from physical memory. See walk.c. */
#ifndef TESTOS_WALK_H
#define TESTOS_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/platform.h"

#define WALK_DEVICES	5
#define WALK_PAGES	240
#define WALK_ENTRY	16		/* at least every platform's entry_words */

struct walk_device {
	uint16_t source_id;
	uint16_t domain_id;
	uint32_t present;
	uint64_t entry[WALK_ENTRY];	/* the entries that lead to the table */
	uint64_t top;			/* address of the top table */
	uint32_t levels;
	uint32_t pages[2];		/* first and end index of its pages; none when shared */
	uint32_t first_stage;		/* the table has the format of the CPU's page tables */
};

struct walk {
	uint64_t root;			/* register that points to the root of all tables */
	uint32_t status;		/* status register */
	uint32_t ndevices;
	uint32_t npages;
	uint32_t overflow;		/* there were more pages than room */
	uint32_t wild;			/* tables that lie outside memory */
	uint32_t reserved;
	uint64_t leaves;
	uint64_t leaf_bytes;
	struct walk_device device[WALK_DEVICES];
	uint64_t phys[WALK_PAGES];
	uint8_t page[WALK_PAGES][4096];
};

void walk_capture(struct walk *w, const uint16_t *source_ids, uint32_t n);
const struct walk_device *walk_find(const struct walk *w, uint16_t source_id);

/* Physical address to which @iova translates for this device, 0 if it does not. */
uint64_t walk_translate(const struct walk *w, uint16_t source_id, uint64_t iova);

/* Are entries and tables of this device the same in both? @why: the first difference. */
bool walk_same(const struct walk *a, const struct walk *b, uint16_t source_id, char *why,
	       unsigned int room);

#endif /* TESTOS_WALK_H */
