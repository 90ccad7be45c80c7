/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel memory without a pointer to it. See leaks.c. */
#ifndef TESTOS_LEAKS_H
#define TESTOS_LEAKS_H

/* State a fact, on kernels with kmemleak; call it last in a scenario. */
void leaks_look(void);

#endif /* TESTOS_LEAKS_H */
