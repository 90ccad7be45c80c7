/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MM_MEMFD_HUGETLB_LUO_H
#define MM_MEMFD_HUGETLB_LUO_H

#include <linux/types.h>

struct folio;
struct hstate;
struct liveupdate_file_op_args;
struct memfd_luo_folio_ser;

#ifdef CONFIG_LIVEUPDATE_MEMFD_HUGETLB
void hugetlb_liveupdate_boot_alloc(struct hstate *h);
bool hugetlb_liveupdate_boot_done(struct hstate *h, bool done);
void hugetlb_liveupdate_boot_sum(struct hstate *h);
void hugetlb_liveupdate_boot_count(void);
unsigned long hugetlb_liveupdate_to_come(struct hstate *h);
#else
static inline void hugetlb_liveupdate_boot_alloc(struct hstate *h) { }
static inline void hugetlb_liveupdate_boot_sum(struct hstate *h) { }
static inline void hugetlb_liveupdate_boot_count(void) { }

static inline bool hugetlb_liveupdate_boot_done(struct hstate *h, bool done)
{
	return done;
}

static inline unsigned long hugetlb_liveupdate_to_come(struct hstate *h)
{
	return 0;
}
#endif

int memfd_hugetlb_pool_init(void);
int memfd_hugetlb_pool_prepare(struct hstate *h, const u64 *nr_node);
void memfd_hugetlb_pool_hand_over(struct hstate *h, const u64 *nr_node, bool add);
void memfd_hugetlb_pool_came(struct hstate *h, struct folio *folio);
void memfd_hugetlb_pool_ended(void);

int memfd_hugetlb_charge_all(struct hstate *h, const struct memfd_luo_folio_ser *folios,
			     u64 nr_folios);
void memfd_hugetlb_uncharge_all(struct hstate *h, const struct memfd_luo_folio_ser *folios,
				u64 nr_folios);

int memfd_hugetlb_retrieve(struct liveupdate_file_op_args *args);
void memfd_hugetlb_finish(struct liveupdate_file_op_args *args);

#endif /* MM_MEMFD_HUGETLB_LUO_H */
