// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Silence of a function over a live update
 *
 * From freeze on a function raises no interrupt, in whatever way it is set up
 * to: the kernel that would handle it is gone and the tables that would route
 * it are memory of somebody else. What can be masked is masked, not disabled,
 * so that nothing is lost if the freeze is undone. The new kernel disables MSI
 * and MSI-X when it finds the function, as it always does; INTx stays disabled
 * until a driver asks for it.
 *
 * Configuration space only: the vectors' masks in the MSI-X table and what the
 * interrupt core believes about them do not change.
 */

#include <linux/pci.h>
#include "liveupdate.h"

static int pci_irqs_msi_mask_pos(struct pci_dev *dev, u16 flags)
{
	if (!(flags & PCI_MSI_FLAGS_MASKBIT))
		return 0;
	return dev->msi_cap + (flags & PCI_MSI_FLAGS_64BIT ? PCI_MSI_MASK_64 :
							     PCI_MSI_MASK_32);
}

static void pci_irqs_mask_msi(struct pci_dev *dev, struct pci_liveupdate_irqs *irqs)
{
	int pos;

	if (!dev->msi_cap)
		return;
	pci_read_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS, &irqs->msi);
	if (!(irqs->msi & PCI_MSI_FLAGS_ENABLE))
		return;

	pos = pci_irqs_msi_mask_pos(dev, irqs->msi);
	if (pos) {
		pci_read_config_dword(dev, pos, &irqs->msi_mask);
		pci_write_config_dword(dev, pos, ~0);
	} else {
		pci_write_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS,
				      irqs->msi & ~PCI_MSI_FLAGS_ENABLE);
	}
}

static void pci_irqs_unmask_msi(struct pci_dev *dev,
				const struct pci_liveupdate_irqs *irqs)
{
	int pos;

	if (!dev->msi_cap || !(irqs->msi & PCI_MSI_FLAGS_ENABLE))
		return;

	pos = pci_irqs_msi_mask_pos(dev, irqs->msi);
	if (pos)
		pci_write_config_dword(dev, pos, irqs->msi_mask);
	else
		pci_write_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS, irqs->msi);
}

/**
 * pci_liveupdate_mask_irqs() - Silence a function.
 * @dev: The function.
 * @irqs: Where to keep what pci_liveupdate_unmask_irqs() needs.
 *
 * INTx goes first, functions fall back to it when MSI goes off.
 *
 * Context: Any; nobody else may write these registers until the unmasking.
 */
void pci_liveupdate_mask_irqs(struct pci_dev *dev, struct pci_liveupdate_irqs *irqs)
{
	pci_read_config_word(dev, PCI_COMMAND, &irqs->command);
	pci_write_config_word(dev, PCI_COMMAND,
			      irqs->command | PCI_COMMAND_INTX_DISABLE);
	pci_irqs_mask_msi(dev, irqs);
	if (!dev->msix_cap)
		return;
	pci_read_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS, &irqs->msix);
	if (irqs->msix & PCI_MSIX_FLAGS_ENABLE)
		pci_write_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS,
				      irqs->msix | PCI_MSIX_FLAGS_MASKALL);
}

/**
 * pci_liveupdate_unmask_irqs() - Undo pci_liveupdate_mask_irqs().
 * @dev: The function.
 * @irqs: What pci_liveupdate_mask_irqs() kept.
 *
 * Context: Any. Never fails.
 */
void pci_liveupdate_unmask_irqs(struct pci_dev *dev,
				const struct pci_liveupdate_irqs *irqs)
{
	if (dev->msix_cap && irqs->msix & PCI_MSIX_FLAGS_ENABLE)
		pci_write_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS, irqs->msix);
	pci_irqs_unmask_msi(dev, irqs);
	pci_write_config_word(dev, PCI_COMMAND, irqs->command);
}
