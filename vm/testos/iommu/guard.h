/* SPDX-License-Identifier: GPL-2.0 */
/* The guard pattern that shows DMA which was not translated. See guard.c. */
#ifndef TESTOS_GUARD_H
#define TESTOS_GUARD_H

#include <stdbool.h>
#include <stdint.h>

bool guard_possible(void);
void guard_fill(void);
uint64_t guard_changed(void);

#endif /* TESTOS_GUARD_H */
