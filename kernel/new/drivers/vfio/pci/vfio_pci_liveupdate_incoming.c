// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update of a vfio-pci device: incoming side
 *
 * An incoming device cannot be opened through its cdev or its group. The only
 * file that gives access to it is created here for LUO, once. From retrieve until
 * the session is finished vdev->liveupdate_ser is the record of the device.
 */

#define pr_fmt(fmt) "vfio-pci live update: " fmt

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kho_record.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <trace/events/iommu_liveupdate.h>
#include "../vfio.h"
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

struct vfio_pci_core_device *vfio_pci_lu_from_file(struct file *file)
{
	struct vfio_device_file *df = file->private_data;

	return container_of(df->device, struct vfio_pci_core_device, vdev);
}

static struct vfio_pci_ser *vfio_pci_lu_get_ser(u64 phys)
{
	struct vfio_pci_ser *ser = kho_record_get(phys, VFIO_PCI_RECORD_DEVICE,
						  VFIO_PCI_RECORD_DEVICE_VERSION,
						  sizeof(*ser));

	if (IS_ERR(ser))
		return ser;
	if (ser->flags & ~VFIO_PCI_SER_FLAGS || ser->reserved || ser->initial.reserved ||
	    ser->cfg_size > VFIO_PCI_SER_VCONFIG_SIZE)
		return ERR_PTR(-EPROTO);
	return ser;
}

/* LUO never repeats a failed retrieve, so do not require userspace to have bound the device */
static void vfio_pci_lu_bind(struct pci_dev *pdev, struct pci_driver *driver)
{
	if (READ_ONCE(pdev->driver))
		return;
	if (!device_has_driver_override(&pdev->dev) &&
	    device_set_driver_override(&pdev->dev, driver->name))
		return;
	if (device_attach(&pdev->dev) < 0)
		pci_info(pdev, "cannot be bound to %s\n", driver->name);
}

/* Returns the device with a reference on its registration, as an open file has */
static struct vfio_pci_core_device *vfio_pci_lu_get(struct pci_dev *pdev,
						    struct pci_driver *driver)
{
	struct vfio_pci_core_device *vdev;

	guard(device)(&pdev->dev);
	if (pdev->driver != driver)
		return ERR_PTR(-EBUSY);
	vdev = dev_get_drvdata(&pdev->dev);
	return vfio_device_try_get_registration(&vdev->vdev) ? vdev : ERR_PTR(-ENODEV);
}

static int vfio_pci_lu_is_at(struct device *dev, const void *data)
{
	const struct vfio_pci_ser *ser = data;
	struct pci_dev *pdev = to_pci_dev(dev);

	return pci_dev_id(pdev) == ser->bdf && pci_domain_nr(pdev->bus) == ser->segment;
}

/* pci_get_domain_bus_and_slot() takes a reference to each function of the host on its way */
static struct pci_dev *vfio_pci_lu_find_pdev(const struct vfio_pci_ser *ser)
{
	struct device *dev = bus_find_device(&pci_bus_type, NULL, ser, vfio_pci_lu_is_at);

	return dev ? to_pci_dev(dev) : NULL;
}

static bool vfio_pci_lu_same_device(const struct vfio_pci_ser *ser, const struct pci_dev *pdev)
{
	return pdev->vendor == ser->vendor && pdev->device == ser->device &&
	       pdev->cfg_size == ser->cfg_size;
}

static void *vfio_pci_lu_lost(const struct vfio_pci_ser *ser, int rc, const char *reason)
{
	pr_err("%04x:%02x:%02x.%d not retrieved: %s\n", ser->segment, PCI_BUS_NUM(ser->bdf),
	       PCI_SLOT(ser->bdf), PCI_FUNC(ser->bdf), reason);
	return ERR_PTR(rc);
}

static struct vfio_pci_core_device *vfio_pci_lu_find(const struct vfio_pci_ser *ser,
						     struct pci_driver *driver)
{
	struct pci_dev *pdev __free(pci_dev_put) = vfio_pci_lu_find_pdev(ser);
	struct vfio_pci_core_device *vdev;

	if (!pdev)
		return vfio_pci_lu_lost(ser, -ENODEV, "device was not found by this kernel");
	if (!pci_liveupdate_incoming(pdev) || !iommu_liveupdate_incoming_device(&pdev->dev))
		return vfio_pci_lu_lost(ser, -EIO, "device is isolated");
	if (!vfio_pci_lu_same_device(ser, pdev))
		return vfio_pci_lu_lost(ser, -ESTALE, "another device is at this address");
	/* A physical function that has the token must have its driver first */
	if (pdev->is_virtfn && ser->flags & VFIO_PCI_SER_VF_TOKEN)
		vfio_pci_lu_bind(pci_physfn(pdev), driver);
	vfio_pci_lu_bind(pdev, driver);
	vdev = vfio_pci_lu_get(pdev, driver);
	if (vdev == ERR_PTR(-EBUSY))
		return vfio_pci_lu_lost(ser, -EBUSY, "bound to a driver other than vfio-pci");
	return vdev;
}

/* Like vfio_device_fops_cdev_open(), on an anonymous inode. Consumes the reference. */
static struct file *vfio_pci_lu_open_file(struct vfio_pci_core_device *vdev)
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
 * vfio_pci_lu_incoming_open() - Open the device of a record.
 * @phys: Physical address of the record; any value is allowed.
 * @driver: The driver of vfio-pci. The device is bound to it if it has no driver.
 *
 * The reason of a failure is logged.
 *
 * Context: Process context, may sleep.
 * Return: The file, or an ERR_PTR(): an errno of kho_record_get(); -EPROTO for
 * unknown flags; -ENODEV if the device was not found; -EIO if it is isolated;
 * -ESTALE if another device is at this address; -EBUSY if it is bound to another
 * driver; -ENOMEM.
 */
struct file *vfio_pci_lu_incoming_open(u64 phys, struct pci_driver *driver)
{
	struct vfio_pci_ser *ser = vfio_pci_lu_get_ser(phys);
	struct vfio_pci_core_device *vdev;
	u64 began = local_clock();
	struct file *file;

	if (IS_ERR(ser)) {
		pr_err("not retrieved: invalid record (%pe)\n", ser);
		return ERR_CAST(ser);
	}

	vdev = vfio_pci_lu_find(ser, driver);
	if (IS_ERR(vdev))
		return ERR_CAST(vdev);

	file = vfio_pci_lu_open_file(vdev);
	if (!IS_ERR(file)) {
		vdev->liveupdate_ser = ser;
		if (ser->flags & VFIO_PCI_SER_VF_TOKEN)
			vfio_pci_lu_import_vf_token(vdev, ser->vf_token);
		trace_iommu_liveupdate_retrieve_device(&vdev->pdev->dev, 0, began);
	}
	return file;
}

/**
 * vfio_pci_lu_incoming_finish() - Make an incoming device an ordinary one.
 * @vdev: The device, open and enabled.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void vfio_pci_lu_incoming_finish(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = vdev->liveupdate_ser;

	vdev->liveupdate_ser = NULL;
	pci_liveupdate_finish(vdev->pdev);
	kho_record_put(ser);
}

/* Closing the file resets the device */
static void vfio_pci_lu_discard_open(struct vfio_pci_core_device *vdev)
{
	struct iommufd_device *idev = vdev->vdev.iommufd_device;

	if (!iommufd_device_taken_over(idev))
		iommu_liveupdate_block_device(&vdev->pdev->dev);
	iommufd_device_finish(idev);
	vfio_pci_lu_incoming_finish(vdev);
	pci_info(vdev->pdev, "discarded while open: device quiesced\n");
}

static void vfio_pci_lu_discard_locked(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = vdev->liveupdate_ser;

	lockdep_assert_held(&vdev->vdev.dev_set->lock);
	if (vdev->vdev.iommufd_device)
		return vfio_pci_lu_discard_open(vdev);
	vdev->liveupdate_ser = NULL;
	kho_record_put(ser);
	iommu_liveupdate_discard_device(&vdev->pdev->dev);
}

/**
 * struct vfio_pci_lu_discard - Rest of a discard, without LUO's locks.
 * @work: The work item.
 * @vdev: The device, with a reference on its registration.
 */
struct vfio_pci_lu_discard {
	struct work_struct work;
	struct vfio_pci_core_device *vdev;
};

static void vfio_pci_lu_discard_work(struct work_struct *work)
{
	struct vfio_pci_lu_discard *discard =
		container_of(work, struct vfio_pci_lu_discard, work);
	struct vfio_pci_core_device *vdev = discard->vdev;

	scoped_guard(mutex, &vdev->vdev.dev_set->lock)
		vfio_pci_lu_discard_locked(vdev);
	vfio_device_put_registration(&vdev->vdev);
	kfree(discard);
}

/* Without memory the device stays blocked and is not released */
static void vfio_pci_lu_defer_discard(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_lu_discard *discard;

	iommu_liveupdate_block_device(&vdev->pdev->dev);
	discard = kzalloc_obj(*discard);
	if (!discard || !vfio_device_try_get_registration(&vdev->vdev)) {
		kfree(discard);
		return;
	}
	discard->vdev = vdev;
	INIT_WORK(&discard->work, vfio_pci_lu_discard_work);
	queue_work(system_dfl_wq, &discard->work);
}

/**
 * vfio_pci_lu_incoming_discard() - Discard a retrieved device.
 * @vdev: The device. It may be bound to an iommufd and attached.
 *
 * A call on the file may hold the lock of the device set while it waits for user
 * memory. Then the device is quiesced and blocked here, and the rest happens when
 * the lock is free.
 *
 * Context: Process context, may sleep. Does not wait for userspace. Cannot fail.
 */
void vfio_pci_lu_incoming_discard(struct vfio_pci_core_device *vdev)
{
	pci_clear_master(vdev->pdev);
	if (!mutex_trylock(&vdev->vdev.dev_set->lock))
		return vfio_pci_lu_defer_discard(vdev);
	vfio_pci_lu_discard_locked(vdev);
	mutex_unlock(&vdev->vdev.dev_set->lock);
}

/*
 * Another record may describe the same device. If its lock is held, as in a removal
 * that waits for a file, the device was retrieved, or its discard can wait for
 * that of its iommufd.
 */
static bool vfio_pci_lu_is_retrieved(struct pci_dev *pdev, struct pci_driver *driver)
{
	struct vfio_pci_core_device *vdev;
	bool retrieved = false;

	if (!device_trylock(&pdev->dev))
		return true;
	if (pdev->driver == driver) {
		vdev = dev_get_drvdata(&pdev->dev);
		retrieved = vdev->liveupdate_ser;
	}
	device_unlock(&pdev->dev);
	return retrieved;
}

/**
 * vfio_pci_lu_incoming_discard_record() - Discard a device that was not retrieved.
 * @phys: Physical address of the record; any value is allowed. If the record is
 *	  invalid, or describes a device that was retrieved through another
 *	  record, the device is discarded with its iommufd.
 * @driver: The driver of vfio-pci.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void vfio_pci_lu_incoming_discard_record(u64 phys, struct pci_driver *driver)
{
	struct vfio_pci_ser *ser = vfio_pci_lu_get_ser(phys);
	struct pci_dev *pdev;

	if (IS_ERR(ser)) {
		pr_err("discarded without a valid record (%pe)\n", ser);
		return;
	}
	pdev = vfio_pci_lu_find_pdev(ser);
	if (pdev && vfio_pci_lu_same_device(ser, pdev) && !vfio_pci_lu_is_retrieved(pdev, driver))
		iommu_liveupdate_discard_device(&pdev->dev);
	pci_dev_put(pdev);
	kho_record_put(ser);
}
