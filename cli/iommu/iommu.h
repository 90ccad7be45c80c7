/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOMMUs of the host. Each kind of IOMMU that a live update supports is one file beside
 * this header and one entry of the table in iommu.c; no other file names a kind.
 */
#ifndef IOLU_CLI_IOMMU_IOMMU_H
#define IOLU_CLI_IOMMU_IOMMU_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/words.h"
#include "target/cmdline.h"

struct json_object;

/*
 * Features of a unit that are in use under the running kernel's command line; @refuse_ats: a live
 * update does not support its ATS
 */
struct iommu_caps {
	bool ats, refuse_ats, pri;
};

/* Does the driver of a unit use the ATS of a function? */
enum ats_use { ATS_USED, ATS_UNUSED, ATS_BY_HARDWARE, ATS_UNKNOWN };

/**
 * struct iommu_kind - A kind of IOMMU.
 * @name: Its name for people.
 * @option: The option of its driver.
 * @enable: The way to turn it on, for people.
 * @words: Its words of the command line that must not change, ended by an entry without key.
 * @caps: The features of a unit in /sys/class/iommu; false if the unit is of another kind.
 * @ats_use: The use of ATS of the function @bdf, which supports it, below the root port @port or,
 *	     if that is "", below none. For a virtual function @bdf is the physical one.
 * @mode: The translation mode of the units, for people.
 * @check_next: Compare its words in both command lines and append items.
 */
struct iommu_kind {
	const char *name, *option, *enable;
	const struct word_rule *words;
	bool (*caps)(const char *unit, const struct cmdline *now, struct iommu_caps *caps);
	enum ats_use (*ats_use)(const char *bdf, const char *port, const struct cmdline *now);
	const char *(*mode)(const struct cmdline *now);
	void (*check_next)(struct json_object *items, const struct cmdline *now,
			   const struct cmdline *next);
};

extern const struct iommu_kind iommu_vtd;
extern const struct iommu_kind iommu_amd;

/* All kinds, ended by NULL */
extern const struct iommu_kind *const iommu_kinds[];

/* The kind of a unit and its features; NULL if the unit is of no supported kind */
const struct iommu_kind *iommu_of(const char *unit, const struct cmdline *now,
				  struct iommu_caps *caps);

/**
 * struct iommu_units - The units in use.
 * @kind: Their kind, NULL if none is of a supported kind.
 * @n: The number of units of that kind.
 * @other: The name of a unit of another kind, "" if there is none.
 */
struct iommu_units {
	const struct iommu_kind *kind;
	int n;
	char other[64];
};

struct iommu_units iommu_units_find(void);

#endif /* IOLU_CLI_IOMMU_IOMMU_H */
