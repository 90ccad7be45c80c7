/* SPDX-License-Identifier: GPL-2.0 */
/* The record of the IOMMU's tables before the kexec, and comparisons with it. See tables.c. */
#ifndef TESTOS_TABLES_H
#define TESTOS_TABLES_H

#include <stdint.h>

#include "story/vm.h"

void tables_record(void);		/* previous kernel, right before the kexec */
void tables_record_again(void);		/* when leaves were cleared in place since then */
void tables_arrive(void);		/* next kernel: the first look, before anything is opened */
void tables_compare_arrival(void);	/* that look, once the record was retrieved */
void tables_compare(const char *when);

/* Pages of a NIC's memory to which its IOVAs do not translate */
uint64_t tables_astray(const struct vm *vm, unsigned int d);

#endif /* TESTOS_TABLES_H */
