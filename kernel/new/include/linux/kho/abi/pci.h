/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_PCI_H
#define _LINUX_KHO_ABI_PCI_H

#include <linux/kho/abi/record.h>

/**
 * DOC: PCI handover records
 *
 * Each preserved function and each bridge above one has a record. An index (owner
 * %PCI_RECORD_INDEX) lists the records; its physical address is the data of the
 * FLB %PCI_LIVEUPDATE_FLB_COMPATIBLE.
 *
 * A record holds the standard header of configuration space as it was at freeze.
 * The next kernel reads the header from the hardware as usual, compares it with
 * the record, and writes nothing. The record also holds the facts that
 * enumeration can only find by writing, such as the sizes of BARs.
 */

#define PCI_LIVEUPDATE_FLB_COMPATIBLE	"pci-v1"

#define PCI_RECORD_INDEX		KHO_RECORD_TYPE('P', 'C', 'I', 'X')
#define PCI_RECORD_DEVICE		KHO_RECORD_TYPE('P', 'D', 'E', 'V')
#define PCI_RECORD_DEVICE_VERSION	2

#define PCI_DEV_SER_HEADER_DWORDS	16
#define PCI_DEV_SER_BARS		6

/* A preserved function; otherwise a bridge above one */
#define PCI_DEV_SER_FUNCTION		BIT(0)
/* INTX_DISABLE in the command register is read-only */
#define PCI_DEV_SER_INTX_MASK_BROKEN	BIT(1)
/* The prefetchable window of a bridge can lie above 4 GiB */
#define PCI_DEV_SER_PREF_64_WINDOW	BIT(2)
#define PCI_DEV_SER_FLAGS		(BIT(3) - 1)

/**
 * struct pci_regs_ser - Registers that the PCI core and guests can change.
 * @devctl: Device control.
 * @lnkctl: Link control.
 * @devctl2: Device control 2.
 * @reserved: Must be 0.
 * @aer_uncor_mask: Uncorrectable error mask.
 * @aer_uncor_sever: Uncorrectable error severity.
 * @aer_cor_mask: Correctable error mask.
 * @aer_cap: Advanced error capabilities and control.
 *
 * Registers that the device does not have are 0.
 */
struct pci_regs_ser {
	u16 devctl;
	u16 lnkctl;
	u16 devctl2;
	u16 reserved;
	u32 aer_uncor_mask;
	u32 aer_uncor_sever;
	u32 aer_cor_mask;
	u32 aer_cap;
} __packed;
static_assert(sizeof(struct pci_regs_ser) == 24);

/**
 * struct pci_dev_ser - One preserved function, or a bridge above one.
 * @hdr: Header, type PCI_RECORD_DEVICE.
 * @segment: PCI segment.
 * @bdf: Bus, device, function.
 * @flags: PCI_DEV_SER_*; unknown bits make the record invalid.
 * @header: The first 64 bytes of configuration space, read as dwords. For a
 *          bridge that includes its bus numbers and windows. The command
 *          register has INTX_DISABLE set in the record of a function.
 * @bar_size: Sizes of the BARs in bytes, 0 if there is none. A 64-bit BAR has
 *            its size at the lower of its two numbers.
 * @rom_size: Size of the expansion ROM BAR in bytes, 0 if there is none.
 * @regs: Registers that the next kernel leaves alone. It reports a difference.
 */
struct pci_dev_ser {
	struct kho_record_ser hdr;
	u16 segment;
	u16 bdf;
	u32 flags;
	u32 header[PCI_DEV_SER_HEADER_DWORDS];
	u64 bar_size[PCI_DEV_SER_BARS];
	u64 rom_size;
	struct pci_regs_ser regs;
} __packed;
static_assert(sizeof(struct pci_dev_ser) == 32 + 64 + 56 + 24);

#endif /* _LINUX_KHO_ABI_PCI_H */
