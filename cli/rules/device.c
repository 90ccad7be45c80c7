// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can a function be carried? Each reason for which the kernel refuses one that can be seen
 * from outside is a rule (device_*.c); a rule says no, or that it
 * cannot tell, or yes. What depends on what a VMM does with its HWPTs and memory is not
 * looked at: it can do it right whatever the host is like.
 *
 * Invariant: where the kernel's rule depends on something that is not visible the answer is
 * never yes.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "rules/device.h"
#include "host/files.h"
#include "iommu/vtd.h"

#define DEVICE	"/sys/bus/pci/devices/%s"

enum answer found(struct finding *f, enum answer answer, const char *todo, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, args);
	va_end(args);
	f->todo = todo;
	return answer;
}

/* Who has it open, by cdev or through its group */
static void look_who(struct carried *c)
{
	char name[64], path[160], group[64];
	struct holders holders = procs_find("/dev/vfio/");
	int i;

	if (pci_vfio_name(&c->fn, name, sizeof(name)))
		name[0] = '\0';
	if (host_link_name(group, sizeof(group), DEVICE "/iommu_group", c->fn.bdf))
		group[0] = '\0';
	c->all_seen = holders.complete;
	for (i = 0; i < holders.n; i++) {
		const struct holder *h = &holders.holder[i];

		snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
		if (*name && !strcmp(h->what, path))
			c->opened = true;
		snprintf(path, sizeof(path), "/dev/vfio/%s", group);
		if (*group && !strcmp(h->what, path))
			c->opened = c->through_group = true;
		if (c->opened && !*c->who)
			snprintf(c->who, sizeof(c->who), "process %d (%s)", h->pid, h->comm);
	}
	procs_free(&holders);
	holders = procs_find("anon_inode:[vfio-device]");
	c->came = holders.n;
	procs_free(&holders);
}

static int look(struct carried *c, const char *bdf)
{
	struct names members;
	char line[4096];
	int rc;

	*c = (struct carried){};
	rc = pci_look(&c->fn, bdf);
	if (rc)
		return rc;
	while (c->nbridges < BRIDGES &&
	       pci_bridge_above(c->nbridges ? &c->bridge[c->nbridges - 1] : &c->fn,
				&c->bridge[c->nbridges]))
		c->nbridges++;
	host_link_name(c->driver, sizeof(c->driver), DEVICE "/driver", c->fn.bdf);
	host_link_name(c->unit, sizeof(c->unit), DEVICE "/iommu", c->fn.bdf);
	c->vtd = *c->unit && !vtd_ecap(c->unit, &c->ecap);
	members = host_names(DEVICE "/iommu_group/devices", c->fn.bdf);
	c->members = members.n;
	host_names_free(&members);
	if (!host_text(line, sizeof(line), "/proc/cmdline"))
		words_parse(&c->now, line);
	look_who(c);
	return 0;
}

static enum answer apply(struct json_object *items, const struct carried *c,
			 carry_rule *const *rule)
{
	enum answer worst = YES;

	for (; *rule; rule++) {
		struct finding f = {};
		enum answer answer = (*rule)(c, &f);

		if (answer != YES)
			out_item(items, "device", c->fn.bdf, answer, f.todo, "%s", f.why);
		worst = answer_worse(worst, answer);
	}
	return worst;
}

void carry_check(struct json_object *items, const char *bdf)
{
	enum answer answer;
	struct carried c;
	int rc = look(&c, bdf);

	if (rc) {
		out_item(items, "device", bdf, rc == -ENODEV ? NO : UNKNOWN, NULL, "%s", strerror(-rc));
		return;
	}
	answer = apply(items, &c, carry_pci_rules);
	answer = answer_worse(answer, apply(items, &c, carry_iommu_rules));
	if (answer == YES)
		out_item(items, "device", c.fn.bdf, YES, NULL, "%04x:%04x behind %s, %s",
			 c.fn.vendor, c.fn.device, c.unit, c.opened ? c.who : "nobody uses it");
}
