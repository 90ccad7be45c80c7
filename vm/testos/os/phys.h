/* SPDX-License-Identifier: GPL-2.0 */
/* Physical memory through /dev/mem. See phys.c. */
#ifndef TESTOS_PHYS_H
#define TESTOS_PHYS_H

#include <stdbool.h>
#include <stdint.h>

bool phys_try_read(void *to, uint64_t phys, uint64_t length);
void phys_read(void *to, uint64_t phys, uint64_t length);
uint64_t phys_read_u64(uint64_t phys);
void *phys_map(uint64_t phys, uint64_t length);			/* memory, cached */
uint64_t phys_of(const volatile void *at);			/* of a page of this process */
volatile uint32_t *phys_map_regs(uint64_t phys, uint64_t length);	/* registers, uncached */

#endif /* TESTOS_PHYS_H */
