// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: PCI functions that cannot be preserved
 *
 * Each refusal logs its reason once per attempt, rate-limited.
 */

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kho/abi/pci.h>
#include "liveupdate.h"
#include "pci.h"

/* How long freeze waits for a device lock; the caller tries again */
#define PCI_LU_LOCK_WAIT	msecs_to_jiffies(10)

/**
 * pci_lu_refuse() - Log why a device is not preserved.
 * @dev: The device.
 * @rc: Negative errno.
 * @reason: The reason, without the name of the device.
 *
 * Context: Any.
 * Return: @rc.
 */
int pci_lu_refuse(struct pci_dev *dev, int rc, const char *reason)
{
	pci_info_ratelimited(dev, "not preserved: %s\n", reason);
	return rc;
}

static bool pci_lu_in_d0(struct pci_dev *dev)
{
	u16 pmcsr = 0;

	if (dev->pm_cap)
		pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &pmcsr);
	return dev->current_state == PCI_D0 && !(pmcsr & PCI_PM_CTRL_STATE_MASK);
}

/* Their memory is reserved by firmware and quirks write to them */
static bool pci_lu_is_intel_display(struct pci_dev *dev)
{
	return dev->vendor == PCI_VENDOR_ID_INTEL &&
	       dev->class >> 16 == PCI_BASE_CLASS_DISPLAY;
}

/*
 * Kernels use VGA adapters and USB host controllers during enumeration, before any
 * driver binds. Other displays, such as 3D controllers, are not touched. Many
 * functions of a bridge class cannot turn bus mastering off.
 */
static bool pci_lu_class_used_at_boot(struct pci_dev *dev)
{
	return pci_is_vga(dev) || pci_lu_is_intel_display(dev) ||
	       dev->class >> 16 == PCI_BASE_CLASS_BRIDGE ||
	       dev->class >> 8 == PCI_CLASS_SERIAL_USB;
}

static int pci_lu_foreign_alias(struct pci_dev *dev, u16 alias, void *data)
{
	return alias != *(u16 *)data;
}

static int pci_lu_check_kind(struct pci_dev *dev)
{
	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return pci_lu_refuse(dev, -EINVAL, "not a PCI endpoint");
	if (pci_domain_nr(dev->bus) > U16_MAX)
		return pci_lu_refuse(dev, -EXDEV, "PCI segment has more than 16 bits");
	if (pci_lu_class_used_at_boot(dev))
		return pci_lu_refuse(dev, -EPERM,
				     "device class is used by kernels at boot (VGA, bridge, USB host controller)");
	return 0;
}

/**
 * pci_lu_check_preserve() - Test whether a device can be preserved.
 * @dev: The device.
 *
 * Context: Process context.
 * Return: 0, or a negative errno as documented for pci_liveupdate_preserve().
 */
int pci_lu_check_preserve(struct pci_dev *dev)
{
	u16 rid = pci_dev_id(dev);
	int rc;

	rc = pci_lu_check_kind(dev);
	if (rc)
		return rc;
	if (pci_for_each_dma_alias(dev, pci_lu_foreign_alias, &rid))
		return pci_lu_refuse(dev, -EXDEV, "DMA uses another requester ID");
	if (!pci_lu_in_d0(dev))
		return pci_lu_refuse(dev, -EAGAIN, "not in D0");
	return 0;
}

/* Test whether the bridges forward DMA of @dev. True if its bus mastering is off. */
static bool pci_lu_path_open(struct pci_dev *dev)
{
	struct pci_dev *pos;
	u16 command;

	pci_read_config_word(dev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MASTER))
		return true;
	for (pos = pci_upstream_bridge(dev); pos; pos = pci_upstream_bridge(pos)) {
		pci_read_config_word(pos, PCI_COMMAND, &command);
		if (!(command & PCI_COMMAND_MASTER) || !pci_lu_in_d0(pos))
			return false;
	}
	return true;
}

/*
 * A removal keeps the lock until all files of the device are closed, which does not
 * happen during kexec, and device_shutdown() takes it.
 */
static bool pci_lu_stays_locked(struct pci_dev *dev)
{
	unsigned long end = jiffies + PCI_LU_LOCK_WAIT;

	while (!device_trylock(&dev->dev)) {
		if (time_after(jiffies, end))
			return true;
		usleep_range(100, 500);
	}
	device_unlock(&dev->dev);
	return false;
}

static bool pci_lu_path_stays_locked(struct pci_dev *dev)
{
	for (; dev; dev = pci_lu_above(dev)) {
		if (pci_lu_stays_locked(dev))
			return true;
	}
	return false;
}

/* True while @dev runs a self test or userspace blocks configuration accesses */
static bool pci_lu_config_locked(struct pci_dev *dev)
{
	if (!pci_cfg_access_trylock(dev))
		return true;
	pci_cfg_access_unlock(dev);
	return false;
}

static int pci_lu_refuse_freeze(struct pci_dev *dev, int rc, const char *reason)
{
	pci_err(dev, "not frozen: %s\n", reason);
	return rc;
}

/**
 * pci_lu_check_freeze() - Test whether a preserved device can be frozen.
 * @dev: The device.
 *
 * Context: Process context.
 * Return: 0, or a negative errno as documented for pci_liveupdate_freeze().
 */
int pci_lu_check_freeze(struct pci_dev *dev)
{
	if (pci_lu_path_stays_locked(dev))
		return pci_lu_refuse_freeze(dev, -EBUSY, "reset, removal or probe is in progress");
	if (pci_lu_config_locked(dev))
		return pci_lu_refuse_freeze(dev, -EAGAIN, "reset or self test is in progress");
	if (!pci_lu_in_d0(dev))
		return pci_lu_refuse_freeze(dev, -EAGAIN, "not in D0");
	if (!pci_lu_path_open(dev))
		return pci_lu_refuse_freeze(dev, -ENOLINK,
					    "bridge above has bus mastering off or is not in D0");
	if (pci_lu_leaves_vf(dev))
		return pci_lu_refuse_freeze(dev, -ENOTEMPTY,
					    "a virtual function is in use and not preserved");
	return 0;
}
