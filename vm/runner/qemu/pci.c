// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration writes that affect the DMA of a device.
 *
 * The emulator's trace gives function, offset and value of each write but not its width, so
 * only low bytes of a value are used. Bus numbers are followed, because the trace names a
 * function by its bus at that moment. Clearing bus master of a bridge or entering D3 does not
 * stop DMA in the emulator as it would on a real machine; therefore the writes themselves are
 * watched.
 *
 * Capability offsets are fixed in the emulator's device models; its root port has no power
 * management capability.
 */
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "pci.h"

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
#define SRIOV_CTRL		0x08
#define SRIOV_CTRL_VFE		0x1
#define SRIOV_BAR_FIRST		0x24
#define SRIOV_BAR_LAST		0x38
#define ATS_CTRL		6
#define ATS_ENABLE		0x8000
#define MSIX_CTRL		2
#define MSIX_CTRL_MASKALL	0xc000	/* enabled, and all vectors masked */

static const struct device_model *model_of(const struct pci_view *v, struct pci_function f)
{
	return f.above ? NULL : device_model(v->needs->device[f.device].model);
}

/* How far behind its first or its physical function it is, in routing IDs */
static unsigned int behind_first(const struct needs *needs, int device)
{
	int first = needs_first(needs, device), n = device - first;
	const struct device_model *physical;

	if (!needs->device[device].virtual)
		return n;
	physical = device_model(needs->device[first].model);
	return physical ? physical->vf_offset + (n - 1) * physical->vf_stride : 0;
}

/* 0: it has no bus yet */
static unsigned int id_of(const struct pci_view *v, struct pci_function f)
{
	int first = needs_first(v->needs, f.device), bridges = v->needs->device[first].bridges;
	unsigned int id;

	if (f.above == bridges)
		id = (FIRST_SLOT + first) << 3;
	else
		id = v->secondary[first][f.above + 1] << 8;
	return id && !f.above ? id + behind_first(v->needs, f.device) : id;
}

bool pci_find(const struct pci_view *v, uint16_t bdf, struct pci_function *f)
{
	for (f->device = 0; f->device < v->needs->ndevices; f->device++)
		for (f->above = 0; f->above <= v->needs->device[f->device].bridges; f->above++)
			if (id_of(v, *f) == bdf && bdf)
				return true;
	return false;
}

bool pci_is_master(const struct pci_view *v, int device)
{
	return v->command[device][0] & PCI_COMMAND_MASTER;
}

static void follow_bus(struct pci_view *v, struct pci_function f, unsigned int at,
		       uint32_t value)
{
	unsigned int *secondary = &v->secondary[f.device][f.above];

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
		note(arg, EV_RESET, f.device, "secondary bus reset by a bridge");
}

static void device_write(int device, unsigned int at, uint32_t value, pci_note note, void *arg)
{
	char what[64];

	if (at < PCI_BAR_FIRST || at > PCI_BAR_LAST || value != 0xffffffff)
		return;
	snprintf(what, sizeof(what), "BAR %u sized", (at - PCI_BAR_FIRST) / 4);
	note(arg, EV_BAR_SIZING, device, what);
}

/* Virtual functions are enabled, then disabled, or their BARs are sized. */
static void sriov_write(struct pci_view *v, int device, unsigned int at, uint32_t value,
			pci_note note, void *arg)
{
	bool *enabled = &v->virtual[device];

	if (at == SRIOV_CTRL) {
		if (*enabled && !(value & SRIOV_CTRL_VFE))
			note(arg, EV_RESET, device, "virtual functions disabled");
		*enabled = value & SRIOV_CTRL_VFE;
	}
	if (*enabled && at >= SRIOV_BAR_FIRST && at <= SRIOV_BAR_LAST && value == 0xffffffff)
		note(arg, EV_BAR_SIZING, device, "BAR of the virtual functions sized");
}

/* A write that leaves ATS off, such as that of the translation unit, changes nothing. */
static void ats_write(struct pci_view *v, int device, uint32_t value, pci_note note, void *arg)
{
	bool on = value & ATS_ENABLE;

	if (on != v->ats[device])
		note(arg, on ? EV_ATS_ON : EV_ATS_OFF, device,
		     on ? "ATS of the device switched on" : "ATS of the device switched off");
	v->ats[device] = on;
}

static void capability_write(const struct device_model *m, int device, unsigned int at,
			     uint32_t value, pci_note note, void *arg)
{
	char what[64];

	if (m->pm && at == m->pm + PM_CTRL && value & 3) {
		snprintf(what, sizeof(what), "device put into D%u", value & 3);
		note(arg, EV_POWER, device, what);
	}
	if (at == m->exp + EXP_DEVCTL && value & DEVCTL_FLR)
		note(arg, EV_RESET, device, "function level reset of the device");
	if (m->msix && at == m->msix + MSIX_CTRL &&
	    (value & MSIX_CTRL_MASKALL) == MSIX_CTRL_MASKALL)
		note(arg, EV_QUIET, device, "all vectors of the device masked");
}

void pci_config_write(struct pci_view *v, struct pci_function f, unsigned int at, uint32_t value,
		      pci_note note, void *arg)
{
	const struct device_model *model = model_of(v, f);
	const char *function = !f.above ? "device" :
			       f.above == v->needs->device[f.device].bridges ? "root port" :
									       "switch";
	uint32_t *command = &v->command[f.device][f.above];
	char what[64];

	if (at == PCI_COMMAND) {
		snprintf(what, sizeof(what), "bus master of the %s cleared", function);
		if (*command & PCI_COMMAND_MASTER && !(value & PCI_COMMAND_MASTER))
			note(arg, EV_BME_CLEAR, f.device, what);
		*command = value;
	}
	if (model)
		capability_write(model, f.device, at, value, note, arg);
	if (model && at == model->exp + EXP_DEVCTL && value & DEVCTL_FLR)
		v->ats[f.device] = false;
	if (model && model->ats && at == model->ats + ATS_CTRL)
		ats_write(v, f.device, value, note, arg);
	if (model && model->sriov && at > model->sriov)
		sriov_write(v, f.device, at - model->sriov, value, note, arg);
	if (f.above)
		bridge_write(v, f, at, value, note, arg);
	else
		device_write(f.device, at, value, note, arg);
}
