// SPDX-License-Identifier: GPL-2.0-only
/*
 * AMD-Vi. It is on unless the command line turns it off. The kernel does not show the format of
 * its page tables. It follows from the command line; host (v1) is the default.
 */
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "iommu/iommu.h"
#include "out/print.h"

#define KEY	"amd_iommu"

/* A bit of the capability header (AMD IOMMU specification, section 3.2.1): device TLBs */
#define CAP_IOTLB	(1ull << 24)

/*
 * Bits of the extended feature register (section 3.4.1): PPRSup, GTSup, GIoSup, EPHSup. The
 * driver uses ATS on a unit that has them all.
 */
#define FEATURES_ATS	(1ull << 1 | 1ull << 4 | 1ull << 48 | 1ull << 50)

static bool caps(const char *unit, const struct cmdline *now, struct iommu_caps *caps)
{
	uint64_t features = FEATURES_ATS;
	char text[48];

	if (!host_text(text, sizeof(text), "/sys/class/iommu/%s/amd-iommu/features", unit))
		features = strtoull(text, NULL, 16);
	if (host_text(text, sizeof(text), "/sys/class/iommu/%s/amd-iommu/cap", unit))
		return false;
	caps->ats = (strtoull(text, NULL, 16) & CAP_IOTLB) &&
		    (features & FEATURES_ATS) == FEATURES_ATS &&
		    !cmdline_has(now, "pci", "noats");
	caps->refuse_ats = true;
	caps->pri = false;	/* ATS is refused already */
	return true;
}

/* The last of the two options wins. The kernel compares their beginnings only. */
static bool guest_tables(const struct cmdline *line)
{
	bool guest = false;
	int i;

	for (i = 0; i < line->n; i++) {
		const char *text = line->option[i].text;

		if (!strcmp(line->option[i].key, KEY) && text && !strncmp(text, "pgtbl_v", 7))
			guest = text[7] == '2';
	}
	return guest;
}

static const char *mode(const struct cmdline *now)
{
	return guest_tables(now) ? "guest (v2) page tables" : "host (v1) page tables";
}

static void check_next(struct json_object *items, const struct cmdline *now,
		       const struct cmdline *next)
{
	static const char *const todo = "boot both kernels with " KEY "=pgtbl_v1";

	if (cmdline_has(next, KEY, "off"))
		out_item(items, "target", KEY "=", NO,
			 "remove " KEY "=off from the next command line", "off");
	else
		out_item(items, "target", KEY "=", YES, NULL, "not off, so AMD-Vi is on");
	if (guest_tables(now) || guest_tables(next))
		out_item(items, "target", "mode", NO, todo,
			 "the %s kernel uses guest (v2) page tables, which are not preserved",
			 guest_tables(now) ? "running" : "next");
	else
		out_item(items, "target", "mode", YES, NULL, "%s in both kernels", mode(now));
}

static const struct word_rule words[] = {
	{ KEY, "off", WORD_HARMLESS, NULL },		/* see above */
	{ KEY, "pgtbl_v", WORD_HARMLESS, NULL },
	{ KEY, "fullflush", WORD_HARMLESS, NULL },
	{ KEY, "force_isolation", WORD_HARMLESS, NULL },
	{ KEY, "irtcachedis", WORD_HARMLESS, NULL },
	{ KEY, "force_enable", WORD_KEEP, "whether AMD-Vi is on" },
	{ KEY, "nohugepages", WORD_SAME, "the page sizes of I/O page tables" },
	{ KEY, "v2_pgsizes_only", WORD_SAME, "the page sizes of I/O page tables" },
	{ "amd_iommu_intr", "", WORD_HARMLESS, NULL },
	{ "amd_iommu_dump", NULL, WORD_HARMLESS, NULL },
	{ "mem_encrypt", "on", WORD_NEVER, "encrypts the host's memory" },
	{ "ivrs_ioapic", "", WORD_UNSURE, "the sources of interrupts" },
	{ "ivrs_hpet", "", WORD_UNSURE, "the sources of interrupts" },
	{ "ivrs_acpihid", "", WORD_UNSURE, "the sources of DMA" },
	{}
};

const struct iommu_kind iommu_amd = {
	.name = "AMD-Vi", .option = "AMD_IOMMU", .enable = "boot without " KEY "=off (AMD-Vi)",
	.words = words, .caps = caps, .mode = mode, .check_next = check_next,
};
