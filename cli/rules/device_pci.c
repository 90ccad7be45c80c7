// SPDX-License-Identifier: GPL-2.0-only
/*
 * Can a function be preserved? The rules of vfio-pci and the PCI core, and those of freeze as
 * far as they can be predicted.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "host/formats.h"
#include "rules/device.h"
#include "rules/rules.h"

#define CLASS_DISPLAY	0x03
#define CLASS_VGA	0x0300
#define VENDOR_INTEL	0x8086
#define CLASS_BRIDGE	0x06
#define CLASS_USB	0x0c03

/* An incoming function gets its driver when it is retrieved. */
static bool waits(const struct candidate *c)
{
	return c->device.state == DEVICE_INCOMING || c->device.state == DEVICE_ISOLATED;
}

static enum answer driver(const struct candidate *c, struct finding *f)
{
	if (waits(c))
		return YES;
	if (strcmp(c->driver, "vfio-pci"))
		return refuse(f, DEVICE_DRIVER, "%s", *c->driver ? c->driver : "no driver");
	if (!*c->device.vfio)
		return refuse(f, DEVICE_CDEV, "%s", "");
	if (c->user.through_group)
		return refuse(f, DEVICE_OPEN_GROUP, "%s", c->user.by);
	return YES;
}

static bool is_endpoint(const struct candidate *c)
{
	return (pci_get(&c->fn, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MASK) ==
	       PCI_HEADER_TYPE_NORMAL;
}

static enum answer kind(const struct candidate *c, struct finding *f)
{
	if (!c->fn.length)
		return unsure(f, "check again when the VMM has opened it",
			      "its configuration space is not readable");
	if (!is_endpoint(c))
		return refuse(f, DEVICE_ENDPOINT, "a bridge");
	if (c->fn.segment > 0xffff)
		return refuse(f, DEVICE_SEGMENT, "that of a VMD");
	return YES;
}

static enum answer class(const struct candidate *c, struct finding *f)
{
	if (c->fn.class >> 8 == CLASS_VGA ||
	    (c->fn.class >> 16 == CLASS_DISPLAY && c->fn.vendor == VENDOR_INTEL))
		return refuse(f, DEVICE_CLASS, "a display");
	if (c->fn.class >> 16 == CLASS_BRIDGE)
		return refuse(f, DEVICE_CLASS, "a bridge");
	if (c->fn.class >> 8 == CLASS_USB)
		return refuse(f, DEVICE_CLASS, "a USB host controller");
	return YES;
}

/* The driver of a function, "" if none */
static void driver_of(const char *bdf, char *out, size_t room)
{
	*out = '\0';
	host_link_name(out, room, "/sys/bus/pci/devices/%s/driver", bdf);
}

/* A virtual function is preserved after its physical function; pci-pf-stub keeps that as it is. */
static enum answer physical_function(const struct candidate *c, struct finding *f)
{
	char pf[BDF_LEN], name[64];

	if (host_link_name(pf, sizeof(pf), "/sys/bus/pci/devices/%s/physfn", c->fn.bdf) ||
	    device_state(pf) == DEVICE_OUTGOING)
		return YES;
	driver_of(pf, name, sizeof(name));
	if (!strcmp(name, "pci-pf-stub"))
		return YES;
	if (strcmp(name, "vfio-pci"))
		return refuse(f, DEVICE_VF, "%s: %s", pf, *name ? name : "no driver");
	return unsure(f, refusal_of(DEVICE_VF)->remedy,
		      "its physical function %s is not preserved yet", pf);
}

static bool is_bridge(const char *bdf)
{
	struct pci_fn fn;

	return !pci_look(&fn, bdf) && (pci_get(&fn, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MASK) !=
				      PCI_HEADER_TYPE_NORMAL;
}

/* Until the function is preserved, others of vfio-pci can be as well. */
bool device_is_left(const struct candidate *c, const char *bdf)
{
	char enabled[32], name[64];

	if (host_text(enabled, sizeof(enabled), "/sys/bus/pci/devices/%s/enable", bdf) ||
	    !atoi(enabled) || device_state(bdf) == DEVICE_OUTGOING || is_bridge(bdf))
		return false;
	driver_of(bdf, name, sizeof(name));
	return c->device.state == DEVICE_OUTGOING || strcmp(name, "vfio-pci");
}

/* At freeze */
static enum answer virtual_functions(const struct candidate *c, struct finding *f)
{
	char vf[BDF_LEN];
	int i;

	for (i = 0; !host_link_name(vf, sizeof(vf), "/sys/bus/pci/devices/%s/virtfn%d",
				    c->fn.bdf, i); i++)
		if (device_is_left(c, vf))
			return refuse(f, FREEZE_VFS, "%s", vf);
	return YES;
}

/* An idle function may be suspended: opening it resumes it. */
static enum answer awake(const struct candidate *c, struct finding *f)
{
	char state[32];

	if (pci_attribute(&c->fn, "power_state", state, sizeof(state)))
		return unsure(f, NULL, "its power state is not readable");
	if (!strcmp(state, "D0") || c->user.use == DEVICE_IDLE)
		return YES;
	if (c->user.use == DEVICE_IN_USE)
		return refuse(f, DEVICE_ASLEEP, "it is in %s", state);
	return unsure(f, AS_ROOT, "it is in %s, and its use is not known", state);
}

/* The memory of a VM is often in huge pages: can this kernel preserve them? */
static enum answer memory(const struct candidate *c, struct finding *f)
{
	struct formats running;
	char status[8192];
	const char *at;

	formats_of_files(&running);
	if (formats_have(&running, "memfd-hugetlb") || !c->user.pid || host_text(status, sizeof(status), "/proc/%d/status", c->user.pid))
		return YES;
	at = strstr(status, "\nHugetlbPages:");
	if (!at || !atol(at + strlen("\nHugetlbPages:")))
		return YES;
	return unsure(f, refusal_of(MEMFD_HUGE)->remedy,
		      "%s has memory in huge pages, which this kernel cannot preserve", c->user.by);
}

/* An interrupt that cannot be masked would not stop while no kernel handles it. */
static enum answer interrupts(const struct candidate *c, struct finding *f)
{
	char text[32];

	if (!pci_get(&c->fn, PCI_INTERRUPT_PIN, 1))
		return YES;
	if (host_text(text, sizeof(text), "/sys/module/vfio_pci/parameters/nointxmask"))
		return unsure(f, AS_ROOT, "vfio-pci's parameter nointxmask is not readable");
	if (*text == 'Y')
		return refuse(f, DEVICE_INTX, "vfio_pci.nointxmask");
	if (pci_sees_capabilities(&c->fn) && !pci_capability(&c->fn, PCI_CAP_ID_EXP))
		return unsure(f, NULL, "conventional PCI; its INTx mask is not visible");
	return YES;
}

/* At freeze: requests of a bus master need a path upstream. */
static enum answer path(const struct candidate *c, struct finding *f)
{
	char state[32];
	int i;

	if (!(pci_get(&c->fn, PCI_COMMAND, 2) & PCI_COMMAND_MASTER))
		return YES;
	for (i = 0; i < c->nbridges; i++) {
		const struct pci_fn *b = &c->bridge[i];

		if (!(pci_get(b, PCI_COMMAND, 2) & PCI_COMMAND_MASTER))
			return refuse(f, FREEZE_PATH, "%s: bus mastering off", b->bdf);
		if (!pci_attribute(b, "power_state", state, sizeof(state)) &&
		    strcmp(state, "D0"))
			return refuse(f, FREEZE_PATH, "%s: %s", b->bdf, state);
	}
	return YES;
}

static enum answer unfinished(const struct candidate *c, struct finding *f)
{
	if (c->device.state == DEVICE_NOT_SHOWN && is_endpoint(c))
		return unsure(f, NULL, "its live update state is not shown by this kernel");
	if (waits(c))
		return refuse(f, DEVICE_UNFINISHED, "%s", device_state_name(c->device.state));
	return YES;
}

device_rule *const device_pci_rules[] = {
	driver, kind, class, physical_function, virtual_functions, awake, memory, interrupts, path,
	unfinished, device_quirk, NULL
};
