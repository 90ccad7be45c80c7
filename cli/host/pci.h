/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI functions in sysfs, and the bridges above them */
#ifndef IOLU_CLI_HOST_PCI_H
#define IOLU_CLI_HOST_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BDF_LEN		20

/**
 * struct pci_fn - One function.
 * @bdf: Its address as sysfs writes it, with the segment.
 * @vendor, @device, @class: From its header; @class has 24 bits.
 * @config: The first @length bytes of its configuration space: 64 if the reader is not root.
 */
struct pci_fn {
	char bdf[BDF_LEN];
	unsigned int segment, vendor, device, class;
	uint8_t config[4096];
	size_t length;
};

/*
 * Write an address as sysfs does. @bdf is [SSSS:]BB:DD.F in hexadecimal, with a segment of 4
 * to 8 digits. Returns -EINVAL for anything else, also for a device above 1f or a function
 * above 7.
 */
int pci_address(char out[BDF_LEN], const char *bdf);

/* Read a function; 0 or -errno: -EINVAL as above, -ENODEV if there is no such function. */
int pci_look(struct pci_fn *fn, const char *bdf);

/* Read 1, 2 or 4 bytes; 0 beyond @length */
uint32_t pci_get(const struct pci_fn *fn, unsigned int at, unsigned int bytes);

/* The offset of a capability; 0 if there is none */
unsigned int pci_capability(const struct pci_fn *fn, unsigned int id);
unsigned int pci_ext_capability(const struct pci_fn *fn, unsigned int id);

/* Is the list of capabilities readable, and that beyond the first 256 bytes? */
bool pci_sees_capabilities(const struct pci_fn *fn);
bool pci_sees_ext_capabilities(const struct pci_fn *fn);

/* Read the bridge above @fn; false if there is none. */
bool pci_bridge_above(const struct pci_fn *fn, struct pci_fn *bridge);

/* Read an attribute in sysfs; 0 or -errno. */
int pci_attribute(const struct pci_fn *fn, const char *name, char *out, size_t room);

/* The name "vfioN" of the function's character device; 0 or -errno */
int pci_vfio_name(const struct pci_fn *fn, char *out, size_t room);

#endif /* IOLU_CLI_HOST_PCI_H */
