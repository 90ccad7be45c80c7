/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MM_MEMFD_LUO_HOLD_H
#define MM_MEMFD_LUO_HOLD_H

#include <linux/types.h>

struct inode;
struct memfd_luo_folio_ser;

int memfd_luo_hold(struct inode *inode, struct memfd_luo_folio_ser *folios,
		   u64 nr_folios, int err);
void memfd_luo_release(struct inode *inode);

#endif /* MM_MEMFD_LUO_HOLD_H */
