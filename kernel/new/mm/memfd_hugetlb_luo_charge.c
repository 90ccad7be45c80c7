// SPDX-License-Identifier: GPL-2.0

/*
 * Huge pages of a memfd in the next kernel, charged to the task that retrieves it: as in use and
 * as reserved in the hugetlb cgroup, and in the memory cgroup where that accounts for huge pages.
 *
 * A page that has come is counted in NR_HUGETLB, without a cgroup. The count goes along when
 * the page is charged, since free_huge_folio() subtracts it where the page is charged then.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cgroup.h>
#include <linux/hugetlb.h>
#include <linux/hugetlb_cgroup.h>
#include <linux/kho/abi/memfd.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/vmstat.h>

#include "hugetlb_internal.h"

static int memfd_hugetlb_refuse(u64 size, int err, const char *why)
{
	pr_warn_ratelimited("memfd of %llu bytes: not retrieved: %s\n", size, why);
	return err;
}

static int memfd_hugetlb_charge_memory(struct hstate *h, struct folio *folio)
{
	long nr = pages_per_huge_page(h);
	int err;

	if (!(cgrp_dfl_root.flags & CGRP_ROOT_MEMORY_HUGETLB_ACCOUNTING))
		return 0;
	lruvec_stat_mod_folio(folio, NR_HUGETLB, -nr);
	err = mem_cgroup_charge(folio, NULL, GFP_KERNEL | __GFP_RETRY_MAYFAIL);
	lruvec_stat_mod_folio(folio, NR_HUGETLB, nr);
	return err;
}

/* Undoes memfd_hugetlb_charge(), also if that was not done or failed */
static void memfd_hugetlb_uncharge(struct hstate *h, struct folio *folio)
{
	long nr = pages_per_huge_page(h);

	scoped_guard(spinlock_irq, &hugetlb_lock) {
		hugetlb_cgroup_uncharge_folio(hstate_index(h), nr, folio);
		hugetlb_cgroup_uncharge_folio_rsvd(hstate_index(h), nr, folio);
	}
	lruvec_stat_mod_folio(folio, NR_HUGETLB, -nr);
	mem_cgroup_uncharge(folio);
	lruvec_stat_mod_folio(folio, NR_HUGETLB, nr);
}

/* memfd_hugetlb_uncharge() or free_huge_folio() undoes it, also if it fails */
static int memfd_hugetlb_charge(struct hstate *h, struct folio *folio)
{
	struct hugetlb_cgroup *h_cg = NULL, *rsvd = NULL;
	unsigned long nr = pages_per_huge_page(h);
	int idx = hstate_index(h);
	int err;

	err = hugetlb_cgroup_charge_cgroup_rsvd(idx, nr, &rsvd);
	if (err)
		return err;
	err = hugetlb_cgroup_charge_cgroup(idx, nr, &h_cg);
	if (err) {
		hugetlb_cgroup_uncharge_cgroup_rsvd(idx, nr, rsvd);
		return err;
	}
	scoped_guard(spinlock_irq, &hugetlb_lock) {
		hugetlb_cgroup_commit_charge(idx, nr, h_cg, folio);
		hugetlb_cgroup_commit_charge_rsvd(idx, nr, rsvd, folio);
	}
	return memfd_hugetlb_charge_memory(h, folio);
}

/**
 * memfd_hugetlb_uncharge_all() - Undo memfd_hugetlb_charge_all().
 * @h: The size of the pages.
 * @folios: List of the pages, each of which has come. Some may not be charged.
 * @nr_folios: Entries in @folios.
 *
 * Context: Process context, may sleep.
 */
void memfd_hugetlb_uncharge_all(struct hstate *h, const struct memfd_luo_folio_ser *folios,
				u64 nr_folios)
{
	u64 i;

	for (i = 0; i < nr_folios; i++) {
		memfd_hugetlb_uncharge(h, pfn_folio(folios[i].pfn));
		cond_resched();
	}
}

/**
 * memfd_hugetlb_charge_all() - Charge huge pages to the cgroups of the current task.
 * @h: The size of the pages.
 * @folios: List of the pages, each of which has come.
 * @nr_folios: Entries in @folios.
 *
 * Context: Process context, may sleep.
 * Return: 0; or -EDQUOT for the limit of a cgroup, and no page is charged.
 */
int memfd_hugetlb_charge_all(struct hstate *h, const struct memfd_luo_folio_ser *folios,
			     u64 nr_folios)
{
	u64 i;

	for (i = 0; i < nr_folios; i++) {
		if (memfd_hugetlb_charge(h, pfn_folio(folios[i].pfn))) {
			memfd_hugetlb_uncharge_all(h, folios, i + 1);
			return memfd_hugetlb_refuse(nr_folios << huge_page_shift(h), -EDQUOT,
						    "limit of the cgroup is below its huge pages");
		}
		cond_resched();
	}
	return 0;
}
