/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_VFIO_PCI_H
#define _LINUX_KHO_ABI_VFIO_PCI_H

#include <linux/kho/abi/pci.h>
#include <linux/kho/abi/record.h>

/**
 * DOC: vfio-pci handover record
 *
 * State that only vfio-pci has of a device in use: mainly the configuration space
 * that the user sees. The state of the hardware is in the record of the PCI core,
 * the translation in those of the IOMMU. Interrupts are not preserved; the user
 * sets them up again.
 */

#define VFIO_PCI_LIVEUPDATE_FH_COMPATIBLE	"vfio-pci-v1"

#define VFIO_PCI_RECORD_DEVICE		KHO_RECORD_TYPE('V', 'P', 'C', 'I')
#define VFIO_PCI_RECORD_DEVICE_VERSION	3

/* The function can be reset on its own */
#define VFIO_PCI_SER_RESET_WORKS	BIT(0)
/* INTx can be masked at the device */
#define VFIO_PCI_SER_PCI_2_3		BIT(1)
/* INTx is hidden from the user */
#define VFIO_PCI_SER_NOINTX		BIT(2)
/* @initial is valid */
#define VFIO_PCI_SER_INITIAL		BIT(3)
/* @vf_token is valid */
#define VFIO_PCI_SER_VF_TOKEN		BIT(4)
#define VFIO_PCI_SER_FLAGS		(BIT(5) - 1)

#define VFIO_PCI_SER_RBARS		7
#define VFIO_PCI_SER_VF_TOKEN_SIZE	16
#define VFIO_PCI_SER_VCONFIG_SIZE	SZ_4K

/**
 * struct vfio_pci_ser - One preserved vfio-pci device.
 * @hdr: Header, type VFIO_PCI_RECORD_DEVICE.
 * @segment: PCI segment.
 * @bdf: Bus, device, function.
 * @vendor: PCI vendor ID.
 * @device: PCI device ID.
 * @flags: VFIO_PCI_SER_*; unknown bits make the record invalid.
 * @cfg_size: Size of the configuration space in bytes; the rest of @vconfig is unused.
 * @rbar: Physical values of the six BARs and of the ROM BAR, in this order.
 * @reserved: Must be 0.
 * @initial: Registers to restore at last close.
 * @vf_token: UUID that opens the VFs of a physical function. In the record of a VF it
 *	      is that of its physical function.
 * @vconfig: Emulated parts of the configuration space, as the user sees them.
 */
struct vfio_pci_ser {
	struct kho_record_ser hdr;
	u16 segment;
	u16 bdf;
	u16 vendor;
	u16 device;
	u32 flags;
	u32 cfg_size;
	u32 rbar[VFIO_PCI_SER_RBARS];
	u32 reserved;
	struct pci_regs_ser initial;
	u8 vf_token[VFIO_PCI_SER_VF_TOKEN_SIZE];
	u8 vconfig[VFIO_PCI_SER_VCONFIG_SIZE];
} __packed;
static_assert(sizeof(struct vfio_pci_ser) == 112 + VFIO_PCI_SER_VCONFIG_SIZE);

#endif /* _LINUX_KHO_ABI_VFIO_PCI_H */
