// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Registers that a guest can change
 *
 * Some registers may only be written while a function is quiet, or decide which errors
 * it reports. A guest may have changed them. So the next kernel leaves those of accepted
 * devices as they are, and reports if they are not as they were at freeze.
 *
 * The next user must not inherit them either.
 * vfio-pci saves the state of a function when it is opened and restores it at last
 * close. A kernel that takes over a function finds the state that a guest has left.
 * The registers that a guest can change are therefore handed over as they were
 * when the function was first opened, and put into the state that is saved.
 */

#define dev_fmt(fmt) "live update: " fmt

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

static void pci_lu_read_aer(struct pci_dev *dev, struct pci_regs_ser *regs)
{
	int pos = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_ERR);

	if (!pos)
		return;
	pci_read_config_dword(dev, pos + PCI_ERR_UNCOR_MASK, &regs->aer_uncor_mask);
	pci_read_config_dword(dev, pos + PCI_ERR_UNCOR_SEVER, &regs->aer_uncor_sever);
	pci_read_config_dword(dev, pos + PCI_ERR_COR_MASK, &regs->aer_cor_mask);
	pci_read_config_dword(dev, pos + PCI_ERR_CAP, &regs->aer_cap);
}

/**
 * pci_lu_read_regs() - Read the registers that stay as they are.
 * @dev: A function or a bridge.
 * @regs: Out: the registers.
 *
 * Context: Process context.
 */
void pci_lu_read_regs(struct pci_dev *dev, struct pci_regs_ser *regs)
{
	memset(regs, 0, sizeof(*regs));
	if (!pci_is_pcie(dev))
		return;
	pcie_capability_read_word(dev, PCI_EXP_DEVCTL, &regs->devctl);
	pcie_capability_read_word(dev, PCI_EXP_LNKCTL, &regs->lnkctl);
	pcie_capability_read_word(dev, PCI_EXP_DEVCTL2, &regs->devctl2);
	pci_lu_read_aer(dev, regs);
}

/**
 * pci_lu_report_regs() - Report registers that have changed since freeze.
 * @dev: A function or a bridge, in enumeration.
 * @then: The registers at freeze.
 *
 * Context: Enumeration.
 */
void pci_lu_report_regs(struct pci_dev *dev, const struct pci_regs_ser *then)
{
	struct pci_regs_ser now;

	pci_lu_read_regs(dev, &now);
	if (now.devctl != then->devctl || now.devctl2 != then->devctl2)
		pci_warn(dev, "device control is %#06x %#06x, was %#06x %#06x: left alone\n",
			 now.devctl, now.devctl2, then->devctl, then->devctl2);
	if (now.lnkctl != then->lnkctl)
		pci_warn(dev, "link control is %#06x, was %#06x: left alone\n",
			 now.lnkctl, then->lnkctl);
	if (memcmp(&now.aer_uncor_mask, &then->aer_uncor_mask,
		   sizeof(now) - offsetof(struct pci_regs_ser, aer_uncor_mask)))
		pci_warn(dev, "error reporting has changed: left alone\n");
}
