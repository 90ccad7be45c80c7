/* SPDX-License-Identifier: GPL-2.0-only */
/* Can a function be preserved? See device.c */
#ifndef IOLU_CLI_RULES_DEVICE_H
#define IOLU_CLI_RULES_DEVICE_H

#include "host/devices.h"
#include "host/pci.h"
#include "iommu/iommu.h"
#include "out/print.h"
#include "rules/refusals.h"

#define BRIDGES	16

/**
 * struct candidate - The input of the rules.
 * @fn: The function.
 * @bridge: The bridges above it, @nbridges of them, the nearest first.
 * @driver: Its driver, "" if none.
 * @unit: Its IOMMU unit, "" if none.
 * @kind: The kind of that unit, NULL if it does not support live update; with @caps.
 * @members: The number of functions in its IOMMU group.
 * @device: Its name in vfio and its live update state.
 * @user: Its user.
 */
struct candidate {
	struct pci_fn fn, bridge[BRIDGES];
	int nbridges;
	char driver[64], unit[64];
	const struct iommu_kind *kind;
	struct iommu_caps caps;
	int members;
	struct device device;
	struct device_user user;
};

/* The result of a rule whose answer is not yes */
struct finding {
	char why[256];
	const char *todo;
};

typedef enum answer device_rule(const struct candidate *c, struct finding *f);

/* The answer NO, in the words of the table of refusals, with details in parentheses */
enum answer refuse(struct finding *f, enum refusal_id id, const char *detail, ...)
	PRINTF(3, 4);

/* The answer UNKNOWN */
enum answer unsure(struct finding *f, const char *todo, const char *fmt, ...) PRINTF(3, 4);

/* The rules, ended by NULL: those of PCI and vfio, and those of the IOMMU */
extern device_rule *const device_pci_rules[], *const device_iommu_rules[];

/* Would freeze of the candidate find that @bdf, which depends on it, is in use and not preserved? */
bool device_is_left(const struct candidate *c, const char *bdf);

/* The kernel's knowledge of single models (device_quirks.c) */
device_rule device_quirk;

#endif /* IOLU_CLI_RULES_DEVICE_H */
