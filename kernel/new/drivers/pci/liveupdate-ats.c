// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Address translation services of incoming functions
 *
 * A function with ATS enabled has translations in a cache of its own. The page table
 * does not change over a live update, so the cached translations stay right, and
 * nothing has to be invalidated. ATS is not switched off and on: PCI Express defines
 * neither what a function with requests in flight does then, nor when it does so. PASIDs
 * stay enabled for the same reason.
 */

#include <linux/export.h>
#include <linux/pci-ats.h>
#include "liveupdate.h"
#include "pci.h"

/* dev->ats_cap is 0 if this kernel does not use ATS */
static u16 pci_lu_ats_ctrl(struct pci_dev *dev, int *pos)
{
	u16 ctrl = 0;

	*pos = dev->ats_cap ?: pci_find_ext_capability(dev, PCI_EXT_CAP_ID_ATS);
	if (*pos)
		pci_read_config_word(dev, *pos + PCI_ATS_CTRL, &ctrl);
	return PCI_POSSIBLE_ERROR(ctrl) ? 0 : ctrl;
}

/**
 * pci_liveupdate_keep_ats() - Take over the smallest translation unit of a function.
 * @dev: The function, which this kernel has not prepared for ATS.
 *
 * The IOMMU driver compares the unit with the one that it uses.
 *
 * Context: Process context.
 * Return: True for an incoming function with ATS enabled; its control register must not
 * be written.
 */
bool pci_liveupdate_keep_ats(struct pci_dev *dev)
{
	u16 ctrl;
	int pos;

	if (!pci_liveupdate_incoming(dev))
		return false;
	ctrl = pci_lu_ats_ctrl(dev, &pos);
	if (!(ctrl & PCI_ATS_CTRL_ENABLE))
		return false;
	dev->ats_stu = PCI_ATS_CTRL_STU(ctrl) + PCI_ATS_MIN_STU;
	return true;
}

/**
 * pci_liveupdate_ats_is_on() - Test whether ATS is enabled in the hardware.
 * @dev: The function.
 *
 * Context: Process context.
 * Return: True if it is enabled, whichever kernel did it.
 */
bool pci_liveupdate_ats_is_on(struct pci_dev *dev)
{
	int pos;

	return pci_lu_ats_ctrl(dev, &pos) & PCI_ATS_CTRL_ENABLE;
}

/**
 * pci_liveupdate_stop_ats() - Disable ATS, whichever kernel has enabled it.
 * @dev: The function; the IOMMU translates nothing for it any more.
 *
 * Context: Process context.
 */
void pci_liveupdate_stop_ats(struct pci_dev *dev)
{
	u16 ctrl;
	int pos;

	ctrl = pci_lu_ats_ctrl(dev, &pos);
	if (ctrl & PCI_ATS_CTRL_ENABLE)
		pci_write_config_word(dev, pos + PCI_ATS_CTRL, ctrl & ~PCI_ATS_CTRL_ENABLE);
	dev->ats_enabled = 0;
}

/**
 * pci_liveupdate_keep_pasid() - Take over the enabled PASIDs of a function.
 * @dev: The function.
 * @pos: Position of its PASID capability.
 * @ctrl: What its control register is to contain.
 *
 * PCI Express does not define what a function does when PASIDs are enabled or disabled
 * while ATS is enabled.
 *
 * Context: Process context.
 * Return: True if an incoming function has that content already; the register must not
 * be written.
 */
bool pci_liveupdate_keep_pasid(struct pci_dev *dev, int pos, u16 ctrl)
{
	u16 now;

	if (!pci_liveupdate_incoming(dev))
		return false;
	pci_read_config_word(dev, pos + PCI_PASID_CTRL, &now);
	return now == ctrl;
}
