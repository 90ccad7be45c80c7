// SPDX-License-Identifier: GPL-2.0
/* Extended capabilities of a PCI device */
#include <linux/pci_regs.h>

#include "device/pci.h"

#define UNIT	0x1fu		/* of the control register */

static unsigned int ext_capability(const char *bdf, unsigned int id)
{
	uint32_t header, at = PCI_CFG_SPACE_SIZE;

	while (at) {
		header = pci_config(bdf, at, 4);
		if (PCI_EXT_CAP_ID(header) == id)
			return at;
		at = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

static unsigned int ats_control(const char *bdf)
{
	unsigned int at = ext_capability(bdf, PCI_EXT_CAP_ID_ATS);

	return at ? at + PCI_ATS_CTRL : 0;
}

bool pci_ats_is_on(const char *bdf)
{
	unsigned int at = ats_control(bdf);

	return at && pci_config(bdf, at, 2) & PCI_ATS_CTRL_ENABLE;
}

unsigned int pci_ats_unit(const char *bdf)
{
	return pci_config(bdf, ats_control(bdf), 2) & UNIT;
}

void pci_set_ats_unit(const char *bdf, unsigned int unit)
{
	pci_set_config(bdf, ats_control(bdf), PCI_ATS_CTRL_ENABLE | unit, 2);
}

static unsigned int page_requests(const char *bdf)
{
	return ext_capability(bdf, PCI_EXT_CAP_ID_PRI);
}

bool pci_page_requests_are_on(const char *bdf)
{
	unsigned int at = page_requests(bdf);

	return at && pci_config(bdf, at + PCI_PRI_CTRL, 2) & PCI_PRI_CTRL_ENABLE;
}

void pci_enable_page_requests(const char *bdf)
{
	pci_set_config(bdf, page_requests(bdf) + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE, 2);
}

unsigned int pci_page_requests_depth(const char *bdf)
{
	return pci_config(bdf, page_requests(bdf) + PCI_PRI_ALLOC_REQ, 4);
}

void pci_redirect_completions(const char *bdf, bool on)
{
	unsigned int at = ext_capability(bdf, PCI_EXT_CAP_ID_ACS) + PCI_ACS_CTRL;
	uint32_t control = pci_config(bdf, at, 2);

	pci_set_config(bdf, at, on ? control | PCI_ACS_CR : control & ~PCI_ACS_CR, 2);
}
