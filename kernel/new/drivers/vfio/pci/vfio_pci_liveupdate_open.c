// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Opening an incoming vfio-pci device
 *
 * The part of vfio-pci-core: an incoming device is opened without a reset, and
 * its user finds the configuration space that it had in the previous kernel.
 */

#include <linux/kho/abi/vfio_pci.h>
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

/**
 * vfio_pci_liveupdate_enable() - Enable an incoming device with DMA in progress.
 * @vdev: The device.
 *
 * Stands in for those parts of vfio_pci_core_enable() that write to the device.
 * At last close the device gets back the configuration that it has now, without
 * bus mastering.
 *
 * Context: Process context, under the lock of the device set.
 * Return: 0; -EBUSY if the device was not retrieved; a negative errno of
 * pci_enable_device() or pcibios_enable_device().
 */
int vfio_pci_liveupdate_enable(struct vfio_pci_core_device *vdev)
{
	const struct vfio_pci_ser *ser = vdev->liveupdate_ser;
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!ser)
		return -EBUSY;

	/*
	 * The device already counts as enabled, so pci_enable_device() writes
	 * nothing and does not route INTx. pcibios_enable_device() routes it; with
	 * decoding already on, that writes nothing either.
	 */
	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcibios_enable_device(pdev, 0);
	if (ret) {
		pci_disable_device(pdev);
		return ret;
	}

	vdev->reset_works = !!(ser->flags & VFIO_PCI_SER_RESET_WORKS);
	vdev->pci_2_3 = !!(ser->flags & VFIO_PCI_SER_PCI_2_3);
	vdev->nointx = !!(ser->flags & VFIO_PCI_SER_NOINTX);

	pci_save_state(pdev);
	pdev->saved_config_space[PCI_COMMAND / sizeof(u32)] &=
		~(PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	vdev->pci_saved_state = pci_store_saved_state(pdev);
	return 0;
}

/**
 * vfio_pci_liveupdate_import_config() - Restore the emulated configuration space.
 * @vdev: The device, just initialized by vfio_config_init(). Nothing changes if
 *	  it is not incoming.
 *
 * Context: Process context, under the lock of the device set.
 */
void vfio_pci_liveupdate_import_config(struct vfio_pci_core_device *vdev)
{
	const struct vfio_pci_ser *ser = vdev->liveupdate_ser;
	__le16 command;

	if (!ser)
		return;

	memcpy(vdev->rbar, ser->rbar, sizeof(ser->rbar));
	memcpy(vdev->vconfig, ser->vconfig, ser->cfg_size);
	memcpy(&command, &ser->vconfig[PCI_COMMAND], sizeof(command));
	vdev->virq_disabled = !!(le16_to_cpu(command) & PCI_COMMAND_INTX_DISABLE);
}
