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
 * areas first, and these must not move at all.
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
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/xarray.h>

#include "memfd_luo_hold.h"

/**
 * struct memfd_luo_hold - The folios held for one memfd.
 * @folios: The folios, as the old kernel listed them.
 * @nr_folios: Entries in @folios.
 */
struct memfd_luo_hold {
	struct memfd_luo_folio_ser *folios;
	u64 nr_folios;
};

static DEFINE_XARRAY(memfd_luo_holds);

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
