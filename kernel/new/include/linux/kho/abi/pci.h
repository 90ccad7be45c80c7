/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_PCI_H
#define _LINUX_KHO_ABI_PCI_H

#include <linux/kho/abi/record.h>

/**
 * DOC: PCI handover records
 *
 * Each preserved function and each bridge above one has a record, and so has the
 * physical function of a preserved virtual function (VF). An index (user
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
#define PCI_RECORD_DEVICE_VERSION	4

#define PCI_DEV_SER_HEADER_DWORDS	16
#define PCI_DEV_SER_BARS		6

/* A preserved function; otherwise a device above one */
#define PCI_DEV_SER_FUNCTION		BIT(0)
/* INTX_DISABLE in the command register is read-only */
#define PCI_DEV_SER_INTX_MASK_BROKEN	BIT(1)
/* The prefetchable window of a bridge can lie above 4 GiB */
#define PCI_DEV_SER_PREF_64_WINDOW	BIT(2)
/* A physical function that is kept for its virtual functions; otherwise a bridge */
#define PCI_DEV_SER_PHYSFN		BIT(3)
/* Its driver in the previous kernel does so; vfio-pci is none of those */
#define PCI_DEV_SER_PF_DRIVER		BIT(4)
#define PCI_DEV_SER_FLAGS		(BIT(5) - 1)

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
 * struct pci_iov_ser - SR-IOV capability of a function with virtual functions.
 * @ctrl: SR-IOV control; VFs are enabled, and their memory.
 * @num_vfs: Number of VFs, at most the number that the function can have. If it is
 *	     0 all of the structure is 0.
 * @offset: Distance of the routing id of the first VF from that of the function.
 * @stride: Distance between the routing ids of two VFs.
 * @page_size: System page size, as in the register.
 * @last_bus: Highest bus number that VFs of the function can have.
 * @reserved: Must be 0.
 * @bar: VF BARs.
 * @bar_size: Sizes of the BARs of one VF in bytes, 0 if there is none. A 64-bit BAR
 *	      has its size at the lower of its two numbers.
 */
struct pci_iov_ser {
	u16 ctrl;
	u16 num_vfs;
	u16 offset;
	u16 stride;
	u32 page_size;
	u8 last_bus;
	u8 reserved[3];
	u32 bar[PCI_DEV_SER_BARS];
	u64 bar_size[PCI_DEV_SER_BARS];
} __packed;
static_assert(sizeof(struct pci_iov_ser) == 88);

/**
 * struct pci_dev_ser - One preserved function, or a device above one.
 * @hdr: Header, type PCI_RECORD_DEVICE.
 * @segment: PCI segment.
 * @bdf: Bus, device, function.
 * @flags: PCI_DEV_SER_*; unknown bits make the record invalid.
 * @header: The first 64 bytes of configuration space, read as dwords. For a
 *          bridge that includes its bus numbers and windows. The command
 *          register has INTX_DISABLE set in the record of a function, and bus
 *          mastering clear in that of a function that is kept for its VFs. The ids
 *          of a VF are all ones, and its BARs are 0.
 * @bar_size: Sizes of the BARs in bytes, 0 if there is none. A 64-bit BAR has
 *            its size at the lower of its two numbers.
 * @rom_size: Size of the expansion ROM BAR in bytes, 0 if there is none.
 * @regs: Registers that the next kernel leaves alone. It reports a difference.
 * @iov: State of the SR-IOV capability.
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
	struct pci_iov_ser iov;
} __packed;
static_assert(sizeof(struct pci_dev_ser) == 32 + 64 + 56 + 24 + 88);

#endif /* _LINUX_KHO_ABI_PCI_H */
