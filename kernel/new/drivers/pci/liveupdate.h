/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DRIVERS_PCI_LIVEUPDATE_H
#define DRIVERS_PCI_LIVEUPDATE_H

#include <linux/pci.h>
#include <linux/pci-liveupdate.h>

struct kho_record_index_ser;
struct liveupdate_flb;
struct pci_dev_ser;
struct pci_iov_ser;

/*
 * Called by the PCI core. A device is accepted if the previous kernel preserved
 * it, its record is valid and agrees with the hardware, and its session is not
 * finished. Its registers must not be written.
 */
#ifdef CONFIG_PCI_LIVEUPDATE
void pci_liveupdate_setup(struct pci_dev *dev);
bool pci_liveupdate_accepted(struct pci_dev *dev);
bool pci_liveupdate_any_incoming(void);
bool pci_liveupdate_size_bars(struct pci_dev *dev, int count, unsigned int pos, u32 *sizes);
bool pci_liveupdate_keeps_master(struct pci_dev *dev);
int pci_liveupdate_may_probe(struct pci_dev *dev, struct pci_driver *drv);
bool pci_liveupdate_no_remove(struct pci_dev *dev);
bool pci_liveupdate_hold_events(struct pci_dev *port);
bool pci_liveupdate_keeps_services(void);
bool pci_liveupdate_keep_aer(struct pci_dev *dev);
bool pci_liveupdate_keep_msi(struct pci_dev *dev, u16 flags);
bool pci_liveupdate_keep_msix(struct pci_dev *dev, u16 flags);
bool pci_liveupdate_msi_is_on(struct pci_dev *dev);
bool pci_liveupdate_adopt_iov(struct pci_dev *dev, int pos);
bool pci_liveupdate_keep_ats(struct pci_dev *dev);
bool pci_liveupdate_keep_pasid(struct pci_dev *dev, int pos, u16 ctrl);
extern const struct attribute_group pci_liveupdate_attr_group;

/**
 * struct pci_lu_irqs - Interrupt registers of a function before they were masked.
 * @command: Command register.
 * @msi: MSI message control.
 * @msix: MSI-X message control.
 * @msi_mask: MSI mask bits, if the function has any.
 */
struct pci_lu_irqs {
	u16 command;
	u16 msi;
	u16 msix;
	u32 msi_mask;
};

/**
 * enum pci_lu_state - Incoming state of a device.
 * @PCI_LU_NONE: Not an incoming device.
 * @PCI_LU_EXPECTED: There is a record; the device is not enumerated yet.
 * @PCI_LU_ACCEPTED: The record is valid and agrees with the hardware.
 * @PCI_LU_ISOLATED: It does not, or the record is invalid.
 */
enum pci_lu_state {
	PCI_LU_NONE,
	PCI_LU_EXPECTED,
	PCI_LU_ACCEPTED,
	PCI_LU_ISOLATED,
};

/* The key of a device in both registries; segments above U16_MAX are refused */
static inline u32 pci_lu_key(struct pci_dev *dev)
{
	return (u32)pci_domain_nr(dev->bus) << 16 | pci_dev_id(dev);
}

/*
 * The device that must go along with @dev: the physical function of a virtual function,
 * else the bridge above
 */
static inline struct pci_dev *pci_lu_above(struct pci_dev *dev)
{
	return dev->is_virtfn ? pci_physfn(dev) : pci_upstream_bridge(dev);
}

/* liveupdate-check.c */
int pci_lu_check(struct pci_dev *dev, const struct pci_dev_ser *ser);
bool pci_lu_may_be_preserved(struct pci_dev *dev);
void pci_lu_bar_masks(const u64 *size, const u32 *bar, unsigned int howmany, u32 *masks);
unsigned long pci_lu_fix_bars(struct pci_dev *dev);
void pci_lu_set_windows(struct pci_dev *dev, const struct pci_dev_ser *ser);

/* liveupdate-eligible.c */
int pci_lu_refuse(struct pci_dev *dev, int rc, const char *reason);
int pci_lu_check_preserve(struct pci_dev *dev);
int pci_lu_check_freeze(struct pci_dev *dev);

/* liveupdate-iov.c */
void pci_lu_read_iov(struct pci_dev *dev, struct pci_iov_ser *ser);
int pci_lu_check_iov(struct pci_dev *dev, const struct pci_iov_ser *ser);
bool pci_lu_leaves_vf(struct pci_dev *dev);
void pci_lu_capture_vfs(struct pci_dev *dev, const struct pci_driver *driver);
void pci_lu_remove_vfs(struct pci_dev *dev);

/* liveupdate-irq.c */
void pci_lu_mask_irqs(struct pci_dev *dev, struct pci_lu_irqs *irqs);
void pci_lu_unmask_irqs(struct pci_dev *dev, const struct pci_lu_irqs *irqs);

/* liveupdate-outgoing.c */
void pci_lu_set_index(struct kho_record_index_ser *index);
bool pci_lu_frozen(struct pci_dev *dev);

/* liveupdate-saved.c */
void pci_lu_read_regs(struct pci_dev *dev, struct pci_regs_ser *regs);
void pci_lu_report_regs(struct pci_dev *dev, const struct pci_regs_ser *then);

/* liveupdate-incoming.c */
extern struct notifier_block pci_lu_incoming_nb;
int pci_lu_expect(struct pci_dev_ser *ser);
void pci_lu_expect_invalid(int error);
void pci_lu_drop_incoming(void);
enum pci_lu_state pci_lu_incoming_state(struct pci_dev *dev);
const struct pci_dev_ser *pci_lu_incoming_ser(struct pci_dev *dev);
bool pci_lu_pf_had_driver(struct pci_dev *dev);

/* liveupdate-rules.c */
void pci_lu_set_driver(const struct pci_driver *driver);
int pci_lu_check_pf_driver(struct pci_dev *dev);
void pci_lu_bound(struct pci_dev *dev);
#else
static inline void pci_liveupdate_setup(struct pci_dev *dev) { }

static inline bool pci_liveupdate_accepted(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_any_incoming(void)
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

static inline bool pci_liveupdate_no_remove(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_hold_events(struct pci_dev *port)
{
	return false;
}

static inline bool pci_liveupdate_keeps_services(void)
{
	return false;
}

static inline bool pci_liveupdate_keep_aer(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_keep_msi(struct pci_dev *dev, u16 flags)
{
	return false;
}

static inline bool pci_liveupdate_keep_msix(struct pci_dev *dev, u16 flags)
{
	return false;
}

static inline bool pci_liveupdate_msi_is_on(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_keep_ats(struct pci_dev *dev)
{
	return false;
}

static inline bool pci_liveupdate_keep_pasid(struct pci_dev *dev, int pos, u16 ctrl)
{
	return false;
}

static inline bool pci_liveupdate_adopt_iov(struct pci_dev *dev, int pos)
{
	return false;
}
#endif /* CONFIG_PCI_LIVEUPDATE */

#endif /* DRIVERS_PCI_LIVEUPDATE_H */
