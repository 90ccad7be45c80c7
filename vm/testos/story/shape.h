/* SPDX-License-Identifier: GPL-2.0 */
/* What machine the scenario really got: facts about IOMMU, CPUs, memory. See shape.c. */
#ifndef TESTOS_SHAPE_H
#define TESTOS_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

/* the usual story with one NIC; @check states its facts while traffic comes */
_Noreturn void shape_before(void (*check)(void));

void shape_is_scalable(bool scalable);
void shape_is_first_stage(void);
void shape_has_levels(uint32_t n);
void shape_is_caching(void);
void shape_has_cpus(int n);
void shape_has_high_memory(void);
void shape_group_is(const char *type);
void shape_bridges(unsigned int n);

#endif /* TESTOS_SHAPE_H */
