/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MM_MEMFD_LUO_HOLD_H
#define MM_MEMFD_LUO_HOLD_H

#include <linux/types.h>

struct file;
struct folio;
struct inode;
struct liveupdate_file_op_args;
struct memfd_luo_folio_ser;
struct memfd_luo_hold;

struct folio *memfd_luo_restore_folio(struct memfd_luo_folio_ser *folio_ser);
struct memfd_luo_hold *memfd_luo_hold_alloc(void);
void memfd_luo_hold(struct memfd_luo_hold *hold, const struct liveupdate_file_op_args *args,
		    struct inode *inode, struct memfd_luo_folio_ser *folios, u64 nr_folios);
struct memfd_luo_hold *memfd_luo_hold_resume(const struct liveupdate_file_op_args *args,
					     struct memfd_luo_folio_ser **folios);
bool memfd_luo_release(const struct liveupdate_file_op_args *args);

struct memfd_luo_folio_ser *memfd_luo_pin(struct file *file, loff_t size, u64 *nr_folios);
void memfd_luo_unpin(const struct memfd_luo_folio_ser *folios, u64 nr_folios);
int memfd_luo_check_errors(const struct inode *inode, const struct memfd_luo_folio_ser *folios,
			   u64 nr_folios);

#endif /* MM_MEMFD_LUO_HOLD_H */
