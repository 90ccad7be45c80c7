// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update of a vfio-pci device in use
 *
 * The file that is preserved is a device cdev that is bound to an iommufd of the
 * same session. Nothing happens to the device: its DMA goes on. The IOMMU's part
 * is with iommufd, that of the hardware with the PCI core. What remains is what
 * vfio-pci emulates, the configuration space that the user sees, and that from
 * freeze on nobody reaches the configuration of the device through the file any
 * more: ioctls and writes to configuration space fail with EBUSY. Memory of the
 * device can still be read, written and mapped.
 *
 * In the new kernel the device is bound to vfio-pci, by the user who sets
 * driver_override or else when the file is retrieved. The file retrieved is like
 * one just opened: it must be bound to an iommufd, with which the device is
 * opened as it runs, without reset, and with the old configuration space. It is
 * the only file that gives access to the device until the session finishes.
 *
 * Interrupts are not carried. They are masked at the device and the user sets
 * them up again.
 *
 * All this is built in or not there, so nothing is ever unregistered.
 */

#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/slab.h>
#include "../vfio.h"
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

/**
 * struct vfio_pci_preserved - A device that is preserved, until kexec.
 * @ser: Its record.
 * @gate: What to open again when a freeze is undone.
 */
struct vfio_pci_preserved {
	struct vfio_pci_ser *ser;
	struct vfio_pci_gate gate;
};

static struct pci_driver *vfio_pci_liveupdate_driver __ro_after_init;

static struct vfio_pci_core_device *vfio_pci_from_file(struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	return container_of(df->device, struct vfio_pci_core_device, vdev);
}

static bool vfio_pci_liveupdate_can_preserve(struct liveupdate_file_handler *handler,
					     struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	return file->f_op == &vfio_device_fops && !df->group &&
	       df->device->dev->driver == &vfio_pci_liveupdate_driver->driver;
}

/* INTx that cannot be masked at the device would scream over the gap */
static bool vfio_pci_can_be_quiet(struct vfio_pci_core_device *vdev)
{
	return vdev->pci_2_3 || vdev->nointx || !vdev->pdev->pin;
}

static struct vfio_pci_preserved *vfio_pci_preserved_alloc(struct pci_dev *pdev)
{
	struct vfio_pci_preserved *preserved;
	struct vfio_pci_ser *ser;

	preserved = kzalloc_obj(*preserved);
	if (!preserved)
		return ERR_PTR(-ENOMEM);

	ser = kho_record_alloc(VFIO_PCI_RECORD_DEVICE, VFIO_PCI_RECORD_DEVICE_VERSION,
			       sizeof(*ser));
	if (IS_ERR(ser)) {
		kfree(preserved);
		return ERR_CAST(ser);
	}

	ser->segment = pci_domain_nr(pdev->bus);
	ser->bdf = pci_dev_id(pdev);
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	preserved->ser = ser;
	return preserved;
}

static void vfio_pci_preserved_free(struct vfio_pci_preserved *preserved)
{
	kho_record_free(preserved->ser);
	kfree(preserved);
}

static int vfio_pci_liveupdate_preserve(struct liveupdate_file_op_args *args)
{
	struct vfio_device_file *df = args->file->private_data;
	struct vfio_pci_core_device *vdev = vfio_pci_from_file(args->file);
	struct vfio_pci_preserved *preserved;
	int rc;

	/* Paired with smp_store_release() in vfio_df_ioctl_bind_iommufd() */
	if (!smp_load_acquire(&df->access_granted) || !vdev->vdev.iommufd_device) {
		pci_info_ratelimited(vdev->pdev, "not preserved: not bound to an iommufd\n");
		return -ENOTCONN;
	}
	if (!vfio_pci_can_be_quiet(vdev)) {
		pci_info_ratelimited(vdev->pdev,
				     "not preserved: its interrupts cannot be masked\n");
		return -EOPNOTSUPP;
	}

	preserved = vfio_pci_preserved_alloc(vdev->pdev);
	if (IS_ERR(preserved))
		return PTR_ERR(preserved);

	rc = pci_liveupdate_preserve(vdev->pdev);
	if (rc)
		goto err_free;
	/* Against VFIO_DEVICE_DETACH_IOMMUFD_PT */
	mutex_lock(&vdev->vdev.dev_set->lock);
	rc = iommufd_device_preserve(vdev->vdev.iommufd_device, args);
	mutex_unlock(&vdev->vdev.dev_set->lock);
	if (rc)
		goto err_pci;

	args->private_data = preserved;
	args->serialized_data = virt_to_phys(preserved->ser);
	return 0;

err_pci:
	pci_liveupdate_unpreserve(vdev->pdev);
err_free:
	vfio_pci_preserved_free(preserved);
	pci_info_ratelimited(vdev->pdev, "cannot be preserved (%pe)\n", ERR_PTR(rc));
	return rc;
}

static void vfio_pci_liveupdate_unpreserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_from_file(args->file);

	iommufd_device_unpreserve(vdev->vdev.iommufd_device);
	pci_liveupdate_unpreserve(vdev->pdev);
	vfio_pci_preserved_free(args->private_data);
}

static void vfio_pci_preserved_fill(struct vfio_pci_preserved *preserved,
				    struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = preserved->ser;

	ser->flags = (vdev->reset_works ? VFIO_PCI_SER_RESET_WORKS : 0) |
		     (vdev->pci_2_3 ? VFIO_PCI_SER_PCI_2_3 : 0) |
		     (vdev->nointx ? VFIO_PCI_SER_NOINTX : 0);
	ser->cfg_size = vdev->pdev->cfg_size;
	static_assert(sizeof(ser->rbar) == sizeof(vdev->rbar));
	memcpy(ser->rbar, vdev->rbar, sizeof(ser->rbar));
	memcpy(ser->vconfig, vdev->vconfig, ser->cfg_size);
	kho_record_seal(ser);
}

static int vfio_pci_liveupdate_freeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_preserved *preserved = args->private_data;
	struct vfio_pci_core_device *vdev = vfio_pci_from_file(args->file);
	int rc;

	rc = vfio_pci_gate_close(vdev, &preserved->gate);
	if (rc)
		goto err;
	rc = pci_liveupdate_freeze(vdev->pdev);
	if (rc)
		goto err_gate;
	rc = iommufd_device_freeze(vdev->vdev.iommufd_device);
	if (rc)
		goto err_pci;
	vfio_pci_preserved_fill(preserved, vdev);
	return 0;

err_pci:
	pci_liveupdate_unfreeze(vdev->pdev);
err_gate:
	vfio_pci_gate_open(vdev, &preserved->gate);
err:
	pci_err(vdev->pdev, "cannot be frozen (%pe)\n", ERR_PTR(rc));
	return rc;
}

static void vfio_pci_liveupdate_unfreeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_preserved *preserved = args->private_data;
	struct vfio_pci_core_device *vdev = vfio_pci_from_file(args->file);

	iommufd_device_unfreeze(vdev->vdev.iommufd_device);
	pci_liveupdate_unfreeze(vdev->pdev);
	vfio_pci_gate_open(vdev, &preserved->gate);
}

static int vfio_pci_liveupdate_retrieve(struct liveupdate_file_op_args *args)
{
	struct file *file = vfio_pci_incoming_open(args->serialized_data,
						   vfio_pci_liveupdate_driver);

	if (IS_ERR(file))
		return PTR_ERR(file);
	args->file = file;
	return 0;
}

static bool vfio_pci_liveupdate_can_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_device_file *df;

	if (args->retrieve_status <= 0)
		return false;

	df = args->file->private_data;
	/* Paired with smp_store_release() in vfio_df_ioctl_bind_iommufd() */
	return smp_load_acquire(&df->access_granted) &&
	       iommufd_device_taken_over(df->device->iommufd_device);
}

static void vfio_pci_liveupdate_finish(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_from_file(args->file);

	iommufd_device_finish(vdev->vdev.iommufd_device);
	vfio_pci_incoming_finish(vdev);
}

static void vfio_pci_liveupdate_discard(struct liveupdate_file_op_args *args)
{
	if (args->retrieve_status > 0)
		vfio_pci_incoming_discard(vfio_pci_from_file(args->file));
	else
		vfio_pci_incoming_discard_record(args->serialized_data,
						 vfio_pci_liveupdate_driver);
}

/* One preservation per device, not per file */
static unsigned long vfio_pci_liveupdate_get_id(struct file *file)
{
	return (unsigned long)vfio_pci_from_file(file);
}

static const struct liveupdate_file_ops vfio_pci_liveupdate_file_ops = {
	.can_preserve = vfio_pci_liveupdate_can_preserve,
	.preserve = vfio_pci_liveupdate_preserve,
	.unpreserve = vfio_pci_liveupdate_unpreserve,
	.freeze = vfio_pci_liveupdate_freeze,
	.unfreeze = vfio_pci_liveupdate_unfreeze,
	.retrieve = vfio_pci_liveupdate_retrieve,
	.can_finish = vfio_pci_liveupdate_can_finish,
	.finish = vfio_pci_liveupdate_finish,
	.discard = vfio_pci_liveupdate_discard,
	.get_id = vfio_pci_liveupdate_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler vfio_pci_liveupdate_handler = {
	.ops = &vfio_pci_liveupdate_file_ops,
	.compatible = VFIO_PCI_LIVEUPDATE_FH_COMPATIBLE,
};

static int vfio_pci_liveupdate_register_flbs(struct liveupdate_file_handler *fh)
{
	int rc;

	rc = pci_liveupdate_register_handler(fh, vfio_pci_liveupdate_driver);
	if (rc)
		return rc;
	rc = iommu_liveupdate_register_handler(fh);
	if (rc)
		pci_liveupdate_unregister_handler(fh);
	return rc;
}

/**
 * vfio_pci_liveupdate_register() - Let files of vfio-pci be preserved.
 * @driver: The driver that vfio-pci devices are bound to.
 *
 * Context: Initialisation, before /dev/liveupdate can be opened.
 */
void __init vfio_pci_liveupdate_register(struct pci_driver *driver)
{
	struct liveupdate_file_handler *fh = &vfio_pci_liveupdate_handler;
	int rc;

	vfio_pci_liveupdate_driver = driver;
	kho_record_tell_layout(KHO_RECORD_LAYOUT("vfio-device", VFIO_PCI_RECORD_DEVICE_VERSION));
	rc = liveupdate_register_file_handler(fh);
	if (rc)
		goto out;
	rc = vfio_pci_liveupdate_register_flbs(fh);
	if (rc)
		liveupdate_unregister_file_handler(fh);
out:
	if (rc && rc != -EOPNOTSUPP)
		pr_err("vfio-pci: no live update (%pe)\n", ERR_PTR(rc));
}
