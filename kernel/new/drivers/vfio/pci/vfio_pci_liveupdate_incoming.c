// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: A vfio-pci device that goes on from the previous kernel
 *
 * It is known by the PCI core as an incoming one. Its cdev and group give no
 * access to it, the only file that does is made here, once, for LUO. Until the
 * session finishes vdev->liveupdate_ser is the device's record.
 */

#define pr_fmt(fmt) "vfio-pci live update: " fmt

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kho_record.h>
#include <linux/slab.h>
#include <trace/events/iommu_liveupdate.h>
#include "../vfio.h"
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

static struct vfio_pci_ser *vfio_pci_ser_get(u64 phys)
{
	struct vfio_pci_ser *ser = kho_record_get(phys, VFIO_PCI_RECORD_DEVICE,
						  VFIO_PCI_RECORD_DEVICE_VERSION,
						  sizeof(*ser));

	if (IS_ERR(ser))
		return ser;
	if (ser->flags & ~VFIO_PCI_SER_FLAGS || ser->reserved ||
	    ser->cfg_size > VFIO_PCI_SER_VCONFIG_SIZE)
		return ERR_PTR(-EPROTO);
	return ser;
}

/* LUO keeps the error of a failed retrieve for good, so do not wait for the user */
static void vfio_pci_bind(struct pci_dev *pdev, struct pci_driver *driver)
{
	if (READ_ONCE(pdev->driver))
		return;
	if (!device_has_driver_override(&pdev->dev) &&
	    device_set_driver_override(&pdev->dev, driver->name))
		return;
	if (device_attach(&pdev->dev) < 0)
		pci_info(pdev, "cannot be bound to %s\n", driver->name);
}

/* With a reference of the device's registration, as an open file has */
static struct vfio_pci_core_device *vfio_pci_get(struct pci_dev *pdev,
						 struct pci_driver *driver)
{
	struct vfio_pci_core_device *vdev;

	guard(device)(&pdev->dev);
	if (pdev->driver != driver)
		return ERR_PTR(-EBUSY);
	vdev = dev_get_drvdata(&pdev->dev);
	return vfio_device_try_get_registration(&vdev->vdev) ? vdev : ERR_PTR(-ENODEV);
}

static struct pci_dev *vfio_pci_slot(const struct vfio_pci_ser *ser)
{
	return pci_get_domain_bus_and_slot(ser->segment, PCI_BUS_NUM(ser->bdf),
					   ser->bdf & 0xff);
}

static bool vfio_pci_is_like(const struct vfio_pci_ser *ser, const struct pci_dev *pdev)
{
	return pdev->vendor == ser->vendor && pdev->device == ser->device &&
	       pdev->cfg_size == ser->cfg_size;
}

static struct vfio_pci_core_device *vfio_pci_find(const struct vfio_pci_ser *ser,
						  struct pci_driver *driver)
{
	struct pci_dev *pdev __free(pci_dev_put) = vfio_pci_slot(ser);

	if (!pdev)
		return ERR_PTR(-ENODEV);
	if (!pci_liveupdate_incoming(pdev) || !iommu_liveupdate_incoming_device(&pdev->dev))
		return ERR_PTR(-EIO);
	if (!vfio_pci_is_like(ser, pdev))
		return ERR_PTR(-ESTALE);
	vfio_pci_bind(pdev, driver);
	return vfio_pci_get(pdev, driver);
}

/* As vfio_device_fops_cdev_open(), but for the inode; takes over the reference */
static struct file *vfio_pci_open_file(struct vfio_pci_core_device *vdev)
{
	struct vfio_device *core_vdev = &vdev->vdev;
	struct vfio_device_file *df;
	struct file *file;

	df = vfio_allocate_device_file(core_vdev);
	if (IS_ERR(df)) {
		vfio_device_put_registration(core_vdev);
		return ERR_CAST(df);
	}

	file = anon_inode_getfile_fmode("[vfio-device]", &vfio_device_fops, df, O_RDWR,
					FMODE_PREAD | FMODE_PWRITE);
	if (IS_ERR(file)) {
		vfio_device_put_registration(core_vdev);
		kfree(df);
		return file;
	}
	file->f_mapping = core_vdev->inode->i_mapping;
	return file;
}

/**
 * vfio_pci_incoming_open() - Open the device of a record.
 * @phys: Physical address of the record; anything is allowed.
 * @driver: The driver to which the device is, or is to be, bound.
 *
 * Context: Process context, may sleep.
 * Return: The file, or an ERR_PTR(): an errno of kho_record_get(), -EPROTO if
 * the record is not understood, -ENODEV if there is no such device, -EIO if it
 * was isolated, -ESTALE if it is another device, -EBUSY if it is bound to another
 * driver, -ENOMEM.
 */
struct file *vfio_pci_incoming_open(u64 phys, struct pci_driver *driver)
{
	struct vfio_pci_ser *ser = vfio_pci_ser_get(phys);
	struct vfio_pci_core_device *vdev;
	u64 began = local_clock();
	struct file *file;

	if (IS_ERR(ser)) {
		pr_err("invalid record of a device (%pe)\n", ser);
		return ERR_CAST(ser);
	}

	vdev = vfio_pci_find(ser, driver);
	if (IS_ERR(vdev)) {
		pr_err("%04x:%02x:%02x.%d cannot be taken over (%pe)\n",
		       ser->segment, PCI_BUS_NUM(ser->bdf), PCI_SLOT(ser->bdf),
		       PCI_FUNC(ser->bdf), vdev);
		return ERR_CAST(vdev);
	}

	file = vfio_pci_open_file(vdev);
	if (!IS_ERR(file)) {
		vdev->liveupdate_ser = ser;
		trace_iommu_liveupdate_retrieve_device(&vdev->pdev->dev, 0, began);
	}
	return file;
}

/**
 * vfio_pci_liveupdate_enable() - Enable a device that goes on as it runs.
 * @vdev: The device; an incoming one.
 *
 * What vfio_pci_core_enable() does to the hardware is left out. At last close
 * the device gets back the configuration it has now, but for bus mastering.
 *
 * Context: Process context, under the lock of the device set.
 * Return: 0, or -EBUSY if the device was not retrieved.
 */
int vfio_pci_liveupdate_enable(struct vfio_pci_core_device *vdev)
{
	const struct vfio_pci_ser *ser = vdev->liveupdate_ser;
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!ser)
		return -EBUSY;

	/*
	 * It counts as enabled already, so this writes nothing. For the same reason
	 * nobody has routed its INTx in this kernel; that writes nothing either.
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
 * vfio_pci_liveupdate_import_config() - Show the user what it saw before.
 * @vdev: The device; its configuration space was just set up. Nothing happens
 *	  if it is not an incoming one.
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

/**
 * vfio_pci_incoming_finish() - A device is an ordinary one again.
 * @vdev: The device, opened and enabled.
 *
 * Context: Process context, may sleep. Never fails.
 */
void vfio_pci_incoming_finish(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = vdev->liveupdate_ser;

	vdev->liveupdate_ser = NULL;
	pci_liveupdate_finish(vdev->pdev);
	kho_record_put(ser);
}

/* It stops now; what else there is to do is done when it is closed. */
static void vfio_pci_discard_open(struct vfio_pci_core_device *vdev)
{
	struct iommufd_device *idev = vdev->vdev.iommufd_device;

	pci_clear_master(vdev->pdev);
	if (!iommufd_device_taken_over(idev))
		iommu_liveupdate_block_device(&vdev->pdev->dev);
	iommufd_device_finish(idev);
	vfio_pci_incoming_finish(vdev);
	pci_info(vdev->pdev, "given up while open, it is stopped\n");
}

/**
 * vfio_pci_incoming_discard() - Give a device up that was retrieved.
 * @vdev: The device; whether somebody has bound and attached it does not matter.
 *
 * Context: Process context, may sleep. Never fails.
 */
void vfio_pci_incoming_discard(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = vdev->liveupdate_ser;

	guard(mutex)(&vdev->vdev.dev_set->lock);
	if (vdev->vdev.iommufd_device)
		return vfio_pci_discard_open(vdev);
	vdev->liveupdate_ser = NULL;
	kho_record_put(ser);
	iommu_liveupdate_discard_device(&vdev->pdev->dev);
}

/* By another record, that is */
static bool vfio_pci_is_retrieved(struct pci_dev *pdev, struct pci_driver *driver)
{
	struct vfio_pci_core_device *vdev;

	guard(device)(&pdev->dev);
	if (pdev->driver != driver)
		return false;
	vdev = dev_get_drvdata(&pdev->dev);
	return vdev->liveupdate_ser;
}

/**
 * vfio_pci_incoming_discard_record() - Give a device up that was not retrieved.
 * @phys: Physical address of the record; anything is allowed. If it cannot be
 *	  read, or names a device that is somebody else's, the device is left to the
 *	  iommufd that it belongs to.
 * @driver: The driver to which the device may be bound.
 *
 * Context: Process context, may sleep. Never fails.
 */
void vfio_pci_incoming_discard_record(u64 phys, struct pci_driver *driver)
{
	struct vfio_pci_ser *ser = vfio_pci_ser_get(phys);
	struct pci_dev *pdev;

	if (IS_ERR(ser)) {
		pr_err("given up without its record (%pe)\n", ser);
		return;
	}
	pdev = vfio_pci_slot(ser);
	if (pdev && vfio_pci_is_like(ser, pdev) && !vfio_pci_is_retrieved(pdev, driver))
		iommu_liveupdate_discard_device(&pdev->dev);
	pci_dev_put(pdev);
	kho_record_put(ser);
}
