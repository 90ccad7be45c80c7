// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update of a vfio-pci device: outgoing side
 *
 * The device stays as it is and its DMA continues. Its IOMMU state is preserved
 * by iommufd, its hardware state by the PCI core. Left for vfio-pci are the
 * emulated configuration space that the user sees, and the gate: from freeze on
 * ioctls and writes to configuration space fail with EBUSY. Device memory can
 * still be read, written and mapped.
 */

#include <linux/iommufd-liveupdate.h>
#include <linux/iopoll.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/slab.h>
#include "../vfio.h"
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

/* How long preserve waits for the lock of the device set */
#define VFIO_PCI_LU_LOCK_WAIT_US	500000

/**
 * struct vfio_pci_lu_outgoing - A preserved device.
 * @ser: Its record.
 * @gate: State of the closed gate, needed to open it when the freeze is undone.
 */
struct vfio_pci_lu_outgoing {
	struct vfio_pci_ser *ser;
	struct vfio_pci_lu_gate gate;
};

/* INTx that the device cannot mask would stay asserted until a driver handles it */
static bool vfio_pci_lu_intx_maskable(struct vfio_pci_core_device *vdev)
{
	return vdev->pci_2_3 || vdev->nointx || !vdev->pdev->pin;
}

static struct vfio_pci_lu_outgoing *vfio_pci_lu_outgoing_alloc(struct pci_dev *pdev)
{
	struct vfio_pci_lu_outgoing *out;
	struct vfio_pci_ser *ser;

	out = kzalloc_obj(*out);
	if (!out)
		return ERR_PTR(-ENOMEM);

	ser = kho_record_alloc(VFIO_PCI_RECORD_DEVICE, VFIO_PCI_RECORD_DEVICE_VERSION,
			       sizeof(*ser));
	if (IS_ERR(ser)) {
		kfree(out);
		return ERR_CAST(ser);
	}

	ser->segment = pci_domain_nr(pdev->bus);
	ser->bdf = pci_dev_id(pdev);
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	out->ser = ser;
	return out;
}

static void vfio_pci_lu_outgoing_free(struct vfio_pci_lu_outgoing *out)
{
	kho_record_free(out->ser);
	kfree(out);
}

static int vfio_pci_lu_refuse(struct vfio_pci_core_device *vdev, int rc, const char *reason)
{
	pci_info_ratelimited(vdev->pdev, "not preserved: %s\n", reason);
	return rc;
}

static int vfio_pci_lu_refuse_freeze(struct vfio_pci_core_device *vdev, int rc,
				     const char *reason)
{
	pci_err(vdev->pdev, "not frozen: %s\n", reason);
	return rc;
}

static int vfio_pci_lu_check_preserve(const struct vfio_device_file *df,
				      struct vfio_pci_core_device *vdev)
{
	/* Paired with smp_store_release() in vfio_df_ioctl_bind_iommufd() */
	if (!smp_load_acquire(&df->access_granted) || !vdev->vdev.iommufd_device)
		return vfio_pci_lu_refuse(vdev, -ENOTCONN, "not bound to an iommufd");
	if (READ_ONCE(vdev->liveupdate_removed))
		return vfio_pci_lu_refuse(vdev, -EBUSY, "removal of the device is pending");
	if (!vfio_pci_lu_intx_maskable(vdev))
		return vfio_pci_lu_refuse(vdev, -EOPNOTSUPP, "INTx cannot be masked at the device");
	return 0;
}

/* Of vfio-pci, the IOMMU and its unit, the function and the devices above it */
static unsigned int vfio_pci_lu_nr_records(struct pci_dev *pdev)
{
	unsigned int nr = pdev->is_virtfn ? 4 : 3;

	for (; pdev; pdev = pci_upstream_bridge(pdev))
		nr++;
	return nr;
}

/*
 * The lock excludes VFIO_DEVICE_DETACH_IOMMUFD_PT. BIND and ATTACH write their answer
 * with the lock held, to a page that the user may not deliver.
 */
static int vfio_pci_lu_preserve_iommu(struct vfio_pci_core_device *vdev,
				      const struct liveupdate_file_op_args *args)
{
	struct mutex *lock = &vdev->vdev.dev_set->lock;
	bool locked;
	int rc;

	if (read_poll_timeout(mutex_trylock, locked, locked, 500, VFIO_PCI_LU_LOCK_WAIT_US,
			      false, lock))
		return vfio_pci_lu_refuse(vdev, -EBUSY,
			"bind or attach of a device in the same reset set is in progress");
	rc = iommufd_device_preserve(vdev->vdev.iommufd_device, args);
	mutex_unlock(lock);
	return rc;
}

int vfio_pci_liveupdate_preserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_file(args->file);
	struct vfio_pci_lu_outgoing *out;
	int rc;

	rc = vfio_pci_lu_check_preserve(args->file->private_data, vdev);
	if (rc)
		return rc;
	if (liveupdate_charge_records(args, vfio_pci_lu_nr_records(vdev->pdev)))
		return vfio_pci_lu_refuse(vdev, -EDQUOT, "session has too many records");
	out = vfio_pci_lu_outgoing_alloc(vdev->pdev);
	if (IS_ERR(out))
		return PTR_ERR(out);

	rc = pci_liveupdate_preserve(vdev->pdev);
	if (rc)
		goto err_free;
	rc = vfio_pci_lu_preserve_iommu(vdev, args);
	if (rc)
		goto err_pci;

	args->private_data = out;
	args->serialized_data = virt_to_phys(out->ser);
	return 0;

err_pci:
	pci_liveupdate_unpreserve(vdev->pdev);
err_free:
	vfio_pci_lu_outgoing_free(out);
	return rc;
}

void vfio_pci_liveupdate_unpreserve(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_file(args->file);

	iommufd_device_unpreserve(vdev->vdev.iommufd_device);
	pci_liveupdate_unpreserve(vdev->pdev);
	vfio_pci_lu_outgoing_free(args->private_data);
}

static void vfio_pci_lu_outgoing_fill(struct vfio_pci_lu_outgoing *out,
				      struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_ser *ser = out->ser;

	ser->flags = (vdev->reset_works ? VFIO_PCI_SER_RESET_WORKS : 0) |
		     (vdev->pci_2_3 ? VFIO_PCI_SER_PCI_2_3 : 0) |
		     (vdev->nointx ? VFIO_PCI_SER_NOINTX : 0) |
		     (vdev->liveupdate_initial ? VFIO_PCI_SER_INITIAL : 0);
	if (vfio_pci_lu_export_vf_token(vdev, ser->vf_token))
		ser->flags |= VFIO_PCI_SER_VF_TOKEN;
	if (vdev->liveupdate_initial)
		ser->initial = *vdev->liveupdate_initial;
	ser->cfg_size = vdev->pdev->cfg_size;
	static_assert(sizeof(ser->rbar) == sizeof(vdev->rbar));
	memcpy(ser->rbar, vdev->rbar, sizeof(ser->rbar));
	memcpy(ser->vconfig, vdev->vconfig, ser->cfg_size);
	kho_record_seal(ser);
}

int vfio_pci_liveupdate_freeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_file(args->file);
	struct vfio_pci_lu_outgoing *out = args->private_data;
	int rc;

	if (READ_ONCE(vdev->liveupdate_removed))
		return vfio_pci_lu_refuse_freeze(vdev, -EBUSY,
						 "removal of the device is pending");
	rc = vfio_pci_lu_gate_close(vdev, &out->gate);
	if (rc)
		return rc;
	rc = vfio_pci_lu_wake(vdev);
	if (rc) {
		vfio_pci_lu_refuse_freeze(vdev, rc, "call on the device file does not return");
		goto err_gate;
	}
	rc = pci_liveupdate_freeze(vdev->pdev);
	if (rc)
		goto err_gate;
	rc = iommufd_device_freeze(vdev->vdev.iommufd_device);
	if (rc)
		goto err_pci;
	vfio_pci_lu_outgoing_fill(out, vdev);
	return 0;

err_pci:
	pci_liveupdate_unfreeze(vdev->pdev);
err_gate:
	vfio_pci_lu_gate_open(vdev, &out->gate);
	return rc;
}

void vfio_pci_liveupdate_unfreeze(struct liveupdate_file_op_args *args)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_file(args->file);
	struct vfio_pci_lu_outgoing *out = args->private_data;

	iommufd_device_unfreeze(vdev->vdev.iommufd_device);
	pci_liveupdate_unfreeze(vdev->pdev);
	vfio_pci_lu_gate_open(vdev, &out->gate);
}
