// SPDX-License-Identifier: GPL-2.0
/*
 * What configuration writes mean for the DMA of a NIC.
 *
 * The emulator's trace gives function, offset and value of each write but not its width, so
 * every look at a value is such that the low bytes suffice. Bus numbers are followed, because
 * the trace names a function by the bus it is on at that moment. Bus master of a bridge, D3
 * and the like do not stop DMA in the emulator as they would on a real machine: that is why
 * the writes themselves are watched.
 *
 * Capability offsets are fixed in the emulator's device models; its root port has no power
 * management capability.
 */
#include <stdio.h>
#include <string.h>

#include "pci.h"
#include "trace.h"

#define PCI_COMMAND		0x04
#define PCI_COMMAND_MASTER	0x4
#define PCI_BAR_FIRST		0x10
#define PCI_BAR_LAST		0x24
#define PCI_PRIMARY_BUS		0x18
#define PCI_SECONDARY_BUS	0x19
#define PCI_INTERRUPT_LINE	0x3c
#define PCI_BRIDGE_CONTROL	0x3e
#define BRIDGE_RESET		0x40
#define EXP_DEVCTL		8
#define DEVCTL_FLR		0x8000
#define PM_CTRL			4
#define MSIX_CTRL		2
#define MSIX_CTRL_MASKALL	0xc000	/* enabled, and all vectors masked */

struct caps {
	const char *model;
	unsigned int pm;
	unsigned int exp;
	unsigned int msix;
};

static const struct caps nic_caps[] = {
	{ "igb", 0x40, 0xa0, 0x70 },
	{ "e1000e", 0xc8, 0xe0, 0xa0 },
};

static const struct caps *caps_of(const struct pci_view *v, struct pci_function f)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(nic_caps); i++)
		if (!f.above && !strcmp(v->needs->model[f.nic], nic_caps[i].model))
			return &nic_caps[i];
	return NULL;
}

bool pci_find(const struct pci_view *v, unsigned int bus, unsigned int slot, unsigned int fn,
	      struct pci_function *f)
{
	int i, above;

	if (fn)
		return false;
	if (!bus) {
		i = (int)slot - FIRST_SLOT;
		if (i < 0 || i >= v->needs->nnics)
			return false;
		*f = (struct pci_function){ i, v->needs->bridges[i] };
		return true;
	}
	for (i = 0; i < v->needs->nnics && !slot; i++)
		for (above = 0; above < v->needs->bridges[i]; above++)
			if (v->secondary[i][above + 1] == bus) {
				*f = (struct pci_function){ i, above };
				return true;
			}
	return false;
}

static void follow_bus(struct pci_view *v, struct pci_function f, unsigned int at,
		       uint32_t value)
{
	unsigned int *secondary = &v->secondary[f.nic][f.above];

	if (at == PCI_SECONDARY_BUS)
		*secondary = value & 0xff;
	else if (at == PCI_PRIMARY_BUS && value > 0xffff)
		*secondary = value >> 8 & 0xff;
}

static void bridge_write(struct pci_view *v, struct pci_function f, unsigned int at,
			 uint32_t value, pci_note note, void *arg)
{
	follow_bus(v, f, at, value);
	if ((at == PCI_BRIDGE_CONTROL && value & BRIDGE_RESET) ||
	    (at == PCI_INTERRUPT_LINE && value >> 16 & BRIDGE_RESET))
		note(arg, EV_RESET, f.nic, "secondary bus reset by a bridge");
}

static void nic_write(int nic, unsigned int at, uint32_t value, pci_note note, void *arg)
{
	char what[64];

	if (at < PCI_BAR_FIRST || at > PCI_BAR_LAST || value != 0xffffffff)
		return;
	snprintf(what, sizeof(what), "BAR %u sized", (at - PCI_BAR_FIRST) / 4);
	note(arg, EV_BAR_SIZING, nic, what);
}

void pci_config_write(struct pci_view *v, struct pci_function f, unsigned int at, uint32_t value,
		      pci_note note, void *arg)
{
	const struct caps *caps = caps_of(v, f);
	const char *who = !f.above ? "NIC" :
			  f.above == v->needs->bridges[f.nic] ? "root port" : "switch";
	uint32_t *command = &v->command[f.nic][f.above];
	char what[64];

	if (at == PCI_COMMAND) {
		snprintf(what, sizeof(what), "bus master of the %s cleared", who);
		if (*command & PCI_COMMAND_MASTER && !(value & PCI_COMMAND_MASTER))
			note(arg, EV_BME_CLEAR, f.nic, what);
		*command = value;
	}
	if (caps && caps->pm && at == caps->pm + PM_CTRL && value & 3) {
		snprintf(what, sizeof(what), "%s put into D%u", who, value & 3);
		note(arg, EV_POWER, f.nic, what);
	}
	if (caps && at == caps->exp + EXP_DEVCTL && value & DEVCTL_FLR)
		note(arg, EV_RESET, f.nic, "function level reset of the NIC");
	if (caps && caps->msix && at == caps->msix + MSIX_CTRL &&
	    (value & MSIX_CTRL_MASKALL) == MSIX_CTRL_MASKALL)
		note(arg, EV_QUIET, f.nic, "all vectors of the NIC masked");
	if (f.above)
		bridge_write(v, f, at, value, note, arg);
	else
		nic_write(f.nic, at, value, note, arg);
}
