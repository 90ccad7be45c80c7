/* SPDX-License-Identifier: GPL-2.0-only */
/* A PCI function as sysfs shows it, and the bridges above it. */
#ifndef IOLU_CLI_HOST_PCI_H
#define IOLU_CLI_HOST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BDF_LEN		16

/**
 * struct pci_fn - One function.
 * @bdf: Its address as sysfs spells it, segment first.
 * @vendor, @device, @class: From its header; @class has 24 bits.
 * @config: Its configuration space, @length bytes of it: 64 if the reader is not root.
 */
struct pci_fn {
	char bdf[BDF_LEN];
	unsigned int segment, vendor, device, class;
	uint8_t config[4096];
	size_t length;
};

/* 0 or -errno; -ENODEV if there is no such function. @bdf may lack the segment. */
int pci_look(struct pci_fn *fn, const char *bdf);

/* 1, 2 or 4 bytes; 0 beyond what can be read */
uint32_t pci_get(const struct pci_fn *fn, unsigned int at, unsigned int bytes);

/* Where a capability is; 0 if there is none */
unsigned int pci_capability(const struct pci_fn *fn, unsigned int id);
unsigned int pci_ext_capability(const struct pci_fn *fn, unsigned int id);

/* Could capabilities be looked for at all, and those beyond the first 256 bytes? */
bool pci_sees_capabilities(const struct pci_fn *fn);
bool pci_sees_ext_capabilities(const struct pci_fn *fn);

/* The bridge above @fn; false if there is none. */
bool pci_bridge_above(const struct pci_fn *fn, struct pci_fn *bridge);

/* An attribute in sysfs: 0 or -errno */
int pci_attribute(const struct pci_fn *fn, const char *name, char *out, size_t room);

/* The function's character device "vfioN", 0 or -errno */
int pci_vfio_name(const struct pci_fn *fn, char *out, size_t room);

#endif /* IOLU_CLI_HOST_PCI_H */
