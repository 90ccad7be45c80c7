/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_PCI_H
#define VM_RUNNER_PCI_H

#include "core/run.h"

/* A function of the machine that matters to DMA: a NIC or a bridge above one. */
struct pci_function {
	int nic;
	int above;	/* 0 is the NIC, 1 the bridge right above it */
};

struct pci_view {
	const struct needs *needs;
	uint32_t command[MAX_NICS][MAX_BRIDGES + 1];		/* last value, by @above */
	unsigned int secondary[MAX_NICS][MAX_BRIDGES + 1];
};

/* What one configuration write does; note() is called for each thing worth an event. */
typedef void (*pci_note)(void *arg, enum event_kind kind, int nic, const char *text);

bool pci_find(const struct pci_view *v, unsigned int bus, unsigned int slot, unsigned int fn,
	      struct pci_function *f);
void pci_config_write(struct pci_view *v, struct pci_function f, unsigned int at, uint32_t value,
		      pci_note note, void *arg);

#endif /* VM_RUNNER_PCI_H */
