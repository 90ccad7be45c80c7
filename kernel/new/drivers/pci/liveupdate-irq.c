// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Masking interrupts of a PCI function across a live update
 *
 * From freeze on a preserved function raises no interrupt: the kernel that would
 * handle it is gone, and the tables that would route it belong to the next
 * kernel's free memory. Interrupts are masked rather than disabled where the
 * function allows it, so that none is lost if the freeze is undone. The next
 * kernel disables MSI and MSI-X during enumeration, as for every device. INTx
 * stays disabled until a driver enables it.
 *
 * Only configuration space is written. The vector masks in the MSI-X table and
 * the state of the interrupt core do not change.
 */

#include <linux/pci.h>
#include "liveupdate.h"

static int pci_lu_msi_mask_pos(struct pci_dev *dev, u16 flags)
{
	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	return dev->msi_cap + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 :
							     PCI_MSI_MASK_32);
}

static void pci_lu_mask_msi(struct pci_dev *dev, struct pci_lu_irqs *irqs)
{
	int pos;

	if (!dev->msi_cap)
		return;
	pci_read_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS, &irqs->msi);
	if (!(irqs->msi & PCI_MSI_FLAGS_ENABLE))
		return;

	pos = pci_lu_msi_mask_pos(dev, irqs->msi);
	if (pos) {
		pci_read_config_dword(dev, pos, &irqs->msi_mask);
		pci_write_config_dword(dev, pos, ~0);
	} else {
		pci_write_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS,
				      irqs->msi & ~PCI_MSI_FLAGS_ENABLE);
	}
}

static void pci_lu_unmask_msi(struct pci_dev *dev, const struct pci_lu_irqs *irqs)
{
	int pos;

	if (!dev->msi_cap || !(irqs->msi & PCI_MSI_FLAGS_ENABLE))
		return;

	pos = pci_lu_msi_mask_pos(dev, irqs->msi);
	if (pos)
		pci_write_config_dword(dev, pos, irqs->msi_mask);
	else
		pci_write_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS, irqs->msi);
}

/**
 * pci_lu_mask_irqs() - Mask all interrupts of a function.
 * @dev: The function.
 * @irqs: Out: the registers as they were, for pci_lu_unmask_irqs().
 *
 * INTx is disabled first, because a function uses INTx when MSI is disabled.
 *
 * Context: Any. No other code may write these registers until they are unmasked.
 */
void pci_lu_mask_irqs(struct pci_dev *dev, struct pci_lu_irqs *irqs)
{
	pci_read_config_word(dev, PCI_COMMAND, &irqs->command);
	pci_write_config_word(dev, PCI_COMMAND,
			      irqs->command | PCI_COMMAND_INTX_DISABLE);
	pci_lu_mask_msi(dev, irqs);
	if (!dev->msix_cap)
		return;
	pci_read_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS, &irqs->msix);
	if (irqs->msix & PCI_MSIX_FLAGS_ENABLE)
		pci_write_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS,
				      irqs->msix | PCI_MSIX_FLAGS_MASKALL);
}

/**
 * pci_lu_unmask_irqs() - Undo pci_lu_mask_irqs().
 * @dev: The function.
 * @irqs: The registers that pci_lu_mask_irqs() saved.
 *
 * Context: Any. Cannot fail.
 */
void pci_lu_unmask_irqs(struct pci_dev *dev, const struct pci_lu_irqs *irqs)
{
	if (dev->msix_cap && irqs->msix & PCI_MSIX_FLAGS_ENABLE)
		pci_write_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS, irqs->msix);
	pci_lu_unmask_msi(dev, irqs);
	pci_write_config_word(dev, PCI_COMMAND, irqs->command);
}
