/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __GENERIC_PT_LIVEUPDATE_H
#define __GENERIC_PT_LIVEUPDATE_H

#include <linux/types.h>

struct iommu_domain_ser;
struct pt_iommu;

/**
 * DOC: Carrying an I/O page table over a kexec
 *
 * An I/O page table is carried by keeping its table pages in place (KHO) and
 * telling the next kernel where its top is. Nothing in a table page changes, so
 * the hardware goes on walking it, whichever kernel is running.
 *
 * The next kernel meets the table in three steps. restore() makes it the table
 * of a domain that was just allocated; the table is *held*: map and unmap are
 * refused, and what this costs does not depend on the size of the table.
 * adopt_begin() takes back the table pages from KHO and starts a comparison:
 * from then on a map is not made but compared with what the table maps already.
 * When all that userspace believes to be mapped went through, adopt_verify()
 * tells whether the table maps anything else, and adopt_commit() turns the
 * table into an ordinary one. Or adopt_abort() goes back to holding it.
 *
 * Maps must come in ascending order of IOVA during a comparison, as iommufd
 * makes them when a domain is added to an IOAS: each part of the table is then
 * read once, and the gaps between maps are known to be free of leaves.
 */

/**
 * struct pt_iommu_liveupdate_ops - Operations of one page-table format
 * @format: Name of the format.
 * @preserve: Old kernel. Preserve all table pages and fill what @ser says about
 *	the table. The caller keeps anybody from changing the table until
 *	@unpreserve. May sleep.
 * @unpreserve: Old kernel. Undo @preserve; cannot fail.
 * @restore: New kernel. Replace the empty table of a new domain by the table
 *	that @ser describes and hold it. May sleep.
 * @adopt_begin: Start comparing. May sleep. May be called again after an error
 *	or after @adopt_abort.
 * @adopt_verify: All maps went through: 0 if the table maps nothing else,
 *	-EBADE otherwise. @bytes and @bad_iova tell of the comparison so far.
 * @adopt_commit: End of a good comparison, cannot fail.
 * @adopt_abort: Give the comparison up, cannot fail.
 * @levels: Number of levels of the table.
 */
struct pt_iommu_liveupdate_ops {
	const char *format;
	int (*preserve)(struct pt_iommu *iommu_table, struct iommu_domain_ser *ser);
	void (*unpreserve)(struct pt_iommu *iommu_table);
	int (*restore)(struct pt_iommu *iommu_table,
		       const struct iommu_domain_ser *ser);
	int (*adopt_begin)(struct pt_iommu *iommu_table);
	int (*adopt_verify)(struct pt_iommu *iommu_table, u64 *bad_iova, u64 *bytes);
	void (*adopt_commit)(struct pt_iommu *iommu_table);
	void (*adopt_abort)(struct pt_iommu *iommu_table);
	unsigned int (*levels)(struct pt_iommu *iommu_table);
};

/**
 * struct pt_iommu_liveupdate - State of a table that is not adopted yet
 * @nr_tables: Number of table pages according to the record.
 * @nr_restored: Table pages taken back from KHO so far, in the order of a walk.
 * @cursor: Below this IOVA everything has been compared.
 * @verified: Bytes found to be mapped as expected.
 * @bad_iova: Where the first difference is, if @bad.
 * @comparing: Between adopt_begin() and adopt_commit() or adopt_abort().
 * @bad: A difference was found.
 */
struct pt_iommu_liveupdate {
	u64 nr_tables;
	u64 nr_restored;
	u64 cursor;
	u64 verified;
	u64 bad_iova;
	bool comparing;
	bool bad;
};

#endif /* __GENERIC_PT_LIVEUPDATE_H */
