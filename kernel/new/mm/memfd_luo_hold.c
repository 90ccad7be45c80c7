// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Folios of a retrieved memfd stay where they are until it is finished
 *
 * A device that went on over a live update still writes to the memory of a
 * preserved memfd by the physical addresses of the old kernel. When the memfd is
 * retrieved its folios become ordinary page cache, which may be migrated,
 * collapsed, split, swapped out, punched out and freed, long before whoever
 * retrieved it has had the chance to pin them for the device.
 *
 * So each folio is restored with one reference more than its user asked for: with
 * a reference that nobody can account for, none of that succeeds, or it leaves the
 * folio alone in memory. finish() of the memfd drops these references; a session
 * with a device in it finishes only after the device's memory was pinned.
 *
 * This is not memfd_pin_folios(): a long-term pin migrates folios out of movable
 * areas first, and these must not move at all. Whoever pins a folio that is held
 * finds it in the list, and neither has it looked up nor asks where it lies.
 *
 * The list of folios is the one that came from the old kernel. It is found by
 * the memfd's inode, which LUO keeps until finish().
 *
 * When a memfd cannot be retrieved its folios are never freed. Nobody knows what
 * writes to them then, and memory lost is better than memory corrupted.
 */

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd.h>
#include <linux/liveupdate.h>
#include <linux/memfd_luo_hold.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "internal.h"
#include "memfd_luo_hold.h"

/**
 * struct memfd_luo_hold - The folios held for one memfd.
 * @folios: The folios, as the old kernel listed them, in ascending order of index.
 * @nr_folios: Entries in @folios.
 */
struct memfd_luo_hold {
	struct memfd_luo_folio_ser *folios;
	u64 nr_folios;
};

static DEFINE_XARRAY(memfd_luo_holds);
/* Read by those who look into a hold, written when one is taken away */
static DECLARE_RWSEM(memfd_luo_holds_rwsem);

static int memfd_luo_hold_insert(struct inode *inode,
				 struct memfd_luo_folio_ser *folios, u64 nr_folios)
{
	struct memfd_luo_hold *hold;
	int err;

	hold = kmalloc_obj(*hold);
	if (!hold)
		return -ENOMEM;

	hold->folios = folios;
	hold->nr_folios = nr_folios;
	err = xa_insert(&memfd_luo_holds, (unsigned long)inode, hold, GFP_KERNEL);
	if (err)
		kfree(hold);
	return err;
}

/**
 * memfd_luo_restore_folio() - kho_restore_folio() for a memfd being retrieved.
 * @phys: Physical address of the folio.
 *
 * Context: Any.
 * Return: The folio with two references, one of them for memfd_luo_hold(), or
 * NULL.
 */
struct folio *memfd_luo_restore_folio(phys_addr_t phys)
{
	struct folio *folio = kho_restore_folio(phys);

	if (folio)
		folio_get(folio);
	return folio;
}

/**
 * memfd_luo_hold() - Hold the folios of a memfd just retrieved.
 * @inode: The memfd's inode.
 * @folios: The list of folios, each from memfd_luo_restore_folio(). Vmalloc
 *	    memory, this function takes it over.
 * @nr_folios: Entries in @folios.
 * @err: How putting the folios into the memfd went. If not well, they stay
 *	 referenced for good.
 *
 * Context: Process context, may sleep.
 * Return: @err, or -ENOMEM if the folios cannot be released later. They are not
 * freed ever then.
 */
int memfd_luo_hold(struct inode *inode, struct memfd_luo_folio_ser *folios,
		   u64 nr_folios, int err)
{
	if (!err)
		err = memfd_luo_hold_insert(inode, folios, nr_folios);
	if (err)
		vfree(folios);
	return err;
}

/**
 * memfd_luo_release() - Undo memfd_luo_hold().
 * @args: The arguments of finish(); nothing happens unless the memfd was retrieved.
 *
 * Context: Process context, may sleep. Never fails.
 */
void memfd_luo_release(struct liveupdate_file_op_args *args)
{
	struct memfd_luo_hold *hold;
	u64 i;

	if (args->retrieve_status <= 0)
		return;
	scoped_guard(rwsem_write, &memfd_luo_holds_rwsem)
		hold = xa_erase(&memfd_luo_holds, (unsigned long)file_inode(args->file));
	if (!hold)
		return;

	for (i = 0; i < hold->nr_folios; i++) {
		if (hold->folios[i].pfn)
			folio_put(pfn_folio(hold->folios[i].pfn));
		cond_resched();
	}
	vfree(hold->folios);
	kfree(hold);
}

/* The last folio that begins at @index or before, or the first */
static u64 memfd_luo_hold_find(const struct memfd_luo_hold *hold, pgoff_t index)
{
	u64 low = 0, high = hold->nr_folios, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (hold->folios[middle].index <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* If it is in the file still, and there: a hole may have been punched */
static struct folio *memfd_luo_held_folio(const struct memfd_luo_folio_ser *ser,
					  const struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = ser->pfn ? pfn_folio(ser->pfn) : NULL;

	return folio && folio->mapping == mapping && folio_contains(folio, index) ?
		folio : NULL;
}

/* From *start on as many as there are; *start is where the next one would begin */
static long memfd_luo_pin_held(const struct memfd_luo_hold *hold,
			       const struct address_space *mapping, loff_t *start, loff_t end,
			       struct folio **folios, unsigned int max_folios, pgoff_t *offset)
{
	pgoff_t index = *start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
	unsigned int nr = 0;
	struct folio *folio;
	u64 i;

	for (i = memfd_luo_hold_find(hold, index);
	     i < hold->nr_folios && nr < max_folios && index <= last; i++) {
		folio = memfd_luo_held_folio(&hold->folios[i], mapping, index);
		if (!folio || try_grab_folio(folio, 1, FOLL_PIN))
			break;
		if (!nr)
			*offset = offset_in_folio(folio, *start);
		folios[nr++] = folio;
		index = folio_next_index(folio);
		*start = (loff_t)index << PAGE_SHIFT;
	}
	return nr;
}

/**
 * memfd_luo_do_pin() - memfd_pin_folios(), quick for folios that are held.
 * @memfd: The file.
 * @start: First byte.
 * @end: Last byte.
 * @folios: Out: the folios, pinned.
 * @max_folios: Entries in @folios.
 * @offset: Out: offset of @start in the first folio, in bytes.
 *
 * A held folio is pinned where it lies, also where none should stay for long: a device
 * has been writing to it all the time.
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
		hold = xa_load(&memfd_luo_holds, (unsigned long)inode);
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
