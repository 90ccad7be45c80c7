/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MM_MEMFD_LUO_HOLD_H
#define MM_MEMFD_LUO_HOLD_H

#include <linux/types.h>

struct folio;
struct inode;
struct liveupdate_file_op_args;
struct memfd_luo_folio_ser;

struct folio *memfd_luo_restore_folio(phys_addr_t phys);
int memfd_luo_hold(struct inode *inode, struct memfd_luo_folio_ser *folios,
		   u64 nr_folios, int err);
void memfd_luo_release(struct liveupdate_file_op_args *args);

#endif /* MM_MEMFD_LUO_HOLD_H */
