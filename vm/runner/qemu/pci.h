/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_PCI_H
#define VM_RUNNER_PCI_H

#include "core/run.h"

#define FIRST_SLOT	2	/* PCI slot of device 0 or of its root port */

/* A function that matters to DMA: a judged device or a bridge above one. */
struct pci_function {
	int device;
	int above;	/* 0 is the device, 1 the bridge right above it */
};

struct pci_view {
	const struct needs *needs;
	uint32_t command[MAX_DEVICES][MAX_BRIDGES + 1];		/* last value, by @above */
	bool virtual[MAX_DEVICES];				/* has virtual functions */
	bool ats[MAX_DEVICES];					/* its ATS is on */
	unsigned int secondary[MAX_DEVICES][MAX_BRIDGES + 1];
};

typedef void (*pci_note)(void *arg, enum event_kind kind, int device, const char *text);

/* Find the function with that bus, slot and function; false if it does not matter. */
bool pci_find(const struct pci_view *v, uint16_t bdf, struct pci_function *f);

/* Is bus mastering of the device on, as far as its configuration was written? */
bool pci_is_master(const struct pci_view *v, int device);

/* Follow a configuration write; note() is called for each effect that is an event. */
void pci_config_write(struct pci_view *v, struct pci_function f, unsigned int at, uint32_t value,
		      pci_note note, void *arg);

#endif /* VM_RUNNER_PCI_H */
