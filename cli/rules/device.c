// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can a function be preserved? Each reason of the kernel against it that userspace can see is
 * a rule (device_*.c). A rule names a row of the table of refusals, or cannot tell. HWPTs and
 * memory mappings are not checked; they depend on the VMM.
 *
 * Invariant: if the kernel's rule depends on a value that is not visible, the answer is never
 * yes.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "host/files.h"
#include "rules/device.h"
#include "rules/rules.h"

#define DEVICE	"/sys/bus/pci/devices/%s"

enum answer refuse(struct finding *f, enum refusal_id id, const char *detail, ...)
{
	const struct refusal *refusal = refusal_of(id);
	char text[128];
	va_list args;

	va_start(args, detail);
	vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	snprintf(f->why, sizeof(f->why), *text ? "%s (%s)" : "%s", refusal->sentence, text);
	f->todo = refusal->remedy;
	return NO;
}

enum answer unsure(struct finding *f, const char *todo, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, args);
	va_end(args);
	f->todo = todo;
	return UNKNOWN;
}

static void find_iommu(struct candidate *c)
{
	struct cmdline now;
	struct names members;

	cmdline_of_running(&now);
	host_link_name(c->unit, sizeof(c->unit), DEVICE "/iommu", c->fn.bdf);
	if (*c->unit)
		c->kind = iommu_of(c->unit, &now, &c->caps);
	members = host_names(DEVICE "/iommu_group/devices", c->fn.bdf);
	c->members = members.n;
	host_names_free(&members);
}

static int look(struct candidate *c, const char *bdf, const struct holders *holders)
{
	int rc;

	*c = (struct candidate){};
	rc = pci_look(&c->fn, bdf);
	if (rc)
		return rc;
	while (c->nbridges < BRIDGES &&
	       pci_bridge_above(c->nbridges ? &c->bridge[c->nbridges - 1] : &c->fn,
				&c->bridge[c->nbridges]))
		c->nbridges++;
	host_link_name(c->driver, sizeof(c->driver), DEVICE "/driver", c->fn.bdf);
	find_iommu(c);
	c->device.pci = true;
	c->device.state = device_state(c->fn.bdf);
	snprintf(c->device.name, sizeof(c->device.name), "%s", c->fn.bdf);
	if (pci_vfio_name(&c->fn, c->device.vfio, sizeof(c->device.vfio)))
		c->device.vfio[0] = '\0';
	c->user = device_user(&c->device, holders);
	return 0;
}

static enum answer apply(struct json_object *items, const struct candidate *c,
			 device_rule *const *rule)
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

static const char *user_of(const struct candidate *c)
{
	if (*c->user.by)
		return c->user.by;
	return c->user.use == DEVICE_IDLE ? "not in use" :
	       c->user.use == DEVICE_IN_USE ? "in use, by a process that /proc does not name" :
	       "use not known";
}

static void check(struct json_object *items, const char *bdf, const struct holders *holders)
{
	enum answer answer;
	struct candidate c;
	int rc = look(&c, bdf, holders);

	if (rc) {
		out_item(items, "device", bdf, rc == -ENODEV ? NO : UNKNOWN, NULL, "%s",
			 rc == -ENODEV ? "there is no such PCI device; write an address like "
			 "0000:01:00.0" : strerror(-rc));
		return;
	}
	answer = apply(items, &c, device_pci_rules);
	answer = answer_worse(answer, apply(items, &c, device_iommu_rules));
	if (answer == YES)
		out_item(items, "device", c.fn.bdf, YES, NULL, "%04x:%04x behind %s, %s",
			 c.fn.vendor, c.fn.device, c.unit, user_of(&c));
}

static void check_other(struct json_object *items, const struct device *device)
{
	out_item(items, "device", device->name, NO, refusal_of(DEVICE_ENDPOINT)->remedy,
		 "%s (a vfio device that is no PCI function)",
		 refusal_of(DEVICE_ENDPOINT)->sentence);
}

static void check_all(struct json_object *items, const struct holders *holders)
{
	struct devices devices = devices_find();
	int i;

	for (i = 0; i < devices.n; i++)
		if (devices.device[i].pci)
			check(items, devices.device[i].name, holders);
		else
			check_other(items, &devices.device[i]);
	if (!devices.visible)
		out_item(items, "device", "none", UNKNOWN, "mount sysfs",
			 "the PCI devices of the host are not visible");
	else if (!devices.n)
		out_item(items, "device", "none", YES, NULL,
			 "no device has a vfio driver or takes part in a live update");
	devices_free(&devices);
}

void check_devices(struct json_object *items, const struct call *call)
{
	struct holders holders = open_files_find("/dev/vfio/");
	int i;

	for (i = 0; i < call->ngiven; i++)
		if (!strcmp(call->given[i].opt->name, "device"))
			check(items, call->given[i].value, &holders);
	if (!call_get(call, "device"))
		check_all(items, &holders);
	open_files_free(&holders);
}

void check_preserved_devices(struct json_object *items, const struct devices *devices)
{
	struct holders holders = open_files_find("/dev/vfio/");
	int i;

	for (i = 0; i < devices->n; i++)
		if (devices->device[i].state == DEVICE_OUTGOING)
			check(items, devices->device[i].name, &holders);
	open_files_free(&holders);
}

bool check_addresses(const struct call *call)
{
	char bdf[BDF_LEN];
	int i;

	for (i = 0; i < call->ngiven; i++) {
		const char *value = call->given[i].value;

		if (strcmp(call->given[i].opt->name, "device") || !pci_address(bdf, value))
			continue;
		call_fail(call, EXIT_USAGE,
			  "--device %s: not a PCI address; write it like 0000:01:00.0", value);
		return false;
	}
	return true;
}
