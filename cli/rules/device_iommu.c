// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can a function be preserved? The rules of the IOMMU.
 *
 * A request must reach the IOMMU with the function's own requester ID. Only PCI Express ports
 * pass it on unchanged; any other bridge replaces it by its own.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "rules/device.h"
#include "rules/rules.h"

static enum answer unit(const struct candidate *c, struct finding *f)
{
	if (!*c->unit)
		return refuse(f, DEVICE_IOMMU, "no IOMMU");
	if (!c->kind)
		return refuse(f, DEVICE_IOMMU, "%s", c->unit);
	return YES;
}

static enum answer group(const struct candidate *c, struct finding *f)
{
	if (*c->unit && c->members < 1)
		return refuse(f, DEVICE_IOMMU, "no IOMMU group");
	return YES;
}

/* At freeze; bridges only forward the requests of others. */
static enum answer other_members(const struct candidate *c, struct finding *f)
{
	struct names members = host_names("/sys/bus/pci/devices/%s/iommu_group/devices",
					  c->fn.bdf);
	char left[128] = "";
	size_t len = 0;
	int i;

	for (i = 0; i < members.n; i++)
		if (strcmp(members.name[i], c->fn.bdf) && len < sizeof(left) &&
		    device_is_left(c, members.name[i]))
			len += snprintf(left + len, sizeof(left) - len, "%s%s", len ? ", " : "",
					members.name[i]);
	host_names_free(&members);
	return len ? refuse(f, FREEZE_GROUP, "%s", left) : YES;
}

static bool passes_ids(const struct pci_fn *bridge, unsigned int express)
{
	switch ((pci_get(bridge, express + PCI_EXP_FLAGS, 2) & PCI_EXP_FLAGS_TYPE) >> 4) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_UPSTREAM:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return true;
	}
	return false;
}

static enum answer requester_id(const struct candidate *c, struct finding *f)
{
	int i;

	for (i = 0; i < c->nbridges; i++) {
		const struct pci_fn *b = &c->bridge[i];
		unsigned int express = pci_capability(b, PCI_CAP_ID_EXP);

		if (!pci_sees_capabilities(b))
			return unsure(f, AS_ROOT, "the type of bridge %s above is not readable",
				      b->bdf);
		if (!express || !passes_ids(b, express))
			return refuse(f, DEVICE_ALIAS, "that of bridge %s", b->bdf);
	}
	return YES;
}

static enum ats_use use_of_ats(const struct candidate *c)
{
	const char *port = c->nbridges ? c->bridge[c->nbridges - 1].bdf : "";
	struct cmdline now;
	char pf[BDF_LEN];

	if (!c->kind->ats_use)
		return ATS_USED;
	cmdline_of_running(&now);
	if (host_link_name(pf, sizeof(pf), "/sys/bus/pci/devices/%s/physfn", c->fn.bdf))
		return c->kind->ats_use(c->fn.bdf, port, &now);
	return c->kind->ats_use(pf, port, &now);
}

/* The page request interface of a physical function is that of its virtual functions. */
static bool shares_pri(const struct candidate *c)
{
	char pf[BDF_LEN], vfs[16];
	struct pci_fn fn;

	if (!c->caps.pri)
		return false;
	if (!host_link_name(pf, sizeof(pf), "/sys/bus/pci/devices/%s/physfn", c->fn.bdf))
		return !pci_look(&fn, pf) && pci_ext_capability(&fn, PCI_EXT_CAP_ID_PRI);
	return pci_ext_capability(&c->fn, PCI_EXT_CAP_ID_PRI) &&
	       !pci_attribute(&c->fn, "sriov_numvfs", vfs, sizeof(vfs)) && atoi(vfs);
}

static enum answer ats(const struct candidate *c, struct finding *f)
{
	enum ats_use use;
	unsigned int at;

	if (!c->kind || !c->caps.ats)
		return YES;
	if (!pci_sees_ext_capabilities(&c->fn))
		return unsure(f, AS_ROOT, "its ATS capability is not readable");
	at = pci_ext_capability(&c->fn, PCI_EXT_CAP_ID_ATS);
	if (!at)
		return YES;
	if (c->caps.refuse_ats)
		return refuse(f, DEVICE_ATS, "%s", "");
	use = use_of_ats(c);
	if (use == ATS_UNKNOWN)
		return unsure(f, AS_ROOT, "the firmware's table of its IOMMU is not readable");
	if (use == ATS_BY_HARDWARE)
		return refuse(f, DEVICE_ATS_REQUIRED, "%s", "");
	if (use == ATS_UNUSED)
		return YES;
	if (shares_pri(c))
		return refuse(f, DEVICE_PRI, "%s", "");
	/* The driver enables it for page-aligned requests only. */
	if (!(pci_get(&c->fn, at + PCI_ATS_CAP, 2) & PCI_ATS_CAP_PAGE_ALIGNED))
		return refuse(f, DEVICE_ATS_OFF, "%s", "");
	return YES;
}

device_rule *const device_iommu_rules[] = { unit, group, other_members, requester_id, ats, NULL };
