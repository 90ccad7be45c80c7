// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Opening, closing and removing vfio-pci devices
 *
 * The part of vfio-pci-core. An incoming device is opened without a reset, and its
 * user finds the configuration space that it had in the previous kernel. If it is
 * closed before it is an ordinary device it stays as it is.
 *
 * A removal waits for the files of the device with the device lock held. A kexec
 * cannot close files, and device_shutdown() would wait for the lock forever. So a
 * removal that waits when a kexec proceeds releases the lock. This covers each device
 * of vfio-pci-core, preserved or not. A preserved device that is being removed cannot
 * be frozen.
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/kho/abi/vfio_pci.h>
#include <linux/slab.h>
#include "vfio_pci_liveupdate.h"
#include "vfio_pci_priv.h"

#define VFIO_PCI_LU_POLL_MS	10
/* How often a removal asks the user of the device to close it */
#define VFIO_PCI_LU_REQUEST_PERIOD	(10 * HZ)
/* How long freeze waits for a lock that is held for short times; LUO tries again */
#define VFIO_PCI_LU_LOCK_WAIT_US	10000

/**
 * vfio_pci_liveupdate_begin_remove() - Begin the removal of a device.
 * @vdev: The device. From now on it can be neither preserved nor frozen.
 *
 * Context: Under the device lock.
 */
void vfio_pci_liveupdate_begin_remove(struct vfio_pci_core_device *vdev)
{
	WRITE_ONCE(vdev->liveupdate_removed, true);
}

/**
 * vfio_pci_liveupdate_disable_vfs() - Begin or end the removal of virtual functions.
 * @pf: Their physical function.
 * @begin: The removal begins.
 *
 * Context: Under the device lock of @pf.
 */
void vfio_pci_liveupdate_disable_vfs(struct vfio_pci_core_device *pf, bool begin)
{
	WRITE_ONCE(pf->liveupdate_disables_vfs, begin ? current : NULL);
}

/* Does not return */
static void vfio_pci_lu_abandon_remove(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_core_device *pf = vdev->sriov_pf_core_dev;

	if (pf && READ_ONCE(pf->liveupdate_disables_vfs) == current)
		device_unlock(&pf->pdev->dev);
	pci_liveupdate_abandon_remove(vdev->pdev);
}

/**
 * vfio_pci_liveupdate_released() - Wait until the files of a device are closed.
 * @vdev: The device, which is being removed.
 *
 * Does not return if a kexec proceeds.
 *
 * Context: Process context, under the device lock. May sleep.
 * Return: True if they are closed; false if it is time to ask the user again.
 */
bool vfio_pci_liveupdate_released(struct vfio_pci_core_device *vdev)
{
	unsigned long end = jiffies + VFIO_PCI_LU_REQUEST_PERIOD;

	while (!completion_done(&vdev->vdev.comp)) {
		if (pci_liveupdate_must_abandon_remove())
			vfio_pci_lu_abandon_remove(vdev);
		if (time_after(jiffies, end))
			return false;
		msleep(VFIO_PCI_LU_POLL_MS);
	}
	return true;
}

/**
 * vfio_pci_lu_wake() - Bring a device to D0 for kexec.
 * @vdev: The device; its user cannot change its power state any more.
 *
 * A guest can put its device to sleep at any time. The device does no DMA then,
 * and in the next kernel its user finds it awake.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBUSY if the lock of the device's memory stays taken.
 */
int vfio_pci_lu_wake(struct vfio_pci_core_device *vdev)
{
	bool locked;

	if (read_poll_timeout(down_write_trylock, locked, locked, 500, VFIO_PCI_LU_LOCK_WAIT_US,
			      false, &vdev->memory_lock))
		return -EBUSY;
	if (vdev->pdev->current_state != PCI_D0)
		vfio_pci_set_power_state(vdev, PCI_D0);
	up_write(&vdev->memory_lock);
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(vfio_pci_lu_wake, "vfio-pci");

/* Its own token, or the one of the physical function that the device is a VF of */
static struct vfio_pci_vf_token *vfio_pci_lu_vf_token(struct vfio_pci_core_device *vdev)
{
	struct vfio_pci_core_device *pf = vdev->sriov_pf_core_dev;

	return pf ? pf->vf_token : vdev->vf_token;
}

/**
 * vfio_pci_lu_export_vf_token() - Read the token that opens virtual functions.
 * @vdev: A physical or a virtual function.
 * @uuid: Out: the token, VFIO_PCI_SER_VF_TOKEN_SIZE bytes.
 *
 * Context: Process context, may sleep.
 * Return: True; false if @vdev is neither, or its physical function has another driver.
 */
bool vfio_pci_lu_export_vf_token(struct vfio_pci_core_device *vdev, u8 *uuid)
{
	struct vfio_pci_vf_token *token = vfio_pci_lu_vf_token(vdev);

	if (!token)
		return false;
	guard(mutex)(&token->lock);
	export_uuid(uuid, &token->uuid);
	return true;
}
EXPORT_SYMBOL_FOR_MODULES(vfio_pci_lu_export_vf_token, "vfio-pci");

/**
 * vfio_pci_lu_import_vf_token() - Restore the token that opens virtual functions.
 * @vdev: A physical or a virtual function, retrieved.
 * @uuid: The token, VFIO_PCI_SER_VF_TOKEN_SIZE bytes.
 *
 * The first of a physical function and its virtual functions that is retrieved restores
 * the token. Later the user of the physical function may have set another one.
 *
 * Context: Process context, may sleep.
 */
void vfio_pci_lu_import_vf_token(struct vfio_pci_core_device *vdev, const u8 *uuid)
{
	struct vfio_pci_vf_token *token = vfio_pci_lu_vf_token(vdev);

	if (!token)
		return;
	guard(mutex)(&token->lock);
	if (!token->liveupdate_restored)
		import_uuid(&token->uuid, uuid);
	token->liveupdate_restored = true;
}
EXPORT_SYMBOL_FOR_MODULES(vfio_pci_lu_import_vf_token, "vfio-pci");

/**
 * vfio_pci_liveupdate_disable() - Leave an incoming device as it is at last close.
 * @vdev: The device.
 *
 * Stands in for those parts of vfio_pci_core_disable() that write to the device. A
 * bind that fails late closes the device; the user can bind it again.
 *
 * Context: Process context, under the lock of the device set.
 * Return: True if @vdev is incoming.
 */
bool vfio_pci_liveupdate_disable(struct vfio_pci_core_device *vdev)
{
	if (!pci_liveupdate_incoming(vdev->pdev)) {
		/* The user has closed it without setting up its interrupts */
		pci_liveupdate_clear_msix(vdev->pdev);
		pci_liveupdate_clear_msi(vdev->pdev);
		return false;
	}
	kfree(vdev->pci_saved_state);
	vdev->pci_saved_state = NULL;
	return true;
}

/**
 * vfio_pci_liveupdate_save_initial() - Remember registers that a guest can change.
 * @vdev: The device, opened by its first user, after pci_save_state().
 *
 * Without memory they are not handed over; the device then keeps, across an update,
 * the values that the guest has set.
 *
 * Context: Process context, under the lock of the device set.
 */
void vfio_pci_liveupdate_save_initial(struct vfio_pci_core_device *vdev)
{
	struct pci_regs_ser *regs = kzalloc_obj(*regs);

	kfree(vdev->liveupdate_initial);
	vdev->liveupdate_initial = regs;
	if (!regs || pci_liveupdate_get_saved(vdev->pdev, regs))
		return;
	kfree(regs);
	vdev->liveupdate_initial = NULL;
}

static void vfio_pci_lu_import_initial(struct vfio_pci_core_device *vdev)
{
	const struct vfio_pci_ser *ser = vdev->liveupdate_ser;

	if (!(ser->flags & VFIO_PCI_SER_INITIAL))
		return;
	pci_liveupdate_set_saved(vdev->pdev, &ser->initial);
	kfree(vdev->liveupdate_initial);
	vdev->liveupdate_initial = kmemdup(&ser->initial, sizeof(ser->initial), GFP_KERNEL);
}

/**
 * vfio_pci_liveupdate_enable() - Enable an incoming device with DMA in progress.
 * @vdev: The device.
 *
 * Stands in for those parts of vfio_pci_core_enable() that write to the device.
 * At last close the device gets back the configuration that it has now, without
 * bus mastering, and the registers of struct pci_regs_ser as they were
 * before the first assignment.
 *
 * Context: Process context, under the lock of the device set.
 * Return: 0; -EBUSY if the device was not retrieved; a negative errno of
 * pci_enable_device().
 */
int vfio_pci_liveupdate_enable(struct vfio_pci_core_device *vdev)
{
	const struct vfio_pci_ser *ser = vdev->liveupdate_ser;
	struct pci_dev *pdev = vdev->pdev;
	int ret;

	if (!ser)
		return -EBUSY;

	/* The device already counts as enabled, so this writes nothing and routes no INTx */
	ret = pci_enable_device(pdev);
	if (ret)
		return ret;

	pci_liveupdate_mask_msix_entries(pdev);
	vdev->reset_works = !!(ser->flags & VFIO_PCI_SER_RESET_WORKS);
	vdev->pci_2_3 = !!(ser->flags & VFIO_PCI_SER_PCI_2_3);
	vdev->nointx = !!(ser->flags & VFIO_PCI_SER_NOINTX);

	pci_save_state(pdev);
	pdev->saved_config_space[PCI_COMMAND / sizeof(u32)] &=
		~(PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	vfio_pci_lu_import_initial(vdev);
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

/**
 * vfio_pci_liveupdate_route_intx() - Route INTx if opening the device has not done so
 * @vdev: The device; its user sets up INTx.
 *
 * An incoming device is opened without a route: to find one, ACPI evaluates the routing
 * table of the host bridge, which is most of the work of opening a device, and few users
 * need it. The device decodes already, so nothing is written to it. If the platform
 * finds no route, pdev->irq is 0, as for a device without an interrupt.
 *
 * Context: Process context, under igate.
 */
void vfio_pci_liveupdate_route_intx(struct vfio_pci_core_device *vdev)
{
	if (pci_liveupdate_route_intx(vdev->pdev))
		vdev->pdev->irq = 0;
}

/**
 * vfio_pci_liveupdate_show_intx() - Let an INTx level of the gap be seen
 * @vdev: The device; its handler was just requested.
 * @masked: Whether INTx is masked, protected by irqlock.
 *
 * An incoming device may have asserted INTx long before its handler was requested, and
 * an interrupt controller may ignore a level that changed before its pin was set up.
 *
 * Context: Process context, under igate.
 */
void vfio_pci_liveupdate_show_intx(struct vfio_pci_core_device *vdev, const bool *masked)
{
	guard(spinlock_irqsave)(&vdev->irqlock);
	if (*masked || !vdev->pci_2_3 || !pci_liveupdate_incoming(vdev->pdev))
		return;
	pci_intx(vdev->pdev, 0);
	pci_intx(vdev->pdev, 1);
}
