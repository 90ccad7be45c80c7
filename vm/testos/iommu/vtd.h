/* SPDX-License-Identifier: GPL-2.0 */
/* VT-d: registers, and facts that only scenarios about VT-d state. See platform_vtd.c. */
#ifndef TESTOS_VTD_H
#define TESTOS_VTD_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/walk.h"

/* walk_vtd.c: from the root table address register to a device's page table */
void vtd_read_device(struct walk_device *d, uint64_t root);
enum walk_entry vtd_decode(const struct walk_device *d, uint64_t entry, uint32_t level,
			   uint64_t iova, uint64_t *phys);
uint64_t vtd_first_entry(uint64_t root, uint16_t source_id);
uint64_t vtd_last_entry(const struct walk_device *d);
const char *vtd_entry_name(unsigned int word);
uint64_t vtd_table_bits(const struct walk_device *d);

extern const struct record_place vtd_places[HW_PLACES];	/* records_vtd.c */

#define VTD_ROOT_SCALABLE	(1ull << 10)	/* in the root table address register */
#define VTD_ENTRY_WORDS		13

/* The physical address of the entry for a PASID of a device; 0 if there is no table for it */
uint64_t vtd_pasid_entry(uint64_t root, uint16_t source_id, uint32_t pasid);

/* facts */
void vtd_is_scalable(bool scalable);
void vtd_is_caching(void);
void vtd_allows_ats(const struct walk_device *d);

#endif /* TESTOS_VTD_H */
