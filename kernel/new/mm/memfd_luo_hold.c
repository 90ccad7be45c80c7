// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Folios of a retrieved memfd stay where they are until it is finished
 *
 * A device whose DMA continues across a live update writes to the memory of a
 * preserved memfd, at the physical addresses of the previous kernel. When the
 * memfd is retrieved, its folios become ordinary page cache, which may be
 * migrated, collapsed, split, swapped out, punched out and freed before the VMM
 * has pinned them for the device.
 *
 * So each folio is restored with one additional reference. An unexpected
 * reference makes all of these operations fail, or leave the folio in memory.
 * finish() of the memfd drops these references; a session with a device in it
 * finishes only after the device's memory was pinned.
 *
 * This is not memfd_pin_folios(): a long-term pin first migrates folios out of
 * movable areas, and these must not move. memfd_luo_do_pin() takes such a folio
 * from the list of the memfd, without a lookup in the page cache and without
 * migration.
 *
 * The list of folios is the one that the previous kernel preserved. It is found
 * by the memfd's inode, on which LUO has a reference until finish().
 *
 * If a memfd cannot be retrieved, a device may still write to its folios. They keep
 * the additional reference until LUO ends the session, which stops devices first, or
 * until the memfd is retrieved after all.
 */

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/hashtable.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/liveupdate.h>
#include <linux/memfd_luo_hold.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "internal.h"
#include "memfd_luo_hold.h"

/* An entry in vmalloc() memory, which is aligned although the record is packed */
struct memfd_luo_held {
	struct memfd_luo_folio_ser ser;
} __aligned(8);
static_assert(sizeof(struct memfd_luo_held) == sizeof(struct memfd_luo_folio_ser));

/**
 * struct memfd_luo_hold - The folios of one memfd that have an additional reference.
 * @node: In memfd_luo_holds, by @inode.
 * @inode: The memfd's, NULL if it could not be retrieved.
 * @serialized_data: LUO's of the memfd, by which a failed retrieve is found.
 * @folios: The folios as listed by the previous kernel, in ascending order of index.
 *	    pfn is 0 if there is no reference.
 * @nr_folios: Entries in @folios.
 */
struct memfd_luo_hold {
	struct hlist_node node;
	struct inode *inode;
	u64 serialized_data;
	struct memfd_luo_held *folios;
	u64 nr_folios;
};

static DEFINE_HASHTABLE(memfd_luo_holds, 6);
/* Read by users of a hold, written when a hold is added or removed */
static DECLARE_RWSEM(memfd_luo_holds_rwsem);

static struct memfd_luo_hold *memfd_luo_hold_of(const struct inode *inode)
{
	struct memfd_luo_hold *hold;

	lockdep_assert_held(&memfd_luo_holds_rwsem);

	hash_for_each_possible(memfd_luo_holds, hold, node, (unsigned long)inode) {
		if (hold->inode == inode)
			return hold;
	}
	return NULL;
}

/* The hold of a memfd that could not be retrieved */
static struct memfd_luo_hold *memfd_luo_hold_failed(u64 serialized_data)
{
	struct memfd_luo_hold *hold;

	lockdep_assert_held(&memfd_luo_holds_rwsem);

	hash_for_each_possible(memfd_luo_holds, hold, node, 0) {
		if (!hold->inode && hold->serialized_data == serialized_data)
			return hold;
	}
	return NULL;
}

/**
 * memfd_luo_restore_folio() - kho_restore_folio() for a memfd being retrieved.
 * @folio_ser: The folio's entry in the list; its pfn is 0 afterwards if KHO has no such
 *	       folio.
 *
 * Context: Any.
 * Return: The folio with two references, one of them for memfd_luo_hold(), or
 * NULL.
 */
struct folio *memfd_luo_restore_folio(struct memfd_luo_folio_ser *folio_ser)
{
	struct folio *folio = kho_restore_folio(PFN_PHYS(folio_ser->pfn));

	if (folio)
		folio_get(folio);
	else
		folio_ser->pfn = 0;
	return folio;
}

/**
 * memfd_luo_hold_alloc() - Allocate a hold before a memfd is retrieved.
 *
 * Context: Process context, may sleep.
 * Return: The hold, for memfd_luo_hold() or kfree(); NULL without memory.
 */
struct memfd_luo_hold *memfd_luo_hold_alloc(void)
{
	return kzalloc_obj(struct memfd_luo_hold);
}

/**
 * memfd_luo_hold() - Register the additional references of a retrieved memfd.
 * @hold: From memfd_luo_hold_alloc().
 * @args: The arguments of retrieve().
 * @inode: The memfd's inode, or NULL if retrieve fails.
 * @folios: The list of folios, each from memfd_luo_restore_folio(). Vmalloc
 *	    memory, which becomes this function's.
 * @nr_folios: Entries in @folios.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void memfd_luo_hold(struct memfd_luo_hold *hold, const struct liveupdate_file_op_args *args,
		    struct inode *inode, struct memfd_luo_folio_ser *folios, u64 nr_folios)
{
	hold->inode = inode;
	hold->serialized_data = args->serialized_data;
	hold->folios = (struct memfd_luo_held *)folios;
	hold->nr_folios = nr_folios;
	guard(rwsem_write)(&memfd_luo_holds_rwsem);
	hash_add(memfd_luo_holds, &hold->node, (unsigned long)inode);
}

/**
 * memfd_luo_hold_resume() - Take the hold of a failed retrieve, to try it again.
 * @args: The arguments of retrieve().
 * @folios: Out: the list that memfd_luo_hold() got; the caller's again.
 *
 * Context: Process context, may sleep.
 * Return: The hold, as from memfd_luo_hold_alloc(); NULL if no folio was restored yet.
 */
struct memfd_luo_hold *memfd_luo_hold_resume(const struct liveupdate_file_op_args *args,
					     struct memfd_luo_folio_ser **folios)
{
	struct memfd_luo_hold *hold;

	guard(rwsem_write)(&memfd_luo_holds_rwsem);
	hold = memfd_luo_hold_failed(args->serialized_data);
	if (hold) {
		hash_del(&hold->node);
		*folios = (struct memfd_luo_folio_ser *)hold->folios;
	}
	return hold;
}

static struct memfd_luo_hold *memfd_luo_hold_take(const struct liveupdate_file_op_args *args)
{
	struct memfd_luo_hold *hold;

	guard(rwsem_write)(&memfd_luo_holds_rwsem);
	hold = args->retrieve_status > 0 ? memfd_luo_hold_of(file_inode(args->file)) :
					   memfd_luo_hold_failed(args->serialized_data);
	if (hold)
		hash_del(&hold->node);
	return hold;
}

/**
 * memfd_luo_release() - Drop the references that memfd_luo_hold() registered.
 * @args: The arguments of finish(). If the session ends without the memfd, LUO has
 *	  stopped its devices before.
 *
 * Context: Process context, may sleep. Never fails.
 * Return: true if the list of folios was taken from KHO, by a retrieve that succeeded
 * or failed. Otherwise all that the previous kernel preserved is still KHO's.
 */
bool memfd_luo_release(const struct liveupdate_file_op_args *args)
{
	struct memfd_luo_hold *hold;
	u64 i;

	hold = memfd_luo_hold_take(args);
	if (!hold)
		return args->retrieve_status > 0;

	for (i = 0; i < hold->nr_folios; i++) {
		if (hold->folios[i].ser.pfn)
			folio_put(pfn_folio(hold->folios[i].ser.pfn));
		cond_resched();
	}
	vfree(hold->folios);
	kfree(hold);
	return true;
}

/* Number of the last folio that starts at or before @index, or of the first one */
static u64 memfd_luo_hold_find(const struct memfd_luo_hold *hold, pgoff_t index)
{
	u64 low = 0, high = hold->nr_folios, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (hold->folios[middle].ser.index <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/*
 * Index after the folio; 0 if the folio is not in the file any more, because a hole was
 * punched, or does not contain @index.
 */
static pgoff_t memfd_luo_held_end(struct folio *folio, const struct address_space *mapping,
				  pgoff_t index)
{
	pgoff_t end = folio_next_index(folio);

	return folio->mapping == mapping && index >= folio->index && index < end ? end : 0;
}

/* Like try_grab_folio(). The folio has an additional reference, and its node is not told */
static void memfd_luo_grab(struct folio *folio)
{
	if (folio_has_pincount(folio)) {
		folio_ref_inc(folio);
		atomic_inc(&folio->_pincount);
	} else {
		folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	}
}

/* Tell the nodes of the folios about pins, once for neighbours of one node */
static void memfd_luo_count_pins(struct folio **folios, unsigned int nr)
{
	unsigned int first, i;

	for (first = 0; first < nr; first = i) {
		for (i = first + 1; i < nr; i++) {
			if (folio_nid(folios[i]) != folio_nid(folios[first]))
				break;
		}
		mod_node_page_state(folio_pgdat(folios[first]), NR_FOLL_PIN_ACQUIRED, i - first);
	}
}

/* Pin listed folios from *start on, and advance *start to the first one left out */
static long memfd_luo_pin_held(const struct memfd_luo_hold *hold,
			       const struct address_space *mapping, loff_t *start, loff_t end,
			       struct folio **folios, unsigned int max_folios, pgoff_t *offset)
{
	pgoff_t index = *start >> PAGE_SHIFT, last = end >> PAGE_SHIFT, next;
	unsigned int nr = 0;
	struct folio *folio;
	u64 i;

	for (i = memfd_luo_hold_find(hold, index);
	     i < hold->nr_folios && nr < max_folios && index <= last; i++, index = next) {
		if (!hold->folios[i].ser.pfn)
			break;
		folio = pfn_folio(hold->folios[i].ser.pfn);
		next = memfd_luo_held_end(folio, mapping, index);
		if (!next)
			break;
		memfd_luo_grab(folio);
		folios[nr++] = folio;
	}
	memfd_luo_count_pins(folios, nr);
	if (nr) {
		*offset = offset_in_folio(folios[0], *start);
		*start = (loff_t)index << PAGE_SHIFT;
	}
	return nr;
}

/**
 * memfd_luo_do_pin() - memfd_pin_folios(), without migration for a retrieved memfd.
 * @memfd: The file.
 * @start: First byte.
 * @end: Last byte.
 * @folios: Out: the folios, pinned.
 * @max_folios: Entries in @folios.
 * @offset: Out: offset of @start in the first folio, in bytes.
 *
 * A folio with an additional reference is pinned in place, also in a movable area, because
 * a device writes to it.
 *
 * Context: Process context, may sleep.
 * Return: As memfd_pin_folios().
 */
long memfd_luo_do_pin(struct file *memfd, loff_t start, loff_t end, struct folio **folios,
		      unsigned int max_folios, pgoff_t *offset)
{
	struct inode *inode = file_inode(memfd);
	struct memfd_luo_hold *hold;
	pgoff_t rest_offset;
	long nr = 0, rest;

	scoped_guard(rwsem_read, &memfd_luo_holds_rwsem) {
		hold = memfd_luo_hold_of(inode);
		if (hold && end < i_size_read(inode))
			nr = memfd_luo_pin_held(hold, memfd->f_mapping, &start, end, folios,
						max_folios, offset);
	}
	if (nr && (nr == max_folios || start > end))
		return nr;
	rest = memfd_pin_folios(memfd, start, end, folios + nr, max_folios - nr,
				nr ? &rest_offset : offset);
	if (rest < 0)
		unpin_folios(folios, nr);
	return rest < 0 ? rest : nr + rest;
}
EXPORT_SYMBOL_GPL(memfd_luo_do_pin);
