// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI functions in sysfs. Configuration space is read, never written; the kernel resumes a
 * suspended function for the read. All ones mean that the function did not respond; then its
 * configuration space is ignored. Ids and class come from the kernel's copies in sysfs.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "host/pci.h"

#define DEVICE	"/sys/bus/pci/devices/%s"

int pci_attribute(const struct pci_fn *fn, const char *name, char *out, size_t room)
{
	return host_text(out, room, DEVICE "/%s", fn->bdf, name);
}

static unsigned int id_of(const struct pci_fn *fn, const char *name)
{
	uint64_t value;

	return host_number(&value, DEVICE "/%s", fn->bdf, name) ? 0 : value;
}

/* A hexadecimal number of @least to @most digits, followed by @end */
static bool number(const char **at, int least, int most, char end, unsigned int *value)
{
	int n = 0;

	for (*value = 0; n < most && isxdigit((unsigned char)**at); n++, ++*at)
		*value = *value << 4 | (isdigit((unsigned char)**at) ? **at - '0' :
					tolower((unsigned char)**at) - 'a' + 10);
	return n >= least && *(*at)++ == end;
}

static int parse(const char *at, unsigned int *segment, char bdf[BDF_LEN])
{
	unsigned int bus, device, function;

	*segment = 0;
	if (strchr(at, ':') != strrchr(at, ':') && !number(&at, 4, 8, ':', segment))
		return -EINVAL;
	if (!number(&at, 2, 2, ':', &bus) || !number(&at, 2, 2, '.', &device) ||
	    !number(&at, 1, 1, '\0', &function) || device > 0x1f || function > 7)
		return -EINVAL;
	snprintf(bdf, BDF_LEN, "%04x:%02x:%02x.%x", *segment, bus & 0xff, device, function);
	return 0;
}

int pci_address(char out[BDF_LEN], const char *bdf)
{
	unsigned int segment;

	return parse(bdf, &segment, out);
}

int pci_look(struct pci_fn *fn, const char *bdf)
{
	ssize_t n;

	*fn = (struct pci_fn){};
	if (parse(bdf, &fn->segment, fn->bdf))
		return -EINVAL;
	if (!host_has(DEVICE, fn->bdf))
		return -ENODEV;
	fn->vendor = id_of(fn, "vendor");
	fn->device = id_of(fn, "device");
	fn->class = id_of(fn, "class");
	n = host_bytes(fn->config, sizeof(fn->config), DEVICE "/config", fn->bdf);
	if (n < 0)
		return n;
	/* Not the vendor: a virtual function has all ones there. */
	fn->length = pci_get(fn, PCI_CLASS_REVISION, 4) == ~0u ? 0 : n;
	return 0;
}

uint32_t pci_get(const struct pci_fn *fn, unsigned int at, unsigned int bytes)
{
	uint32_t value = 0;

	if (at + bytes > sizeof(fn->config))
		return 0;
	while (bytes--)
		value = value << 8 | fn->config[at + bytes];
	return value;
}

bool pci_sees_capabilities(const struct pci_fn *fn)
{
	return fn->length >= 256;
}

/* A conventional function has only 256 bytes. */
bool pci_sees_ext_capabilities(const struct pci_fn *fn)
{
	return fn->length >= sizeof(fn->config) ||
	       (pci_sees_capabilities(fn) && !pci_capability(fn, PCI_CAP_ID_EXP));
}

unsigned int pci_capability(const struct pci_fn *fn, unsigned int id)
{
	unsigned int at, left = 48;

	if (!pci_sees_capabilities(fn) ||
	    !(pci_get(fn, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return 0;
	for (at = pci_get(fn, PCI_CAPABILITY_LIST, 1) & ~3u; at >= 0x40 && left--;
	     at = pci_get(fn, at + PCI_CAP_LIST_NEXT, 1) & ~3u)
		if (pci_get(fn, at + PCI_CAP_LIST_ID, 1) == id)
			return at;
	return 0;
}

unsigned int pci_ext_capability(const struct pci_fn *fn, unsigned int id)
{
	unsigned int at = PCI_CFG_SPACE_SIZE, left = 960;
	uint32_t header;

	while (fn->length >= sizeof(fn->config) && at >= PCI_CFG_SPACE_SIZE && left--) {
		header = pci_get(fn, at, 4);
		if (!header)
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return at;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

bool pci_bridge_above(const struct pci_fn *fn, struct pci_fn *bridge)
{
	char target[PATH_MAX], *slash;

	if (host_link(target, sizeof(target), DEVICE, fn->bdf))
		return false;
	slash = strrchr(target, '/');
	if (!slash)
		return false;
	*slash = '\0';
	slash = strrchr(target, '/');
	/* A root bus has a name like "pci0000:00", which is no address. */
	return slash && !pci_look(bridge, slash + 1);
}

int pci_vfio_name(const struct pci_fn *fn, char *out, size_t room)
{
	struct names names = host_names(DEVICE "/vfio-dev", fn->bdf);
	int rc = names.n ? 0 : -ENOENT;

	if (!rc)
		snprintf(out, room, "%s", names.name[0]);
	host_names_free(&names);
	return rc;
}
