/* SPDX-License-Identifier: GPL-2.0 */
/* The guard pattern that shows DMA which was not translated. See guard.c. */
#ifndef GUEST_GUARD_H
#define GUEST_GUARD_H

#include <stdbool.h>
#include <stdint.h>

bool guard_possible(void);
void guard_fill(void);
uint64_t guard_changed(void);

#endif /* GUEST_GUARD_H */
