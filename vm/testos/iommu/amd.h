/* SPDX-License-Identifier: GPL-2.0 */
/* AMD-Vi: registers and tables. See platform_amd.c. */
#ifndef TESTOS_AMD_H
#define TESTOS_AMD_H

#include <stdint.h>

#include "iommu/walk.h"

/* walk_amd.c: from the device table base register to a device's page table */
void amd_read_device(struct walk_device *d, uint64_t root);
enum walk_entry amd_decode(const struct walk_device *d, uint64_t entry, uint32_t level,
			   uint64_t iova, uint64_t *phys);
uint64_t amd_last_entry(const struct walk_device *d);
const char *amd_entry_name(unsigned int word);
uint64_t amd_table_bits(const struct walk_device *d);

extern const struct record_place amd_places[HW_PLACES];	/* records_amd.c */

#define AMD_ENTRY_WORDS		2

#endif /* TESTOS_AMD_H */
