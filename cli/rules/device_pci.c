// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of vfio-pci and the PCI core for what can be carried, and those for the moment of
 * the jump (freeze), as far as they can be foretold.
 */
#define _GNU_SOURCE 1

#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/device.h"
#include "host/files.h"

#define CLASS_DISPLAY	0x03
#define CLASS_BRIDGE	0x06
#define CLASS_USB	0x0c03

#define AS_ROOT		"run iolu check as root"

static enum answer driver(const struct carried *c, struct finding *f)
{
	char name[64];

	if (strcmp(c->driver, "vfio-pci"))
		return found(f, NO, "bind it to vfio-pci", "it is bound to %s",
			     *c->driver ? c->driver : "no driver");
	if (pci_vfio_name(&c->fn, name, sizeof(name)))
		return found(f, NO, "use a kernel with CONFIG_VFIO_DEVICE_CDEV",
			     "it has no character device of its own");
	if (c->through_group)
		return found(f, NO, "let the VMM use /dev/vfio/devices and an iommufd",
			     "%s has it open through its group", c->who);
	return YES;
}

static enum answer kind(const struct carried *c, struct finding *f)
{
	unsigned int type = pci_get(&c->fn, PCI_HEADER_TYPE, 1) & PCI_HEADER_TYPE_MASK;

	if (host_has("/sys/bus/pci/devices/%s/physfn", c->fn.bdf))
		return found(f, NO, "give the VM a whole function", "it is a virtual function");
	if (!c->fn.length)
		return found(f, UNKNOWN, "look again when the VMM has opened it",
			     "its configuration space cannot be read");
	if (type != PCI_HEADER_TYPE_NORMAL)
		return found(f, NO, NULL, "it is a bridge");
	if (c->fn.segment > 0xffff)
		return found(f, NO, NULL, "it is behind a VMD, in whose name it does DMA");
	return YES;
}

static enum answer class(const struct carried *c, struct finding *f)
{
	static const char *const todo = "leave it out of the VM over the update";

	if (c->fn.class >> 16 == CLASS_DISPLAY)
		return found(f, NO, todo, "it is a display, which kernels seize at boot");
	if (c->fn.class >> 16 == CLASS_BRIDGE)
		return found(f, NO, todo, "it calls itself a bridge");
	if (c->fn.class >> 8 == CLASS_USB)
		return found(f, NO, todo,
			     "it is a USB host controller, which kernels seize at boot");
	return YES;
}

static enum answer virtual_functions(const struct carried *c, struct finding *f)
{
	char text[32];

	if (pci_attribute(&c->fn, "sriov_numvfs", text, sizeof(text)) || !atoi(text))
		return YES;
	return found(f, NO, "write 0 to its sriov_numvfs", "it has %s virtual functions", text);
}

/* One that nobody uses may sleep: it wakes up when it is opened. */
static enum answer awake(const struct carried *c, struct finding *f)
{
	char state[32];

	if (pci_attribute(&c->fn, "power_state", state, sizeof(state)))
		return found(f, UNKNOWN, NULL, "its power state is not shown");
	if (!strcmp(state, "D0"))
		return YES;
	if (c->opened)
		return found(f, NO, "wake it up: the guest or the VMM has put it to sleep",
			     "it is in %s", state);
	if (!c->all_seen)
		return found(f, UNKNOWN, AS_ROOT, "it is in %s, and who uses it cannot be seen",
			     state);
	if (c->came)
		return found(f, UNKNOWN, "wake it up if a VM has it",
			     "it is in %s, and may be one that came with the last update", state);
	return YES;
}

/* Interrupts that cannot be masked would not stop while no kernel listens. */
static enum answer interrupts(const struct carried *c, struct finding *f)
{
	char text[32];

	if (!pci_get(&c->fn, PCI_INTERRUPT_PIN, 1))
		return YES;
	if (host_text(text, sizeof(text), "/sys/module/vfio_pci/parameters/nointxmask"))
		return found(f, UNKNOWN, AS_ROOT,
			     "whether vfio-pci masks INTx at the device is not shown");
	if (*text == 'Y')
		return found(f, NO, "boot without vfio_pci.nointxmask",
			     "vfio-pci is told not to mask INTx at the device");
	if (pci_sees_capabilities(&c->fn) && !pci_capability(&c->fn, PCI_CAP_ID_EXP))
		return found(f, UNKNOWN, NULL,
			     "it is conventional PCI; whether its INTx can be masked is not shown");
	return YES;
}

/* At the jump: what makes requests needs a way for them. */
static enum answer way_up(const struct carried *c, struct finding *f)
{
	char state[32];
	int i;

	if (!(pci_get(&c->fn, PCI_COMMAND, 2) & PCI_COMMAND_MASTER))
		return YES;
	for (i = 0; i < c->nbridges; i++) {
		const struct pci_fn *b = &c->bridge[i];

		if (!(pci_get(b, PCI_COMMAND, 2) & PCI_COMMAND_MASTER))
			return found(f, NO, "switch bus mastering of the bridge on",
				     "bus mastering is off in bridge %s above it", b->bdf);
		if (!pci_attribute(b, "power_state", state, sizeof(state)) &&
		    strcmp(state, "D0"))
			return found(f, NO, "write on to the bridge's power/control",
				     "bridge %s above it is in %s", b->bdf, state);
	}
	return YES;
}

static enum answer waiting(const struct carried *c, struct finding *f)
{
	static char dump[65536];
	char want[64];
	const char *incoming;
	uint64_t devices = 0, isolated = 0;

	host_number(&devices, "/sys/kernel/liveupdate/iommu/incoming_devices");
	host_number(&isolated, "/sys/kernel/liveupdate/iommu/incoming_isolated");
	if (!devices && !isolated)
		return YES;
	if (host_text(dump, sizeof(dump), "/sys/kernel/debug/iommu_liveupdate"))
		return found(f, UNKNOWN, "finish the sessions, or mount debugfs and look as root",
			     "devices of the last update wait, perhaps this one");
	incoming = strstr(dump, "incoming:");
	snprintf(want, sizeof(want), "device %s:", c->fn.bdf);
	incoming = incoming ? strstr(incoming, want) : NULL;
	if (!incoming || memmem(incoming, strcspn(incoming, "\n"), ", finished", 10))
		return YES;
	return found(f, NO, "finish its session, or give it up with iolu discard",
		     "it came with the last update and its session is not finished");
}

carry_rule *const carry_pci_rules[] = {
	driver, kind, class, virtual_functions, awake, interrupts, way_up, waiting,
	carry_quirk, NULL
};
