/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DRIVERS_PCI_LIVEUPDATE_H
#define DRIVERS_PCI_LIVEUPDATE_H

#include <linux/pci.h>
#include <linux/pci-liveupdate.h>

struct kho_record_index_ser;
struct liveupdate_flb;
struct pci_dev_ser;

/*
 * What the PCI core calls. "Kept" is a function or a bridge that the old kernel
 * preserved, that its record describes well and that nobody has finished yet.
 */
#ifdef CONFIG_PCI_LIVEUPDATE
void pci_liveupdate_setup(struct pci_dev *dev);
bool pci_liveupdate_kept(struct pci_dev *dev);
bool pci_liveupdate_kept_any(void);
bool pci_liveupdate_size_bars(struct pci_dev *dev, int count, unsigned int pos, u32 *sizes);
bool pci_liveupdate_keeps_master(struct pci_dev *dev);
int pci_liveupdate_may_probe(struct pci_dev *dev, struct pci_driver *drv);
bool pci_liveupdate_no_reset(struct pci_dev *dev);
bool pci_liveupdate_no_remove(struct pci_dev *dev);
extern const struct attribute_group pci_liveupdate_attr_group;

/**
 * struct pci_liveupdate_irqs - How a function's interrupts were set up.
 * @command: Command register.
 * @msi: MSI message control.
 * @msix: MSI-X message control.
 * @msi_mask: MSI mask bits, if there are any.
 */
struct pci_liveupdate_irqs {
	u16 command;
	u16 msi;
	u16 msix;
	u32 msi_mask;
};

/**
 * enum pci_lu_state - Incoming state of a device.
 * @PCI_LU_NONE: Not an incoming device.
 * @PCI_LU_EXPECTED: There is a record, the device was not found yet.
 * @PCI_LU_KEPT: The device is as its record says.
 * @PCI_LU_BAD: It is not, or its record is damaged.
 */
enum pci_lu_state {
	PCI_LU_NONE,
	PCI_LU_EXPECTED,
	PCI_LU_KEPT,
	PCI_LU_BAD,
};

/* Shared by the parts of the implementation */
void pci_liveupdate_set_driver(const struct pci_driver *driver);

/* Only unique for segments that pci_liveupdate_preserve() takes */
static inline u32 pci_liveupdate_key(struct pci_dev *dev)
{
	return (u32)pci_domain_nr(dev->bus) << 16 | pci_dev_id(dev);
}

enum pci_lu_state pci_liveupdate_state(struct pci_dev *dev);
bool pci_liveupdate_frozen(struct pci_dev *dev);
void pci_liveupdate_set_index(struct kho_record_index_ser *index);
void pci_liveupdate_mask_irqs(struct pci_dev *dev, struct pci_liveupdate_irqs *irqs);
void pci_liveupdate_unmask_irqs(struct pci_dev *dev,
				const struct pci_liveupdate_irqs *irqs);
extern struct notifier_block pci_liveupdate_notifier;
int pci_liveupdate_check(struct pci_dev *dev, const struct pci_dev_ser *ser);
void pci_liveupdate_take_windows(struct pci_dev *dev, const struct pci_dev_ser *ser);
bool pci_liveupdate_is_suspect(struct pci_dev *dev);
void pci_liveupdate_bar_masks(const struct pci_dev_ser *ser, unsigned int howmany,
			      u32 *masks);
int pci_liveupdate_expect(struct pci_dev_ser *ser);
void pci_liveupdate_expect_damage(int why);
void pci_liveupdate_expect_none(void);
#else
static inline void pci_liveupdate_setup(struct pci_dev *dev) { }

static inline bool pci_liveupdate_kept(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_kept_any(void)
{
	return false;
}

static inline bool pci_liveupdate_size_bars(struct pci_dev *dev, int count,
					    unsigned int pos, u32 *sizes)
{
	return false;
}

static inline bool pci_liveupdate_keeps_master(struct pci_dev *dev)
{
	return false;
}

static inline int pci_liveupdate_may_probe(struct pci_dev *dev,
					   struct pci_driver *drv)
{
	return 0;
}

static inline bool pci_liveupdate_no_reset(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_no_remove(struct pci_dev *dev)
{
	return false;
}
#endif /* CONFIG_PCI_LIVEUPDATE */

#endif /* DRIVERS_PCI_LIVEUPDATE_H */
