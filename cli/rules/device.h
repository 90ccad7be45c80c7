/* SPDX-License-Identifier: GPL-2.0-only */
/* Can a function be carried over a live update? */
#ifndef IOLU_CLI_RULES_DEVICE_H
#define IOLU_CLI_RULES_DEVICE_H

#include <stdint.h>

#include "out/print.h"
#include "host/pci.h"
#include "host/open_files.h"
#include "target/cmdline.h"

#define BRIDGES	16

/**
 * struct carried - What the rules look at.
 * @fn: The function.
 * @bridge: The bridges above it, @nbridges of them, the nearest first.
 * @driver: Its driver, "" if none.
 * @unit: Its IOMMU, "" if none; @vtd: it is a VT-d unit, with @ecap.
 * @members: Functions in its group.
 * @opened: Somebody has it open; @who tells; through its cdev unless @through_group.
 * @came: Somebody has one open that came with an update; it has no name there.
 * @all_seen: All processes could be looked at.
 * @now: The command line of the running kernel.
 */
struct carried {
	struct pci_fn fn, bridge[BRIDGES];
	int nbridges;
	char driver[64], unit[64], who[64];
	bool vtd, opened, through_group, came, all_seen;
	uint64_t ecap;
	int members;
	struct words now;
};

/* What a rule says about a function: @why and @todo are set unless the answer is YES. */
struct finding {
	char why[256];
	const char *todo;
};

typedef enum answer carry_rule(const struct carried *c, struct finding *f);

/* Sets @f and returns @answer. */
enum answer found(struct finding *f, enum answer answer, const char *todo, const char *fmt, ...)
	PRINTF(4, 5);

/* The rules, ended by NULL: those of the PCI core and vfio, and those of the IOMMU */
extern carry_rule *const carry_pci_rules[], *const carry_iommu_rules[];

/* What the kernel knows about single models, by vendor and device id (device_quirks.c) */
carry_rule carry_quirk;

/**
 * carry_check() - Look at one function, with all rules.
 * @items: Gets an item for each rule that does not say yes, or one that says yes.
 * @bdf: The function.
 */
void carry_check(struct json_object *items, const char *bdf);

#endif /* IOLU_CLI_RULES_DEVICE_H */
