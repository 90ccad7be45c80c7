/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Numbers of the journal format, which docs/journal.md describes. They are ABI between libraries of
 * different versions: a number never changes its meaning.
 */
#ifndef IOLU_JOURNAL_H
#define IOLU_JOURNAL_H

#define JOURNAL_MAGIC		"iolujrnl"
#define JOURNAL_MAGIC_SIZE	8u
#define JOURNAL_VERSION		1u
#define JOURNAL_HEADER_SIZE	32u
#define JOURNAL_CRC_AT		24u
#define JOURNAL_RECORD_SIZE	8u		/* head of a record */
#define JOURNAL_MAX_SIZE	268435456u

/* Flag of a record: a reader that does not know the type keeps the record unread */
#define JOURNAL_MAY_SKIP	1u

/* Types of records, and their sizes without the head */
#define JOURNAL_MEMFD		1u
#define JOURNAL_IOAS		2u
#define JOURNAL_MAP		3u
#define JOURNAL_HWPT		4u
#define JOURNAL_DEVICE		5u
#define JOURNAL_IRQ		6u
#define JOURNAL_BLOB		7u
#define JOURNAL_OWN_MEMFD	8u		/* a memfd with a token of the VMM */
#define JOURNAL_IRQ_KEPT	9u		/* masked, and kept by the device */
#define JOURNAL_BAR		10u		/* mapped in an IOAS */

#define JOURNAL_MEMFD_SIZE	80u
#define JOURNAL_IOAS_SIZE	64u
#define JOURNAL_MAP_SIZE	92u
#define JOURNAL_HWPT_SIZE	136u
#define JOURNAL_DEVICE_SIZE	136u
#define JOURNAL_IRQ_SIZE	8u
#define JOURNAL_IRQ_KEPT_SIZE	4u
#define JOURNAL_BAR_SIZE	96u

#endif /* IOLU_JOURNAL_H */
