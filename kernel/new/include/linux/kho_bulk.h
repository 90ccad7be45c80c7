/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_BULK_H
#define _LINUX_KHO_BULK_H

#include <linux/types.h>

struct page;

#ifdef CONFIG_KEXEC_HANDOVER
void kho_reserve_run(phys_addr_t phys, phys_addr_t size);
void kho_reserve_run_end(void);
void kho_add_managed_pages(struct page *page, long nr_pages);
#else
static inline void kho_reserve_run_end(void) { }
#endif

#endif /* _LINUX_KHO_BULK_H */
