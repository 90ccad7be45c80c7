// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: The gate between the user of a frozen device and its configuration
 *
 * Each call on the device file that can change the configuration of the device
 * passes the gate: ioctls, features, writes to configuration space and reads of
 * the ROM. Freeze closes the gate: such calls then fail with EBUSY. A call in progress
 * may fault on user memory for any time; if it does not return within
 * VFIO_PCI_LU_GATE_WAIT the gate is opened again and freeze fails. LUO tries again.
 *
 * An irqfd masks and unmasks INTx without a call. Closing the gate marks INTx as
 * disabled by the user, which keeps vfio from unmasking it.
 */

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

/* How long one freeze waits for calls in progress */
#define VFIO_PCI_LU_GATE_WAIT	msecs_to_jiffies(25)

/* liveupdate_calls is the number of calls in progress, plus this while the gate is closed */
#define VFIO_PCI_LU_GATE_CLOSED	INT_MIN

static struct vfio_pci_core_device *vfio_pci_lu_from_vfio(struct vfio_device *core_vdev)
{
	return container_of(core_vdev, struct vfio_pci_core_device, vdev);
}

static bool vfio_pci_lu_call_begin(struct vfio_pci_core_device *vdev)
{
	return atomic_inc_unless_negative(&vdev->liveupdate_calls);
}

static void vfio_pci_lu_call_end(struct vfio_pci_core_device *vdev)
{
	atomic_dec_return_release(&vdev->liveupdate_calls);
}

static int vfio_pci_lu_stop_calls(struct vfio_pci_core_device *vdev)
{
	unsigned long end = jiffies + VFIO_PCI_LU_GATE_WAIT;

	/* Calls that begin now fail, so that a guest that makes many keeps no kexec */
	atomic_add(VFIO_PCI_LU_GATE_CLOSED, &vdev->liveupdate_calls);
	while (atomic_read_acquire(&vdev->liveupdate_calls) != VFIO_PCI_LU_GATE_CLOSED) {
		if (time_after(jiffies, end)) {
			atomic_sub(VFIO_PCI_LU_GATE_CLOSED, &vdev->liveupdate_calls);
			return -EBUSY;
		}
		usleep_range(100, 500);
	}
	return 0;
}

long vfio_pci_liveupdate_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
			       unsigned long arg)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_vfio(core_vdev);
	long ret;

	if (!vfio_pci_lu_call_begin(vdev))
		return -EBUSY;
	ret = vfio_pci_core_ioctl(core_vdev, cmd, arg);
	vfio_pci_lu_call_end(vdev);
	return ret;
}

int vfio_pci_liveupdate_ioctl_feature(struct vfio_device *core_vdev, u32 flags,
				      void __user *arg, size_t argsz)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_vfio(core_vdev);
	int ret;

	if (!vfio_pci_lu_call_begin(vdev))
		return -EBUSY;
	ret = vfio_pci_core_ioctl_feature(core_vdev, flags, arg, argsz);
	vfio_pci_lu_call_end(vdev);
	return ret;
}

/* Reading the ROM enables its decoding for that time */
ssize_t vfio_pci_liveupdate_read(struct vfio_device *core_vdev, char __user *buf,
				 size_t count, loff_t *ppos)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_vfio(core_vdev);
	ssize_t ret;

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != VFIO_PCI_ROM_REGION_INDEX)
		return vfio_pci_core_read(core_vdev, buf, count, ppos);

	if (!vfio_pci_lu_call_begin(vdev))
		return -EBUSY;
	ret = vfio_pci_core_read(core_vdev, buf, count, ppos);
	vfio_pci_lu_call_end(vdev);
	return ret;
}

ssize_t vfio_pci_liveupdate_write(struct vfio_device *core_vdev,
				  const char __user *buf, size_t count, loff_t *ppos)
{
	struct vfio_pci_core_device *vdev = vfio_pci_lu_from_vfio(core_vdev);
	ssize_t ret;

	if (VFIO_PCI_OFFSET_TO_INDEX(*ppos) != VFIO_PCI_CONFIG_REGION_INDEX)
		return vfio_pci_core_write(core_vdev, buf, count, ppos);

	if (!vfio_pci_lu_call_begin(vdev))
		return -EBUSY;
	ret = vfio_pci_core_write(core_vdev, buf, count, ppos);
	vfio_pci_lu_call_end(vdev);
	return ret;
}

static bool vfio_pci_lu_set_virq_disabled(struct vfio_pci_core_device *vdev, bool disabled)
{
	bool was;

	guard(spinlock_irqsave)(&vdev->irqlock);
	was = vdev->virq_disabled;
	vdev->virq_disabled = disabled;
	return was;
}

static void vfio_pci_lu_stop_intx(struct vfio_pci_core_device *vdev,
				  struct vfio_pci_lu_gate *gate)
{
	gate->intx_masked = vdev->irq_type == VFIO_PCI_INTX_IRQ_INDEX &&
				 vfio_pci_intx_mask(vdev);
	gate->virq_disabled = vfio_pci_lu_set_virq_disabled(vdev, true);
}

static void vfio_pci_lu_resume_intx(struct vfio_pci_core_device *vdev,
				    const struct vfio_pci_lu_gate *gate)
{
	vfio_pci_lu_set_virq_disabled(vdev, gate->virq_disabled);
	if (gate->intx_masked)
		vfio_pci_intx_unmask(vdev);
}

/**
 * vfio_pci_lu_gate_close() - Refuse changes of a device's configuration.
 * @vdev: The device.
 * @gate: Out: state for vfio_pci_lu_gate_open().
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBUSY if a call in progress did not return in time; that is logged.
 */
int vfio_pci_lu_gate_close(struct vfio_pci_core_device *vdev, struct vfio_pci_lu_gate *gate)
{
	int rc;

	rc = vfio_pci_lu_stop_calls(vdev);
	if (rc) {
		pci_err(vdev->pdev, "not frozen: call on the device file does not return\n");
		return rc;
	}
	vfio_pci_lu_stop_intx(vdev, gate);
	return 0;
}

/**
 * vfio_pci_lu_gate_open() - Undo vfio_pci_lu_gate_close().
 * @vdev: The device.
 * @gate: State that vfio_pci_lu_gate_close() saved.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void vfio_pci_lu_gate_open(struct vfio_pci_core_device *vdev, const struct vfio_pci_lu_gate *gate)
{
	vfio_pci_lu_resume_intx(vdev, gate);
	atomic_sub(VFIO_PCI_LU_GATE_CLOSED, &vdev->liveupdate_calls);
}
