/* SPDX-License-Identifier: GPL-2.0 */
/* How much memory is marked to be kept over the next kexec. See kho.c. */
#ifndef GUEST_KHO_H
#define GUEST_KHO_H

#include <stdbool.h>
#include <stdint.h>

bool kho_countable(void);
uint64_t kho_preserved_keys(void);

#endif /* GUEST_KHO_H */
