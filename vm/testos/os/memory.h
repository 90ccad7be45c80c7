/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that moves, drops or takes away memory in a running system. See memory.c. */
#ifndef TESTOS_MEMORY_H
#define TESTOS_MEMORY_H

#include <stdint.h>

void memory_drop_caches(void);
uint64_t memory_total(void);		/* bytes that the page allocator has or had */
uint64_t memory_commit_limit(void);
uint64_t memory_free(void);		/* bytes, exact */
uint64_t memory_slab(void);		/* bytes in objects of the kernel, not in caches */
/* Both: KASAN delays some frees, and these count as objects */
uint64_t memory_left(void);
void memory_pressure(void);
uint64_t memory_words_changed(uint64_t bytes);	/* of a process's own, in 1.5 s */
uint64_t memory_compact(void);		/* pages of an ordinary memfd that were moved */
int memory_collapse(int memfd);		/* its first 2 MiB into one huge page */
int memory_collapse_other(void);		/* the same with an ordinary memfd */
void memory_break(void *at);		/* an error in this page */
int memory_punch_hole(int memfd, uint64_t at, uint64_t length);

#endif /* TESTOS_MEMORY_H */
