// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Memfds of huge pages over a live update
 *
 * A memfd that was created with MFD_HUGETLB is preserved like one of ordinary pages: its
 * contents, size, position and seals. Holes are filled, from the pool. Its size and pages
 * do not change until it is unpreserved.
 *
 * The next kernel restores each huge page as a page of the pool, in use, on the node where
 * it lies, and charges the task that retrieves the file: hugetlb cgroup, and memory cgroup
 * where that accounts for huge pages. If a limit is too low, the file can be retrieved again
 * after it was raised. All pages belong to the file, so that none needs a reservation. A page
 * that the file gives up, or a file that is released unretrieved, returns to the pool as any
 * other huge page does.
 *
 * A device may write to the file meanwhile. Pages stay in place from retrieve to finish,
 * see "Folios of a retrieved memfd stay where they are until it is finished".
 *
 * Refused are pages from CMA, which a next kernel would not give back to CMA, pages with a
 * memory error, and files of a hugetlbfs mount. Pages with an optimized vmemmap are
 * preserved; in the next kernel theirs is complete.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/memfd_hugetlb.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "memfd_hugetlb_luo.h"
#include "memfd_luo_hold.h"

/* The file neither shrinks nor grows, and no hole is punched */
#define MEMFD_HUGETLB_FROZEN	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/**
 * struct memfd_hugetlb_preserved - A preserved file.
 * @folios: The list of its folios, in vmalloc memory.
 * @nr_folios: Entries in @folios.
 * @nr_node: Folios on each node.
 */
struct memfd_hugetlb_preserved {
	struct memfd_luo_folio_ser *folios;
	u64 nr_folios;
	u64 nr_node[];
};

static int memfd_hugetlb_refuse(const struct inode *inode, int err, const char *why)
{
	pr_warn_ratelimited("memfd %llu: not preserved: %s\n", (u64)inode->i_ino, why);
	return err;
}

/* Look for folios that cannot be preserved, before pinning would migrate them */
static int memfd_hugetlb_check_folios(const struct inode *inode, struct hstate *h,
				      loff_t size)
{
	pgoff_t index, end = size >> PAGE_SHIFT;
	struct folio *folio;
	bool cma;

	for (index = 0; index < end; index += pages_per_huge_page(h)) {
		folio = filemap_get_folio(inode->i_mapping, index);
		if (IS_ERR(folio))
			continue;
		cma = folio_test_hugetlb_cma(folio);
		folio_put(folio);
		if (cma)
			return memfd_hugetlb_refuse(inode, -EOPNOTSUPP,
						    "huge page was allocated from CMA");
		cond_resched();
	}
	return 0;
}

/* Pages of the pool that are not reserved */
static unsigned long memfd_hugetlb_available(struct hstate *h)
{
	guard(spinlock_irq)(&hugetlb_lock);
	return h->free_huge_pages - h->resv_huge_pages;
}

static int memfd_hugetlb_pin(struct file *file, struct hstate *h, loff_t size,
			     struct memfd_hugetlb_preserved *preserved)
{
	struct inode *inode = file_inode(file);
	u64 i;
	int err;

	err = memfd_hugetlb_check_folios(inode, h, size);
	if (err)
		return err;
	preserved->folios = memfd_luo_pin(file, size, &preserved->nr_folios);
	if (PTR_ERR_OR_ZERO(preserved->folios) == -ENOMEM && !memfd_hugetlb_available(h))
		return memfd_hugetlb_refuse(inode, -ENOMEM,
					    "no huge pages are free for the holes of the memfd");
	if (IS_ERR(preserved->folios))
		return PTR_ERR(preserved->folios);
	for (i = 0; i < preserved->nr_folios; i++)
		preserved->nr_node[pfn_to_nid(preserved->folios[i].pfn)]++;
	return 0;
}

/* Undoes memfd_hugetlb_preserve_folios() of the first @nr of a file */
static void memfd_hugetlb_unpreserve_folios(const struct memfd_hugetlb_preserved *preserved,
					    u64 nr)
{
	while (nr--)
		kho_unpreserve_folio(pfn_folio(preserved->folios[nr].pfn));
}

static int memfd_hugetlb_preserve_folios(const struct memfd_hugetlb_preserved *preserved)
{
	u64 i;
	int err;

	for (i = 0; i < preserved->nr_folios; i++) {
		err = kho_preserve_folio(pfn_folio(preserved->folios[i].pfn));
		if (err) {
			memfd_hugetlb_unpreserve_folios(preserved, i);
			return err;
		}
		cond_resched();
	}
	return 0;
}

/* Undoes memfd_hugetlb_pin() */
static void memfd_hugetlb_unpin(const struct memfd_hugetlb_preserved *preserved)
{
	memfd_luo_unpin(preserved->folios, preserved->nr_folios);
	vfree(preserved->folios);
}

static int memfd_hugetlb_preserve_pages(struct file *file, struct hstate *h,
					struct memfd_hugetlb_preserved *preserved,
					struct memfd_hugetlb_ser *ser)
{
	int err;

	if (!ser->size)
		return 0;
	err = memfd_hugetlb_pin(file, h, ser->size, preserved);
	if (err)
		return err;
	err = memfd_hugetlb_pool_prepare(h, preserved->nr_node);
	if (err)
		goto err_unpin;
	err = memfd_hugetlb_preserve_folios(preserved);
	if (err)
		goto err_unpin;
	err = kho_preserve_vmalloc(preserved->folios, &ser->folios);
	if (err)
		goto err_unpreserve;
	ser->nr_folios = preserved->nr_folios;
	return 0;

err_unpreserve:
	memfd_hugetlb_unpreserve_folios(preserved, preserved->nr_folios);
err_unpin:
	memfd_hugetlb_unpin(preserved);
	return err;
}

/* The file is frozen; returns its record */
static struct memfd_hugetlb_ser *
memfd_hugetlb_preserve_file(struct file *file, struct memfd_hugetlb_preserved *preserved)
{
	struct hstate *h = hstate_file(file);
	struct memfd_hugetlb_ser *ser;
	int seals = memfd_get_seals(file);
	int err;

	if (seals < 0)
		return ERR_PTR(seals);
	if (seals & ~MEMFD_LUO_ALL_SEALS)
		return ERR_PTR(-EOPNOTSUPP);
	ser = kho_alloc_preserve(sizeof(*ser));
	if (IS_ERR(ser))
		return ser;
	ser->pos = file->f_pos;
	ser->size = i_size_read(file_inode(file));
	ser->seals = seals;
	ser->page_shift = huge_page_shift(h);
	err = memfd_hugetlb_preserve_pages(file, h, preserved, ser);
	if (err) {
		kho_unpreserve_free(ser);
		return ERR_PTR(err);
	}
	return ser;
}

static int memfd_hugetlb_preserve(struct liveupdate_file_op_args *args)
{
	struct inode *inode = file_inode(args->file);
	struct memfd_hugetlb_preserved *preserved;
	struct memfd_hugetlb_ser *ser;

	preserved = kzalloc_flex(*preserved, nr_node, nr_node_ids);
	if (!preserved)
		return -ENOMEM;

	inode_lock(inode);
	HUGETLBFS_I(inode)->frozen = MEMFD_HUGETLB_FROZEN;
	ser = memfd_hugetlb_preserve_file(args->file, preserved);
	if (IS_ERR(ser))
		HUGETLBFS_I(inode)->frozen = 0;
	inode_unlock(inode);

	if (IS_ERR(ser)) {
		kfree(preserved);
		return PTR_ERR(ser);
	}
	args->private_data = preserved;
	args->serialized_data = virt_to_phys(ser);
	return 0;
}

static void memfd_hugetlb_unpreserve(struct liveupdate_file_op_args *args)
{
	struct memfd_hugetlb_ser *ser = phys_to_virt(args->serialized_data);
	struct memfd_hugetlb_preserved *preserved = args->private_data;
	struct inode *inode = file_inode(args->file);

	inode_lock(inode);
	HUGETLBFS_I(inode)->frozen = 0;
	inode_unlock(inode);

	if (ser->nr_folios) {
		kho_unpreserve_vmalloc(&ser->folios);
		memfd_hugetlb_unpreserve_folios(preserved, preserved->nr_folios);
		memfd_hugetlb_unpin(preserved);
	}
	kho_unpreserve_free(ser);
	kfree(preserved);
}

/* Position and seals can have changed since preserve, and there may be a memory error */
static int memfd_hugetlb_freeze(struct liveupdate_file_op_args *args)
{
	struct memfd_hugetlb_ser *ser = phys_to_virt(args->serialized_data);
	struct memfd_hugetlb_preserved *preserved = args->private_data;
	int err;

	err = memfd_luo_check_errors(file_inode(args->file), preserved->folios,
				     preserved->nr_folios);
	if (err)
		return err;
	ser->pos = args->file->f_pos;
	ser->seals = memfd_get_seals(args->file);
	memfd_hugetlb_pool_hand_over(hstate_file(args->file), preserved->nr_node, true);
	return 0;
}

static void memfd_hugetlb_unfreeze(struct liveupdate_file_op_args *args)
{
	struct memfd_hugetlb_preserved *preserved = args->private_data;

	memfd_hugetlb_pool_hand_over(hstate_file(args->file), preserved->nr_node, false);
}

/* A memfd: its file system is the kernel's own mount */
static bool memfd_hugetlb_can_preserve(struct liveupdate_file_handler *handler,
				       struct file *file)
{
	return is_file_hugepages(file) && file_inode(file)->i_sb->s_flags & SB_KERNMOUNT;
}

static unsigned long memfd_hugetlb_get_id(struct file *file)
{
	return (unsigned long)file_inode(file);
}

static const struct liveupdate_file_ops memfd_hugetlb_file_ops = {
	.can_preserve = memfd_hugetlb_can_preserve,
	.preserve = memfd_hugetlb_preserve,
	.unpreserve = memfd_hugetlb_unpreserve,
	.freeze = memfd_hugetlb_freeze,
	.unfreeze = memfd_hugetlb_unfreeze,
	.retrieve = memfd_hugetlb_retrieve,
	.finish = memfd_hugetlb_finish,
	.can_retry = true,
	.get_id = memfd_hugetlb_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler memfd_hugetlb_handler = {
	.ops = &memfd_hugetlb_file_ops,
	.compatible = MEMFD_HUGETLB_FH_COMPATIBLE,
};

static int __init memfd_hugetlb_init(void)
{
	int err;

	if (!liveupdate_enabled())
		return 0;
	err = memfd_hugetlb_pool_init();
	if (!err)
		err = liveupdate_register_file_handler(&memfd_hugetlb_handler);
	if (err)
		pr_err("could not register the file handler: %pe\n", ERR_PTR(err));
	return err;
}
late_initcall(memfd_hugetlb_init);
