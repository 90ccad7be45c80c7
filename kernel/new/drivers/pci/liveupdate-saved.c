// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Registers that a guest can change and the next user must not inherit
 *
 * vfio-pci saves the state of a function when it is opened and restores it at last
 * close. A kernel that takes over a function finds the state that a guest has left.
 * The registers that a guest can change are therefore handed over as they were
 * when the function was first opened, and put into the state that is saved.
 */

#include <linux/export.h>
#include <linux/kho/abi/pci.h>
#include "liveupdate.h"
#include "pci.h"

/* Positions in the buffers of pci_save_pcie_state() and pci_save_aer_state() */
enum {
	PCI_LU_DEVCTL = 0,
	PCI_LU_LNKCTL = 1,
	PCI_LU_DEVCTL2 = 4,
};

enum {
	PCI_LU_UNCOR_MASK,
	PCI_LU_UNCOR_SEVER,
	PCI_LU_COR_MASK,
	PCI_LU_ERR_CAP,
};

/**
 * pci_liveupdate_get_saved() - Read registers from the saved state of a function.
 * @dev: The function, after pci_save_state().
 * @regs: Out: the registers.
 *
 * Context: Process context.
 * Return: True, or false if @dev is not a PCI Express function.
 */
bool pci_liveupdate_get_saved(struct pci_dev *dev, struct pci_regs_ser *regs)
{
	struct pci_cap_saved_state *exp = pci_find_saved_cap(dev, PCI_CAP_ID_EXP);
	struct pci_cap_saved_state *aer = pci_find_saved_ext_cap(dev, PCI_EXT_CAP_ID_ERR);
	const u16 *words;

	memset(regs, 0, sizeof(*regs));
	if (!exp)
		return false;
	words = (const u16 *)exp->cap.data;
	regs->devctl = words[PCI_LU_DEVCTL];
	regs->lnkctl = words[PCI_LU_LNKCTL];
	regs->devctl2 = words[PCI_LU_DEVCTL2];
	if (!aer)
		return true;
	regs->aer_uncor_mask = aer->cap.data[PCI_LU_UNCOR_MASK];
	regs->aer_uncor_sever = aer->cap.data[PCI_LU_UNCOR_SEVER];
	regs->aer_cor_mask = aer->cap.data[PCI_LU_COR_MASK];
	regs->aer_cap = aer->cap.data[PCI_LU_ERR_CAP];
	return true;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_get_saved);

/**
 * pci_liveupdate_set_saved() - Write registers into the saved state of a function.
 * @dev: The function, after pci_save_state().
 * @regs: The registers.
 *
 * Context: Process context.
 */
void pci_liveupdate_set_saved(struct pci_dev *dev, const struct pci_regs_ser *regs)
{
	struct pci_cap_saved_state *exp = pci_find_saved_cap(dev, PCI_CAP_ID_EXP);
	struct pci_cap_saved_state *aer = pci_find_saved_ext_cap(dev, PCI_EXT_CAP_ID_ERR);
	u16 *words;

	if (!exp)
		return;
	words = (u16 *)exp->cap.data;
	words[PCI_LU_DEVCTL] = regs->devctl;
	words[PCI_LU_LNKCTL] = regs->lnkctl;
	words[PCI_LU_DEVCTL2] = regs->devctl2;
	if (!aer)
		return;
	aer->cap.data[PCI_LU_UNCOR_MASK] = regs->aer_uncor_mask;
	aer->cap.data[PCI_LU_UNCOR_SEVER] = regs->aer_uncor_sever;
	aer->cap.data[PCI_LU_COR_MASK] = regs->aer_cor_mask;
	aer->cap.data[PCI_LU_ERR_CAP] = regs->aer_cap;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_set_saved);
