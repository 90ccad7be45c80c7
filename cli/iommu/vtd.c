// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel VT-d. The kernel does not show the translation mode of the units. It follows from the
 * hardware's features and the command line, unless the command line does not name a mode.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "iommu/dmar.h"
#include "iommu/iommu.h"
#include "out/print.h"

#define KEY	"intel_iommu"

/* Bits of the extended capability register (VT-d specification, section 11.4.3) */
#define ECAP_DEVICE_IOTLB	(1ull << 2)
#define ECAP_PAGE_REQUESTS	(1ull << 29)
#define ECAP_PAGE_DRAIN		(1ull << 42)
#define ECAP_SCALABLE		(1ull << 43)

static bool read_ecap(const char *unit, uint64_t *ecap)
{
	char text[32];

	if (host_text(text, sizeof(text), "/sys/class/iommu/%s/intel-iommu/ecap", unit))
		return false;
	*ecap = strtoull(text, NULL, 16);
	return true;
}

/* The last of the options @on and @off wins. The kernel compares their beginnings only. */
static enum setting setting_of(const struct cmdline *line, const char *on, const char *off)
{
	enum setting setting = UNSET;
	int i;

	for (i = 0; i < line->n; i++) {
		const char *text = line->option[i].text;

		if (strcmp(line->option[i].key, KEY) || !text)
			continue;
		if (!strncmp(text, on, strlen(on)))
			setting = ON;
		else if (!strncmp(text, off, strlen(off)))
			setting = OFF;
	}
	return setting;
}

static enum setting enabled(const struct cmdline *line)
{
	return setting_of(line, "on", "off");
}

static enum setting scalable(const struct cmdline *line)
{
	return setting_of(line, "sm_on", "sm_off");
}

static bool caps(const char *unit, const struct cmdline *now, struct iommu_caps *caps)
{
	const uint64_t pri = ECAP_SCALABLE | ECAP_PAGE_REQUESTS | ECAP_PAGE_DRAIN;
	uint64_t ecap;

	if (!read_ecap(unit, &ecap))
		return false;
	caps->ats = (ecap & ECAP_DEVICE_IOTLB) && !cmdline_has(now, "pci", "noats");
	caps->refuse_ats = false;
	caps->pri = caps->ats && (ecap & pri) == pri && scalable(now) != OFF;
	return true;
}

enum mode { LEGACY_ONLY, LEGACY, SCALABLE, EITHER };

static const char *const mode_names[] = {
	[LEGACY_ONLY] = "legacy mode", [LEGACY] = "legacy mode",
	[SCALABLE] = "scalable mode", [EITHER] = "mode unknown",
};

/* A unit without scalable mode is in legacy mode whatever the command line says. */
static enum mode mode_of(const struct cmdline *now)
{
	struct names names = host_names("/sys/class/iommu");
	bool choice = false;
	uint64_t ecap;
	int i;

	for (i = 0; i < names.n; i++)
		choice |= read_ecap(names.name[i], &ecap) && (ecap & ECAP_SCALABLE);
	host_names_free(&names);
	if (!choice)
		return LEGACY_ONLY;
	return scalable(now) == UNSET ? EITHER : scalable(now) == ON ? SCALABLE : LEGACY;
}

/* Hardware uses ATS by itself in legacy mode only, so an unknown mode leaves that open. */
static enum ats_use ats_use(const char *bdf, const char *port, const struct cmdline *now)
{
	enum ats_use use = dmar_ats_use(bdf, port, mode_of(now) != SCALABLE);

	return use == ATS_BY_HARDWARE && mode_of(now) == EITHER ? ATS_UNKNOWN : use;
}

static const char *mode(const struct cmdline *now)
{
	return mode_names[mode_of(now)];
}

static void check_enabled(struct json_object *items, const struct cmdline *next)
{
	static const char *const todo = "add " KEY "=on to the next command line";

	switch (enabled(next)) {
	case ON:
		out_item(items, "target", KEY "=", YES, NULL, "on");
		break;
	case OFF:
		out_item(items, "target", KEY "=", NO, todo, "off");
		break;
	default:
		out_item(items, "target", KEY "=", UNKNOWN, todo,
			 "absent; the kernel's configuration decides");
	}
}

static void check_mode(struct json_object *items, enum mode now, const struct cmdline *next)
{
	char todo[80];

	snprintf(todo, sizeof(todo), "add " KEY "=%s to the next command line",
		 now == SCALABLE ? "sm_on" : "sm_off");
	if (now == LEGACY_ONLY)
		out_item(items, "target", "mode", YES, NULL, "%s, the hardware has no other",
			 mode_names[now]);
	else if (now == EITHER)
		out_item(items, "target", "mode", UNKNOWN,
			 "boot both kernels with " KEY "=sm_on, or both with sm_off",
			 "the running kernel's command line has neither sm_on nor sm_off");
	else if (scalable(next) == UNSET)
		out_item(items, "target", "mode", UNKNOWN, todo,
			 "absent; the kernel's configuration decides");
	else if ((scalable(next) == ON) == (now == SCALABLE))
		out_item(items, "target", "mode", YES, NULL, "%s in both kernels",
			 mode_names[now]);
	else
		out_item(items, "target", "mode", NO, todo,
			 "the running kernel uses %s, the next one would not; it would isolate "
			 "all devices", mode_names[now]);
}

static void check_next(struct json_object *items, const struct cmdline *now,
		       const struct cmdline *next)
{
	check_enabled(items, next);
	check_mode(items, mode_of(now), next);
}

static const struct word_rule words[] = {
	{ KEY, "on", WORD_HARMLESS, NULL },		/* on, off, sm_on, sm_off: see above */
	{ KEY, "off", WORD_HARMLESS, NULL },
	{ KEY, "sm_on", WORD_HARMLESS, NULL },
	{ KEY, "sm_off", WORD_HARMLESS, NULL },
	{ KEY, "igfx_off", WORD_HARMLESS, NULL },	/* displays are not preserved */
	{ KEY, "intgpu_off", WORD_HARMLESS, NULL },
	{ KEY, "strict", WORD_HARMLESS, NULL },
	{ KEY, "forcedac", WORD_HARMLESS, NULL },
	{ KEY, "tboot_noforce", WORD_HARMLESS, NULL },
	{ KEY, "sp_off", WORD_SAME, "the page sizes of I/O page tables" },
	{}
};

const struct iommu_kind iommu_vtd = {
	.name = "VT-d", .option = "INTEL_IOMMU", .enable = "boot with " KEY "=on (VT-d)",
	.words = words, .caps = caps, .ats_use = ats_use, .mode = mode, .check_next = check_next,
};
