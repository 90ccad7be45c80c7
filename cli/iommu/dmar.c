// SPDX-License-Identifier: GPL-2.0-only
/*
 * The firmware's table of VT-d units (VT-d specification, chapter 8): below which root ports there
 * is ATS (ATSR structures), and which integrated devices have it (SATC structures). The kernel's
 * driver uses ATS where the table allows it, and nowhere else.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "host/files.h"
#include "host/pci.h"
#include "iommu/dmar.h"

#define TABLE		"/sys/firmware/acpi/tables/DMAR"
#define FIRST		48	/* offset of the first structure */
#define ATSR		2
#define SATC		5
#define ALL_PORTS	1	/* flag of an ATSR */
#define ATC_REQUIRED	1	/* flag of a SATC */
#define SCOPES		8	/* offset in both */
#define SCOPE_PATH	6	/* offset in a scope */

/* A structure of the table, or a device scope in it */
struct part {
	const uint8_t *at;
	size_t bytes;
};

static unsigned int word(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

/* The next part of @whole from @from on, whose length is @width bytes at @where; none: 0 bytes */
static struct part next(struct part whole, size_t from, size_t where, size_t width)
{
	struct part p = { whole.at + from, 0 };
	size_t left = from < whole.bytes ? whole.bytes - from : 0, bytes;

	if (left < where + width)
		return p;
	bytes = width == 2 ? word(p.at + where) : p.at[where];
	if (bytes >= where + width && bytes <= left)
		p.bytes = bytes;
	return p;
}

/* A scope is a path from a root bus down: device and function of each bridge, of the device last. */
static bool leads_to(struct part scope, unsigned int segment, const char *bdf)
{
	struct pci_fn bridge;
	unsigned int bus;
	char at[BDF_LEN];
	size_t i;

	if (scope.bytes < SCOPE_PATH + 2)
		return false;
	bus = scope.at[5];
	for (i = SCOPE_PATH; i + 1 < scope.bytes; i += 2) {
		snprintf(at, sizeof(at), "%04x:%02x:%02x.%x", segment, bus, scope.at[i] & 0x1f,
			 scope.at[i + 1] & 7);
		if (i + 3 >= scope.bytes)
			return !strcmp(at, bdf);
		if (pci_look(&bridge, at))
			return false;
		bus = pci_get(&bridge, PCI_SECONDARY_BUS, 1);
	}
	return false;
}

static bool has_scope(struct part structure, const char *bdf)
{
	struct part scope;
	size_t at;

	for (at = SCOPES; (scope = next(structure, at, 1, 1)).bytes; at += scope.bytes)
		if (leads_to(scope, word(structure.at + 6), bdf))
			return true;
	return false;
}

static bool is_of(struct part structure, unsigned int type, const char *bdf)
{
	unsigned int segment;

	return structure.bytes >= SCOPES && word(structure.at) == type &&
	       sscanf(bdf, "%x:", &segment) == 1 && segment == word(structure.at + 6);
}

enum ats_use dmar_ats_use(const char *bdf, const char *port, bool legacy)
{
	static uint8_t bytes[65536];
	ssize_t n = host_bytes(bytes, sizeof(bytes), TABLE);
	struct part table = { bytes, n < FIRST ? 0 : n }, s;
	bool listed = !*port;
	size_t at;

	if (!table.bytes)
		return ATS_UNKNOWN;
	for (at = FIRST; (s = next(table, at, 2, 2)).bytes; at += s.bytes) {
		if (is_of(s, SATC, bdf) && has_scope(s, bdf))
			return s.at[4] & ATC_REQUIRED && legacy ? ATS_BY_HARDWARE : ATS_USED;
		listed |= is_of(s, ATSR, bdf) && (s.at[4] & ALL_PORTS || has_scope(s, port));
	}
	return listed ? ATS_USED : ATS_UNUSED;
}
