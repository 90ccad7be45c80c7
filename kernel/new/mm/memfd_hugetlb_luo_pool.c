// SPDX-License-Identifier: GPL-2.0

/*
 * Pools of huge pages over a live update.
 *
 * The previous kernel counts the huge pages of all frozen memfds, by size and node, in a
 * page that the next kernel finds in KHO before it fills its pools. They are in use there
 * from the first moment: hugepages=N allocates the rest of N, and the counters of
 * the pool have those that come. A memfd that is retrieved, or released unretrieved, finds
 * its pages counted. A page that never comes is taken off again when the last file ends:
 * then it is known that the page does not come, and not before.
 *
 * Locking: memfd_hugetlb_pool_mutex protects the page for the next kernel, hugetlb_lock
 * the pages that are still to come.
 */

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/hugetlb.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd_hugetlb.h>
#include <linux/liveupdate.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/spinlock.h>

#include "hugetlb_internal.h"

/* -- the previous kernel -- */

static DEFINE_MUTEX(memfd_hugetlb_pool_mutex);
static struct memfd_hugetlb_pool_ser *memfd_hugetlb_pool_out;

static struct memfd_hugetlb_pool_entry *memfd_hugetlb_pool_entry(struct hstate *h, int nid)
{
	struct memfd_hugetlb_pool_ser *pool = memfd_hugetlb_pool_out;
	u64 i;

	lockdep_assert_held(&memfd_hugetlb_pool_mutex);

	for (i = 0; i < pool->nr_entries; i++)
		if (pool->entries[i].page_shift == huge_page_shift(h) &&
		    pool->entries[i].nid == nid)
			return &pool->entries[i];
	if (i == MEMFD_HUGETLB_POOL_ENTRIES)
		return NULL;
	pool->nr_entries++;
	pool->entries[i].page_shift = huge_page_shift(h);
	pool->entries[i].nid = nid;
	return &pool->entries[i];
}

/**
 * memfd_hugetlb_pool_prepare() - Make room for the count of a file's pages.
 * @h: The size of the pages.
 * @nr_node: Their number on each node.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOSPC. Then memfd_hugetlb_pool_hand_over() does not fail.
 */
int memfd_hugetlb_pool_prepare(struct hstate *h, const u64 *nr_node)
{
	int nid;

	guard(mutex)(&memfd_hugetlb_pool_mutex);
	for_each_node_state(nid, N_MEMORY)
		if (nr_node[nid] && !memfd_hugetlb_pool_entry(h, nid))
			return -ENOSPC;
	return 0;
}

/**
 * memfd_hugetlb_pool_hand_over() - Count a file's pages for the next kernel, or no longer.
 * @h: The size of the pages.
 * @nr_node: Their number on each node, as in memfd_hugetlb_pool_prepare().
 * @add: The file is frozen; false if it is unfrozen.
 *
 * Context: Process context, may sleep.
 */
void memfd_hugetlb_pool_hand_over(struct hstate *h, const u64 *nr_node, bool add)
{
	int nid;

	guard(mutex)(&memfd_hugetlb_pool_mutex);
	for_each_node_state(nid, N_MEMORY)
		if (nr_node[nid])
			memfd_hugetlb_pool_entry(h, nid)->nr += add ? nr_node[nid] :
								      -nr_node[nid];
	memfd_hugetlb_pool_out->nr_files += add ? 1 : -1;
}

/* -- the next kernel -- */

static phys_addr_t memfd_hugetlb_pool_in __initdata;
static unsigned long memfd_hugetlb_to_come[HUGE_MAX_HSTATE][MAX_NUMNODES];
static u64 memfd_hugetlb_files_to_end;
/* A pool that is divided: all pages to allocate, and those that nodes gave for their shares */
static unsigned long memfd_hugetlb_wanted[HUGE_MAX_HSTATE] __initdata;
static unsigned long memfd_hugetlb_given[HUGE_MAX_HSTATE] __initdata;

static const struct memfd_hugetlb_pool_ser *__init memfd_hugetlb_pool_incoming(void)
{
	const struct memfd_hugetlb_pool_ser *pool;
	phys_addr_t phys;
	size_t size;

	if (!liveupdate_enabled())
		return NULL;
	if (!memfd_hugetlb_pool_in) {
		if (kho_retrieve_subtree(MEMFD_HUGETLB_POOL_SUBTREE, &phys, &size) ||
		    size != sizeof(*pool))
			return NULL;
		memfd_hugetlb_pool_in = phys;
	}
	pool = phys_to_virt(memfd_hugetlb_pool_in);
	return pool->nr_entries <= MEMFD_HUGETLB_POOL_ENTRIES ? pool : NULL;
}

/* Pages of this size on this node that come; 0 for a number that no kernel writes */
static unsigned long __init memfd_hugetlb_coming(struct hstate *h, int nid)
{
	const struct memfd_hugetlb_pool_ser *pool = memfd_hugetlb_pool_incoming();
	u64 i;

	for (i = 0; pool && i < pool->nr_entries; i++)
		if (pool->entries[i].page_shift == huge_page_shift(h) &&
		    pool->entries[i].nid == nid &&
		    pool->entries[i].nr <= memblock_phys_mem_size() >> huge_page_shift(h))
			return pool->entries[i].nr;
	return 0;
}

static bool __init memfd_hugetlb_is_per_node(struct hstate *h)
{
	int nid;

	for_each_online_node(nid)
		if (h->max_huge_pages_node[nid])
			return true;
	return false;
}

/* The nodes from which Linux fills the pool, one page each in turn */
static nodemask_t __init memfd_hugetlb_pool_nodes(struct hstate *h)
{
	return hstate_is_gigantic(h) ? hugetlb_bootmem_nodes : node_states[N_MEMORY];
}

/*
 * Removes nodes that have more than an equal share of @nr pages and all that come to @nodes.
 * Returns how many pages each of the others shall have, with those that come, at least.
 */
static unsigned long __init memfd_hugetlb_share(struct hstate *h, unsigned long nr,
						nodemask_t *nodes, unsigned long *rest)
{
	unsigned long share, all;
	nodemask_t full;
	int nid;

	do {
		all = nr;
		for_each_node_mask(nid, *nodes)
			all += memfd_hugetlb_coming(h, nid);
		share = all / nodes_weight(*nodes);
		*rest = all % nodes_weight(*nodes);
		nodes_clear(full);
		for_each_node_mask(nid, *nodes)
			if (memfd_hugetlb_coming(h, nid) > share)
				node_set(nid, full);
		nodes_andnot(*nodes, *nodes, full);
	} while (!nodes_empty(full));
	return share;
}

/* Makes the pool as even as those that come allow, as it would be without them */
static void __init memfd_hugetlb_divide(struct hstate *h)
{
	nodemask_t nodes = memfd_hugetlb_pool_nodes(h);
	unsigned long share, rest;
	int nid;

	if (nodes_weight(nodes) <= 1)
		return;
	memfd_hugetlb_wanted[hstate_index(h)] = h->max_huge_pages;
	share = memfd_hugetlb_share(h, h->max_huge_pages, &nodes, &rest);
	for_each_node_mask(nid, nodes) {
		h->max_huge_pages_node[nid] = share - memfd_hugetlb_coming(h, nid);
		if (rest) {
			h->max_huge_pages_node[nid]++;
			rest--;
		}
	}
}

/**
 * hugetlb_liveupdate_boot_alloc() - Fewer huge pages to allocate at boot.
 * @h: Huge pages that the command line asks for, of one size.
 *
 * Takes those off that come from the previous kernel, on the node where they are. If the
 * command line does not say how many a node shall have, the rest is divided so that all
 * nodes have as many, or as near to that as possible.
 *
 * Context: Boot, maybe before the page allocator works.
 */
void __init hugetlb_liveupdate_boot_alloc(struct hstate *h)
{
	bool per_node = memfd_hugetlb_is_per_node(h), any = false;
	unsigned long nr;
	int nid;

	for_each_online_node(nid) {
		nr = min(memfd_hugetlb_coming(h, nid), h->max_huge_pages);
		any |= nr;
		if (per_node) {
			nr = min(nr, h->max_huge_pages_node[nid]);
			h->max_huge_pages_node[nid] -= nr;
		}
		h->max_huge_pages -= nr;
	}
	if (any && !per_node)
		memfd_hugetlb_divide(h);
}

/**
 * hugetlb_liveupdate_boot_done() - Go on with all nodes if one could not give its share.
 * @h: Huge pages.
 * @done: Each node has allocated its own number.
 *
 * Context: Boot, maybe before the page allocator works.
 * Return: @done; false if the missing pages come from all nodes, as without a live update.
 * Then hugetlb_liveupdate_boot_sum() follows.
 */
bool __init hugetlb_liveupdate_boot_done(struct hstate *h, bool done)
{
	unsigned long wanted = memfd_hugetlb_wanted[hstate_index(h)];

	if (!done || h->max_huge_pages >= wanted)
		return done;
	/* Linux counts gigantic pages from 0 on, others from those that the pool has */
	if (hstate_is_gigantic(h))
		memfd_hugetlb_given[hstate_index(h)] = h->max_huge_pages;
	h->max_huge_pages = wanted - memfd_hugetlb_given[hstate_index(h)];
	return false;
}

/**
 * hugetlb_liveupdate_boot_sum() - Add the pages of shares to those from all nodes.
 * @h: Huge pages.
 *
 * Context: As hugetlb_liveupdate_boot_done().
 */
void __init hugetlb_liveupdate_boot_sum(struct hstate *h)
{
	h->max_huge_pages += memfd_hugetlb_given[hstate_index(h)];
}

/**
 * hugetlb_liveupdate_boot_count() - Count the huge pages that come in their pools.
 *
 * Context: Boot, after all pools were filled.
 */
void __init hugetlb_liveupdate_boot_count(void)
{
	const struct memfd_hugetlb_pool_ser *pool = memfd_hugetlb_pool_incoming();
	unsigned long nr;
	struct hstate *h;
	int nid;

	for_each_hstate(h) {
		for_each_online_node(nid) {
			nr = memfd_hugetlb_coming(h, nid);
			memfd_hugetlb_to_come[hstate_index(h)][nid] = nr;
			h->max_huge_pages += nr;
			h->nr_huge_pages += nr;
			h->nr_huge_pages_node[nid] += nr;
		}
	}
	memfd_hugetlb_files_to_end = pool ? pool->nr_files : 0;
}

/**
 * hugetlb_liveupdate_to_come() - Huge pages that a pool counts and that are still to come.
 * @h: Their size.
 *
 * Until they come they are part of no zone, and not in totalram_pages().
 *
 * Context: Any.
 * Return: Their number.
 */
unsigned long hugetlb_liveupdate_to_come(struct hstate *h)
{
	unsigned long nr = 0;
	int nid;

	for_each_online_node(nid)
		nr += READ_ONCE(memfd_hugetlb_to_come[hstate_index(h)][nid]);
	return nr;
}

/* True if the page was counted at boot */
static bool memfd_hugetlb_expected(struct hstate *h, int nid)
{
	unsigned long *to_come = &memfd_hugetlb_to_come[hstate_index(h)][nid];

	lockdep_assert_held(&hugetlb_lock);

	if (!*to_come)
		return false;
	--*to_come;
	return true;
}

/**
 * memfd_hugetlb_pool_came() - A huge page has come, and is in use.
 * @h: Its size.
 * @folio: The page.
 *
 * Context: Any but interrupts.
 */
void memfd_hugetlb_pool_came(struct hstate *h, struct folio *folio)
{
	int nid = folio_nid(folio);

	guard(spinlock_irq)(&hugetlb_lock);
	list_add(&folio->lru, &h->hugepage_activelist);
	if (!memfd_hugetlb_expected(h, nid)) {
		h->nr_huge_pages++;
		h->nr_huge_pages_node[nid]++;
	}
}

/* Take off what did not come. A pool that was made smaller has such pages as surplus. */
static void memfd_hugetlb_lost(struct hstate *h, int nid)
{
	unsigned long *to_come = &memfd_hugetlb_to_come[hstate_index(h)][nid];
	unsigned long surplus = h->surplus_huge_pages_node[nid];

	lockdep_assert_held(&hugetlb_lock);

	h->nr_huge_pages -= *to_come;
	h->nr_huge_pages_node[nid] -= *to_come;
	surplus -= min_t(unsigned long, surplus, h->nr_huge_pages_node[nid]);
	h->surplus_huge_pages_node[nid] -= surplus;
	h->surplus_huge_pages -= surplus;
	h->max_huge_pages -= min(*to_come - surplus, h->max_huge_pages);
	*to_come = 0;
}

/**
 * memfd_hugetlb_pool_ended() - A file was finished, its pages have come if they ever do.
 *
 * Context: Any but interrupts.
 */
void memfd_hugetlb_pool_ended(void)
{
	struct hstate *h;
	int nid;

	guard(spinlock_irq)(&hugetlb_lock);
	if (!memfd_hugetlb_files_to_end || --memfd_hugetlb_files_to_end)
		return;
	for_each_hstate(h)
		for_each_online_node(nid)
			memfd_hugetlb_lost(h, nid);
}

/**
 * memfd_hugetlb_pool_init() - Hand over counters to the next kernel.
 *
 * The counters of the previous kernel are no longer needed.
 *
 * Context: Boot, after the pools were filled.
 * Return: 0 or the error of KHO.
 */
int __init memfd_hugetlb_pool_init(void)
{
	struct memfd_hugetlb_pool_ser *pool;
	int err;

	if (memfd_hugetlb_pool_in)
		kho_restore_free(phys_to_virt(memfd_hugetlb_pool_in));

	pool = kho_alloc_preserve(sizeof(*pool));
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	err = kho_add_subtree(MEMFD_HUGETLB_POOL_SUBTREE, pool, sizeof(*pool));
	if (err) {
		kho_unpreserve_free(pool);
		return err;
	}
	memfd_hugetlb_pool_out = pool;
	return 0;
}
