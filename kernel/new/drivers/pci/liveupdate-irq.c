// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Masking interrupts of a PCI function across a live update
 *
 * From freeze on a preserved function raises no interrupt: the kernel that would
 * handle it is gone, and the tables that would route it belong to the next
 * kernel's free memory. Interrupts are masked rather than disabled where the
 * function allows it: a masked function remembers which interrupts are pending.
 * Enumeration in the next kernel leaves MSI-X enabled with the function mask set,
 * and MSI enabled with all vectors masked. When the driver sets up its interrupts,
 * those that are pending are delivered, and no others. MSI without masks is
 * disabled, and its pending interrupts are lost. INTx stays disabled until a driver
 * enables it; its level is still there then.
 *
 * Freeze writes to configuration space only. In the next kernel the driver calls
 * pci_liveupdate_mask_msix_entries() before it sets up MSI-X: the interrupt core
 * would take an entry that it finds unmasked for one that it has unmasked, and the
 * pending interrupt would arrive before its vector is set up.
 */

#include <linux/export.h>
#include <linux/io.h>
#include <linux/pci.h>
#include "liveupdate.h"
#include "pci.h"

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

/**
 * pci_liveupdate_keep_msi() - Test whether MSI stays enabled in enumeration.
 * @dev: The device, in enumeration.
 * @flags: MSI message control.
 *
 * Return: True for an incoming function with per-vector masks, all of which are set.
 */
bool pci_liveupdate_keep_msi(struct pci_dev *dev, u16 flags)
{
	return flags & PCI_MSI_FLAGS_MASKBIT && pci_liveupdate_incoming(dev);
}

/**
 * pci_liveupdate_keep_msix() - Test whether MSI-X stays enabled in enumeration.
 * @dev: The device, in enumeration.
 * @flags: MSI-X message control.
 *
 * Return: True for an incoming function with the function mask set.
 */
bool pci_liveupdate_keep_msix(struct pci_dev *dev, u16 flags)
{
	return flags & PCI_MSIX_FLAGS_MASKALL && pci_liveupdate_incoming(dev);
}

/**
 * pci_liveupdate_msi_is_on() - Test whether MSI is enabled since the previous kernel.
 * @dev: The device; its driver has not enabled MSI in this kernel.
 *
 * Return: True if MSI is enabled with all vectors masked.
 */
bool pci_liveupdate_msi_is_on(struct pci_dev *dev)
{
	u16 flags;

	pci_read_config_word(dev, dev->msi_cap + PCI_MSI_FLAGS, &flags);
	return flags & PCI_MSI_FLAGS_ENABLE && flags & PCI_MSI_FLAGS_MASKBIT;
}

static void __iomem *pci_lu_map_msix(struct pci_dev *dev, unsigned int nr)
{
	resource_size_t start;
	u32 table;

	pci_read_config_dword(dev, dev->msix_cap + PCI_MSIX_TABLE, &table);
	start = pci_resource_start(dev, table & PCI_MSIX_TABLE_BIR);
	if (!start)
		return NULL;
	return ioremap(start + (table & PCI_MSIX_TABLE_OFFSET), nr * PCI_MSIX_ENTRY_SIZE);
}

/**
 * pci_liveupdate_mask_msix_entries() - Mask all entries of a MSI-X table.
 * @dev: An incoming function. Nothing happens if MSI-X is disabled.
 *
 * If the table cannot be accessed MSI-X is disabled, and pending interrupts are lost.
 *
 * Context: Process context, may sleep. The function mask is set.
 */
void pci_liveupdate_mask_msix_entries(struct pci_dev *dev)
{
	void __iomem *table = NULL;
	u16 flags, command;
	unsigned int i, nr;

	if (!dev->msix_cap)
		return;
	pci_read_config_word(dev, dev->msix_cap + PCI_MSIX_FLAGS, &flags);
	pci_read_config_word(dev, PCI_COMMAND, &command);
	if (!(flags & PCI_MSIX_FLAGS_ENABLE))
		return;

	nr = (flags & PCI_MSIX_FLAGS_QSIZE) + 1;
	if (command & PCI_COMMAND_MEMORY)
		table = pci_lu_map_msix(dev, nr);
	if (!table) {
		pci_liveupdate_clear_msix(dev);
		return;
	}
	for (i = 0; i < nr; i++)
		writel(PCI_MSIX_ENTRY_CTRL_MASKBIT,
		       table + i * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL);
	iounmap(table);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_mask_msix_entries);

/**
 * pci_liveupdate_clear_msix() - Disable MSI-X that the previous kernel left enabled.
 * @dev: A function. Nothing happens if its driver has enabled MSI-X.
 *
 * A function does not use INTx or MSI while MSI-X is enabled.
 *
 * Context: Any.
 */
void pci_liveupdate_clear_msix(struct pci_dev *dev)
{
	if (dev->msix_cap && !dev->msix_enabled)
		pci_clear_and_set_config_dword(dev, dev->msix_cap,
					       (u32)PCI_MSIX_FLAGS_ENABLE << 16, 0);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_clear_msix);

/**
 * pci_liveupdate_clear_msi() - Disable MSI that the previous kernel left enabled.
 * @dev: A function. Nothing happens if its driver has enabled MSI.
 *
 * Context: Any.
 */
void pci_liveupdate_clear_msi(struct pci_dev *dev)
{
	if (dev->msi_cap && !dev->msi_enabled)
		pci_clear_and_set_config_dword(dev, dev->msi_cap,
					       (u32)PCI_MSI_FLAGS_ENABLE << 16, 0);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_clear_msi);

/**
 * pci_liveupdate_route_intx() - Route INTx of an incoming function.
 * @dev: The function, enabled. With decoding already on, nothing is written to it.
 *
 * Context: Process context, may sleep.
 * Return: 0, or a negative errno of pcibios_enable_device().
 */
int pci_liveupdate_route_intx(struct pci_dev *dev)
{
	return pcibios_enable_device(dev, 0);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_route_intx, "vfio-pci-core");
