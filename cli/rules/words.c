// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of the command line that both kernels must have in common, because they change IOMMU
 * groups, the delivery of interrupts, the addresses of memory and BARs, or the access to
 * configuration space. A word in the next command line only does harm, and so
 * does one that only the running kernel has.
 *
 * The keys below change such things by nature, so an option of them that no rule fits gives
 * "unknown" if it is in one command line only. The words come from pci_setup(),
 * pcibios_setup(), parse_acpi(), iommu_setup(), setup_irqremap() and the early parameters
 * of arch/x86, in Linux 7.3.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "iommu/iommu.h"
#include "out/print.h"
#include "rules/words.h"
#include "target/cmdline.h"

/* Effects of words that the next kernel must not have */
#define IOMMU_OFF	"turns the IOMMU off, and with it the translation of running DMA"
#define NO_ROUTING	"turns interrupt routing off, and with it interrupt remapping"
#define NO_MASK		"forbids vfio-pci to mask INTx at the device"

/* Objects that other words change */
#define GROUPS		"the IOMMU groups"
#define INTERRUPTS	"the delivery of interrupts"
#define MEMORY		"the memory that the kernel uses"
#define MOVABLE		"the zone of memory, and maybe the next update of a VM in it"
#define CONFIG		"the access to configuration space"
#define ADDRESSES	"the addresses of BARs and buses"
#define POOL		"the pool of huge pages"

static const struct word_rule rules[] = {
	/* The IOMMU, or all PCI devices, would be off. */
	{ "iommu", "off", WORD_NEVER, IOMMU_OFF },
	{ "acpi", "off", WORD_NEVER, IOMMU_OFF },
	{ "pci", "off", WORD_NEVER, "turns all PCI devices off" },
	{ "iommu", "", WORD_HARMLESS, NULL },
	{ "iommu.passthrough", "", WORD_HARMLESS, NULL },
	{ "iommu.strict", "", WORD_HARMLESS, NULL },
	{ "iommu.forcedac", "", WORD_HARMLESS, NULL },

	/* Interrupts */
	{ "acpi", "noirq", WORD_NEVER, NO_ROUTING },
	{ "pci", "noacpi", WORD_NEVER, NO_ROUTING },
	{ "pci", "nomsi", WORD_SAME, INTERRUPTS },
	{ "nointremap", NULL, WORD_SAME, INTERRUPTS },
	{ "intremap", "off", WORD_SAME, INTERRUPTS },
	{ "intremap", "on", WORD_HARMLESS, NULL },
	{ "intremap", "nosid", WORD_HARMLESS, NULL },
	{ "intremap", "nopost", WORD_HARMLESS, NULL },
	{ "intremap", "posted_msi", WORD_HARMLESS, NULL },
	{ "intremap", "no_x2apic_optout", WORD_UNSURE, INTERRUPTS },
	{ "intremap", "", WORD_UNSURE, INTERRUPTS },
	{ "nox2apic", NULL, WORD_UNSURE, INTERRUPTS },
	{ "x2apic_phys", NULL, WORD_HARMLESS, NULL },
	{ "nolapic", NULL, WORD_SAME, INTERRUPTS },
	{ "disableapic", NULL, WORD_SAME, INTERRUPTS },
	{ "noapic", NULL, WORD_UNSURE, INTERRUPTS },
	{ "pirq", "", WORD_UNSURE, INTERRUPTS },
	{ "pci", "biosirq", WORD_UNSURE, INTERRUPTS },
	{ "pci", "noioapicquirk", WORD_UNSURE, INTERRUPTS },

	/* IOMMU groups and requester IDs */
	{ "pcie_acs_override", "", WORD_SAME, GROUPS },
	{ "pci", "disable_acs_redir", WORD_SAME, GROUPS },
	{ "pci", "config_acs", WORD_SAME, GROUPS },
	{ "pci", "noari", WORD_SAME, GROUPS },
	{ "pci", "nodomains", WORD_SAME, "the segment numbers of devices" },
	{ "pci", "pcie_scan_all", WORD_SAME, "the devices that are found" },
	{ "pci", "lastbus", WORD_SAME, "the devices that are found" },
	{ "pci", "assign-busses", WORD_SAME, ADDRESSES },

	/* Configuration space */
	{ "pci", "conf", WORD_SAME, CONFIG },
	{ "pci", "nommconf", WORD_SAME, CONFIG },
	{ "pci", "bios", WORD_SAME, CONFIG },
	{ "pci", "nobios", WORD_HARMLESS, NULL },
	{ "pci", "check_enable_amd_mmconf", WORD_SAME, CONFIG },
	{ "pci", "pcie_bus_", WORD_SAME, "the payload size of PCI Express links" },
	{ "pci", "ecrc", WORD_SAME, "error checks of PCI Express links" },
	{ "pci", "noats", WORD_KEEP, "ATS, which is off now" },

	/* Addresses */
	{ "pci", "realloc", WORD_SAME, ADDRESSES },
	{ "pci", "resource_alignment", WORD_SAME, ADDRESSES },
	{ "pci", "hp", WORD_SAME, ADDRESSES },
	{ "pci", "use_crs", WORD_SAME, ADDRESSES },
	{ "pci", "nocrs", WORD_SAME, ADDRESSES },
	{ "pci", "use_e820", WORD_SAME, ADDRESSES },
	{ "pci", "no_e820", WORD_SAME, ADDRESSES },
	{ "pci", "big_root_window", WORD_SAME, ADDRESSES },
	{ "pci", "nobar", WORD_SAME, ADDRESSES },
	{ "pci", "rom", WORD_SAME, ADDRESSES },
	{ "pci", "norom", WORD_SAME, ADDRESSES },
	{ "pci", "noaer", WORD_HARMLESS, NULL },
	{ "pci", "earlydump", WORD_HARMLESS, NULL },
	{ "pci", "notph", WORD_HARMLESS, NULL },
	{ "pci", "bfsort", WORD_HARMLESS, NULL },
	{ "pci", "nobfsort", WORD_HARMLESS, NULL },
	{ "pci", "routeirq", WORD_HARMLESS, NULL },
	{ "pci", "", WORD_UNSURE, "PCI" },
	{ "pcie_ports", "", WORD_UNSURE, "PCI Express ports" },
	{ "pcie_aspm", "", WORD_UNSURE, "the power states of PCI Express links" },

	/* Memory and firmware tables */
	{ "mem", "", WORD_SAME, MEMORY },
	{ "memmap", "", WORD_SAME, MEMORY },
	{ "acpi", "", WORD_UNSURE, "the tables of the firmware" },
	{ "noefi", NULL, WORD_UNSURE, "the tables of the firmware" },
	{ "numa", "", WORD_UNSURE, MEMORY },
	{ "kernelcore", "", WORD_UNSURE, MOVABLE },
	{ "movablecore", "", WORD_UNSURE, MOVABLE },
	{ "movable_node", NULL, WORD_UNSURE, MOVABLE },

	/* Words that are easily forgotten */
	{ "root", "", WORD_FORGOTTEN, "the root file system" },
	{ "crashkernel", "", WORD_FORGOTTEN, "the memory of the crash kernel" },
	{ "hugepages", "", WORD_FORGOTTEN, POOL },
	{ "hugepagesz", "", WORD_MISSED, POOL },
	{ "hugetlb_cma", "", WORD_FORGOTTEN, POOL },
	{ "default_hugepagesz", "", WORD_UNSURE, POOL },

	/* Drivers */
	{ "vfio_pci.nointxmask", "", WORD_NEVER, NO_MASK },
	{ "vfio_pci.nointxmask", NULL, WORD_NEVER, NO_MASK },
	{ "module_blacklist", "", WORD_UNSURE, "the drivers that are available" },
	{ "initcall_blacklist", "", WORD_UNSURE, "the drivers that are available" },
	{}
};

static const struct word_rule *fits(const struct word_rule *rule, const char *key,
				    const char *text)
{
	for (; rule->key; rule++) {
		if (strcmp(rule->key, key))
			continue;
		if (rule->option && text ? !strncmp(text, rule->option, strlen(rule->option)) :
		    !rule->option && !text)
			return rule;
	}
	return NULL;
}

static const struct word_rule *rule_of(const char *key, const char *text)
{
	const struct word_rule *rule = fits(rules, key, text);
	const struct iommu_kind *const *kind;

	for (kind = iommu_kinds; !rule && *kind; kind++)
		rule = fits((*kind)->words, key, text);
	return rule;
}

/* vfio_pci.nointxmask=N is the default. */
static bool is_no(const char *key, const char *text)
{
	return !strncmp(key, "vfio", 4) && text && strchr("0nN", *text) && *text;
}

static bool is_in(const struct cmdline *line, const char *key, const char *text)
{
	int i;

	for (i = 0; i < line->n; i++) {
		const char *other = line->option[i].text;

		if (!strcmp(line->option[i].key, key) &&
		    (text && other ? !strcmp(text, other) : !text && !other))
			return true;
	}
	return false;
}

static enum answer judge(const struct word_rule *rule, bool in_next, bool in_both)
{
	switch (rule->effect) {
	case WORD_HARMLESS:
		return YES;
	case WORD_NEVER:
		return in_next ? NO : YES;
	case WORD_KEEP:
		return in_next ? YES : NO;
	case WORD_SAME:
		return in_both ? YES : NO;
	case WORD_FORGOTTEN:
	case WORD_MISSED:
		return in_next || in_both ? YES : UNKNOWN;
	default:
		return in_both ? YES : UNKNOWN;
	}
}

/* Returns the number of items; @in_next: @line is the next command line, @other this one. */
static int compare(struct json_object *items, const struct cmdline *line,
		   const struct cmdline *other, bool in_next)
{
	char word[256], name[64], todo[320];
	int i, n = 0;

	for (i = 0; i < line->n; i++) {
		const char *key = line->option[i].key, *text = line->option[i].text;
		const struct word_rule *rule = rule_of(key, text);
		bool in_both;
		enum answer answer;

		if (!rule || is_no(key, text))
			continue;
		in_both = rule->effect == WORD_FORGOTTEN ? cmdline_has(other, key, NULL) :
			  is_in(other, key, text);
		if (in_both && !in_next)
			continue;
		answer = judge(rule, in_next, in_both);
		if (answer == YES)
			continue;
		n++;
		snprintf(word, sizeof(word), "%.100s%s%.140s", key, text ? "=" : "",
			 text ? text : "");
		snprintf(name, sizeof(name), "%.50s%s", key, text ? "=" : "");
		snprintf(todo, sizeof(todo), "%s the next command line",
			 in_next ? "remove it from" : "add it to");
		out_item(items, "target", name, answer, todo, "%s%s %s", word,
			 rule->effect == WORD_NEVER ? "" :
			 in_next ? " is only in the next command line and changes" :
			 " is only in the running kernel's command line and changes",
			 rule->changes);
	}
	return n;
}

void words_check(struct json_object *items, const struct cmdline *now,
		 const struct cmdline *next)
{
	int n = compare(items, next, now, true) + compare(items, now, next, false);

	if (!n)
		out_item(items, "target", "words", YES, NULL,
			 "no difference in groups, interrupts, memory or configuration access");
}
