// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update of a vfio-pci device
 *
 * The preserved file is a device cdev that is bound to an iommufd of the same
 * session. In the next kernel the device is bound to vfio-pci by driver_override,
 * which userspace sets, or else retrieve does. The retrieved file is like one
 * that was just opened: it has to be bound to an iommufd. Binding opens the
 * device without a reset and restores the configuration space that the user saw.
 * No other file gives access to the device until the session is finished.
 *
 * Interrupts are not preserved. They are masked at the device, and the user sets
 * them up again.
 *
 * This file ties vfio-pci to LUO.
 */

#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include "../vfio.h"
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

static struct pci_driver *vfio_pci_lu_driver __ro_after_init;

static bool vfio_pci_lu_can_preserve(struct liveupdate_file_handler *handler,
				     struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	return file->f_op == &vfio_device_fops && !df->group &&
	       df->device->dev->driver == &vfio_pci_lu_driver->driver;
}

static int vfio_pci_lu_retrieve(struct liveupdate_file_op_args *args)
{
	struct file *file = vfio_pci_lu_incoming_open(args->serialized_data,
						      vfio_pci_lu_driver);

	if (IS_ERR(file))
		return PTR_ERR(file);
	args->file = file;
	return 0;
}

static bool vfio_pci_lu_can_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_device_file *df;

	/* A VM can continue without a device that is lost or being removed */
	if (args->retrieve_status <= 0)
		return args->retrieve_status < 0;
	if (READ_ONCE(vfio_pci_lu_from_file(args->file)->liveupdate_removed))
		return true;

	df = args->file->private_data;
	/* Paired with smp_store_release() in vfio_df_ioctl_bind_iommufd() */
	return smp_load_acquire(&df->access_granted) &&
	       iommufd_device_taken_over(df->device->iommufd_device);
}

static void vfio_pci_lu_discard(struct liveupdate_file_op_args *args)
{
	if (args->retrieve_status > 0)
		vfio_pci_lu_incoming_discard(vfio_pci_lu_from_file(args->file));
	else
		vfio_pci_lu_incoming_discard_record(args->serialized_data,
						    vfio_pci_lu_driver);
}

static void vfio_pci_lu_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev;

	if (args->retrieve_status < 0)
		return vfio_pci_lu_discard(args);
	vdev = vfio_pci_lu_from_file(args->file);
	if (READ_ONCE(vdev->liveupdate_removed))
		return vfio_pci_lu_discard(args);
	iommufd_device_finish(vdev->vdev.iommufd_device);
	vfio_pci_lu_incoming_finish(vdev);
}

/* A device can be preserved once, whichever of its files is used */
static unsigned long vfio_pci_lu_get_id(struct file *file)
{
	return (unsigned long)vfio_pci_lu_from_file(file);
}

static const struct liveupdate_file_ops vfio_pci_lu_file_ops = {
	.can_preserve = vfio_pci_lu_can_preserve,
	.preserve = vfio_pci_liveupdate_preserve,
	.unpreserve = vfio_pci_liveupdate_unpreserve,
	.freeze = vfio_pci_liveupdate_freeze,
	.unfreeze = vfio_pci_liveupdate_unfreeze,
	.retrieve = vfio_pci_lu_retrieve,
	.can_finish = vfio_pci_lu_can_finish,
	.finish = vfio_pci_lu_finish,
	.discard = vfio_pci_lu_discard,
	.get_id = vfio_pci_lu_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler vfio_pci_lu_handler = {
	.ops = &vfio_pci_lu_file_ops,
	.compatible = VFIO_PCI_LIVEUPDATE_FH_COMPATIBLE,
};

MODULE_ALIAS_LIVEUPDATE(VFIO_PCI_LIVEUPDATE_FH_COMPATIBLE);
MODULE_IMPORT_NS("IOMMUFD");

static const char vfio_pci_lu_layout[] = KHO_RECORD_LAYOUT("vfio-device",
							   VFIO_PCI_RECORD_DEVICE_VERSION);

static int __init vfio_pci_lu_register_flbs(struct liveupdate_file_handler *fh)
{
	int rc;

	rc = pci_liveupdate_register_handler(fh, vfio_pci_lu_driver);
	if (rc)
		return rc;
	rc = iommu_liveupdate_register_handler(fh);
	if (rc)
		pci_liveupdate_unregister_handler(fh);
	return rc;
}

static int __init vfio_pci_lu_register_handler(struct liveupdate_file_handler *fh)
{
	int rc = liveupdate_register_file_handler(fh);

	if (rc)
		return rc;
	rc = vfio_pci_lu_register_flbs(fh);
	if (rc)
		liveupdate_unregister_file_handler(fh);
	return rc;
}

/**
 * vfio_pci_liveupdate_register() - Register the file handler of vfio-pci with LUO.
 * @driver: The driver whose devices can be preserved.
 *
 * Failure is logged; vfio-pci then works without live update.
 *
 * Context: Initialization, before @driver is registered.
 */
void __init vfio_pci_liveupdate_register(struct pci_driver *driver)
{
	int rc;

	vfio_pci_lu_driver = driver;
	kho_record_register_layout(vfio_pci_lu_layout);
	rc = vfio_pci_lu_register_handler(&vfio_pci_lu_handler);
	if (!rc)
		return;
	vfio_pci_lu_driver = NULL;
	if (rc != -EOPNOTSUPP)
		pr_err("vfio-pci: live update is not available (%pe)\n", ERR_PTR(rc));
}

/**
 * vfio_pci_liveupdate_unregister() - Undo vfio_pci_liveupdate_register().
 *
 * LUO holds a reference on the module for each file, so there is none. Afterwards no driver
 * can bind to incoming devices.
 *
 * Context: Process context, after the driver was unregistered. May sleep, cannot fail.
 */
void vfio_pci_liveupdate_unregister(void)
{
	kho_record_unregister_layout(vfio_pci_lu_layout);
	if (!vfio_pci_lu_driver)
		return;
	pci_liveupdate_unregister_handler(&vfio_pci_lu_handler);
	liveupdate_unregister_file_handler(&vfio_pci_lu_handler);
}
