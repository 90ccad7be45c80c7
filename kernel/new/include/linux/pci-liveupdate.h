/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_PCI_LIVEUPDATE_H
#define _LINUX_PCI_LIVEUPDATE_H

#include <linux/pci.h>
#include <linux/types.h>

struct liveupdate_file_handler;
struct pci_regs_ser;

#ifdef CONFIG_PCI_LIVEUPDATE
/* For a driver that leaves its physical function (PF) as it is, so that its VFs go along */
void pci_liveupdate_register_pf_driver(const struct pci_driver *driver);
void pci_liveupdate_unregister_pf_driver(const struct pci_driver *driver);

/* For the file handler of a driver that preserves functions */
int pci_liveupdate_register_handler(struct liveupdate_file_handler *fh,
				    const struct pci_driver *driver);
void pci_liveupdate_unregister_handler(struct liveupdate_file_handler *fh);
int pci_liveupdate_preserve(struct pci_dev *dev);
void pci_liveupdate_unpreserve(struct pci_dev *dev);
int pci_liveupdate_freeze(struct pci_dev *dev);
void pci_liveupdate_unfreeze(struct pci_dev *dev);
void pci_liveupdate_finish(struct pci_dev *dev);
bool pci_liveupdate_get_saved(struct pci_dev *dev, struct pci_regs_ser *regs);
void pci_liveupdate_set_saved(struct pci_dev *dev, const struct pci_regs_ser *regs);
void pci_liveupdate_mask_msix_entries(struct pci_dev *dev);
void pci_liveupdate_clear_msix(struct pci_dev *dev);
void pci_liveupdate_clear_msi(struct pci_dev *dev);
int pci_liveupdate_route_intx(struct pci_dev *dev);
bool pci_liveupdate_must_abandon_remove(void);
void pci_liveupdate_abandon_remove(struct pci_dev *dev);

/* For the IOMMU core, which isolates a function that it cannot take over */
void pci_liveupdate_set_isolated(struct pci_dev *dev, bool isolated);
bool pci_liveupdate_isolated(struct pci_dev *dev);

/* For the driver of an IOMMU */
bool pci_liveupdate_ats_is_on(struct pci_dev *dev);
void pci_liveupdate_stop_ats(struct pci_dev *dev);
int pci_liveupdate_stop_pri(struct pci_dev *dev);
void pci_liveupdate_restart_pri(struct pci_dev *dev);
bool pci_liveupdate_pri_is_on(struct pci_dev *dev);
void pci_liveupdate_cancel_pri(struct pci_dev *dev);

/* True from enumeration in the next kernel until pci_liveupdate_finish() */
bool pci_liveupdate_incoming(struct pci_dev *dev);
/* True from pci_liveupdate_preserve() on, also for the devices above */
bool pci_liveupdate_outgoing(struct pci_dev *dev);
/* True from pci_liveupdate_preserve() until pci_liveupdate_finish(), also for devices above */
bool pci_liveupdate_no_reset(struct pci_dev *dev);
/* True from enumeration until a physical function and its VFs are finished */
bool pci_liveupdate_keeps_vfs(struct pci_dev *dev);
#else
static inline void pci_liveupdate_register_pf_driver(const struct pci_driver *driver) { }
static inline void pci_liveupdate_unregister_pf_driver(const struct pci_driver *driver) { }
static inline void pci_liveupdate_clear_msix(struct pci_dev *dev) { }
static inline void pci_liveupdate_clear_msi(struct pci_dev *dev) { }
static inline void pci_liveupdate_set_isolated(struct pci_dev *dev, bool isolated) { }

static inline bool pci_liveupdate_isolated(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_incoming(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_outgoing(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_no_reset(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_keeps_vfs(struct pci_dev *dev)
{
	return false;
}
#endif /* CONFIG_PCI_LIVEUPDATE */

/* pci_liveupdate_incoming() for a device on any bus */
static inline bool dev_is_pci_incoming(struct device *dev)
{
	return dev_is_pci(dev) && pci_liveupdate_incoming(to_pci_dev(dev));
}

#endif /* _LINUX_PCI_LIVEUPDATE_H */
