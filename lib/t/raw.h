/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Journals assembled by hand from docs/journal.md, not by the code of the library, so that a
 * change of the format is detected and any invalid journal can be made.
 */
#ifndef IOLU_RAW_H
#define IOLU_RAW_H

#include <stddef.h>
#include <stdint.h>

struct raw {
	uint8_t bytes[65536];
	size_t n;
	size_t record;		/* offset of the current record */
	uint32_t records;
};

void raw_begin(struct raw *raw);
void raw_record(struct raw *raw, unsigned int type, unsigned int flags);
void raw_name(struct raw *raw, const char *name);
void raw_number(struct raw *raw, uint64_t value, unsigned int bytes);
void raw_end(struct raw *raw);		/* lengths, header and checksum */
void raw_sum(uint8_t *bytes, size_t n);	/* length and checksum again after a change */

/* Records as the library writes them */
void raw_memfd(struct raw *raw, const char *name, uint64_t n, uint64_t size);
void raw_own_memfd(struct raw *raw, const char *name, uint64_t token, uint64_t size);
void raw_ioas(struct raw *raw, const char *name);
void raw_map(struct raw *raw, const char *memfd, uint64_t offset, uint64_t iova, uint64_t length,
	     uint32_t flags);
void raw_hwpt(struct raw *raw, const char *name, const char *ioas, uint64_t n);
void raw_device(struct raw *raw, const char *bdf, const char *hwpt, uint64_t n);
void raw_irq(struct raw *raw, uint32_t irq, uint32_t count);
void raw_bar(struct raw *raw, const char *ioas, uint32_t bar, uint32_t flags, uint64_t iova,
	     uint64_t length);
void raw_blob(struct raw *raw, const char *name, const char *text);

/* Two memfds, two IOASes, HWPT, devices, interrupts, blobs */
void raw_sample(struct raw *raw);

#endif /* IOLU_RAW_H */
