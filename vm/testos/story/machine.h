/* SPDX-License-Identifier: GPL-2.0 */
/* Facts about the machine under test: IOMMU, CPUs, memory. See machine.c. */
#ifndef TESTOS_MACHINE_H
#define TESTOS_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

struct walk_device;

/* the usual story with one NIC; @check states its facts while traffic comes */
_Noreturn void machine_before(void (*check)(void));

const struct walk_device *machine_nic_entry(void);	/* what the hardware uses now */
void machine_is_first_stage(void);
void machine_has_levels(uint32_t n);
void machine_has_cpus(int n);
void machine_has_high_memory(void);
void machine_group_is(const char *type);
void machine_bridges(unsigned int n);

#endif /* TESTOS_MACHINE_H */
