// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Rules of the PCI core for outgoing and incoming devices
 *
 * The PCI core calls these functions before it resets or removes a device,
 * clears its bus mastering, or probes a driver.
 */

#include <linux/delay.h>
#include <linux/export.h>
#include <linux/kexec.h>
#include <linux/sched.h>
#include <linux/xarray.h>
#include "liveupdate.h"
#include "pci.h"

/* How often to look whether a freeze was undone */
#define PCI_LU_POLL_MS	10

/* The driver that takes over incoming functions */
static const struct pci_driver *pci_lu_driver;

void pci_lu_set_driver(const struct pci_driver *driver)
{
	WRITE_ONCE(pci_lu_driver, driver);
}

/* Drivers that leave a physical function as it is */
static DEFINE_XARRAY(pci_lu_pf_drivers);

/**
 * pci_liveupdate_register_pf_driver() - Let VFs of a driver's functions go along.
 * @driver: A driver whose probe, remove and shutdown neither write to the physical
 *	    function nor change its VFs, and that does no DMA.
 *
 * Without memory the VFs are refused.
 *
 * Context: Process context, before pci_register_driver().
 */
void pci_liveupdate_register_pf_driver(const struct pci_driver *driver)
{
	xa_store(&pci_lu_pf_drivers, (unsigned long)driver, xa_mk_value(1), GFP_KERNEL);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_register_pf_driver);

/**
 * pci_liveupdate_unregister_pf_driver() - Undo pci_liveupdate_register_pf_driver().
 * @driver: The driver.
 *
 * Context: Process context, after pci_unregister_driver().
 */
void pci_liveupdate_unregister_pf_driver(const struct pci_driver *driver)
{
	xa_erase(&pci_lu_pf_drivers, (unsigned long)driver);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_unregister_pf_driver);

static bool pci_lu_is_pf_driver(const struct pci_driver *driver)
{
	return driver && xa_load(&pci_lu_pf_drivers, (unsigned long)driver);
}

/**
 * pci_lu_check_pf_driver() - Check that a driver keeps a physical function for its VFs.
 * @dev: A virtual function of it.
 *
 * Context: Process context.
 * Return: 0 if a registered driver is bound; -ENXIO if not; -EBUSY while the device lock of the
 * physical function is held, as by a reader of sriov_numvfs.
 */
int pci_lu_check_pf_driver(struct pci_dev *dev)
{
	struct pci_dev *pf = pci_physfn(dev);
	bool has;

	if (!device_trylock(&pf->dev))
		return pci_lu_refuse(dev, -EBUSY, "reset, removal or probe is in progress");
	has = pci_lu_is_pf_driver(pf->driver);
	device_unlock(&pf->dev);
	return has ? 0 : pci_lu_refuse(dev, -ENXIO, "its physical function is not preserved");
}

/**
 * pci_liveupdate_no_reset() - Test whether a device must not be reset.
 * @dev: A function, or a bridge for everything below it. NULL is allowed.
 *
 * The answer does not change from false to true while the caller holds the device
 * lock of the function.
 *
 * Context: Any.
 * Return: True from preserve until finish of the function and of its virtual functions,
 * or of a function below the bridge.
 */
bool pci_liveupdate_no_reset(struct pci_dev *dev)
{
	return dev && pci_liveupdate_no_remove(dev);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_no_reset, "vfio-pci-core");

/**
 * pci_liveupdate_no_remove() - Test whether a device must not be removed or disabled.
 * @dev: A function or a bridge.
 *
 * Context: Any.
 * Return: True from preserve until finish of the function and of its virtual functions,
 * or of a function below the bridge.
 */
bool pci_liveupdate_no_remove(struct pci_dev *dev)
{
	return pci_liveupdate_accepted(dev) || pci_liveupdate_outgoing(dev);
}

/**
 * pci_liveupdate_keeps_master() - Test whether bus mastering must stay on.
 * @dev: A function or a bridge.
 *
 * In the next kernel this covers bridges only: a port driver that fails clears
 * bus mastering without regard to the functions below.
 *
 * Context: Any.
 * Return: True for a frozen device during kexec and for an incoming bridge. A preserved
 * device that a kexec leaves behind is not frozen.
 */
bool pci_liveupdate_keeps_master(struct pci_dev *dev)
{
	return (kexec_in_progress && pci_lu_frozen(dev)) ||
	       (dev->hdr_type == PCI_HEADER_TYPE_BRIDGE && pci_liveupdate_accepted(dev));
}

/**
 * pci_liveupdate_hold_events() - Delay hotplug events while a port is frozen.
 * @port: The port.
 *
 * An event that removed a frozen function would wait for a file that nothing
 * closes during kexec. If the freeze is undone the event is handled then.
 *
 * Context: Process context, may sleep.
 * Return: True if the kexec is in progress and the event must be dropped.
 */
bool pci_liveupdate_hold_events(struct pci_dev *port)
{
	while (pci_lu_frozen(port)) {
		if (kexec_in_progress)
			return true;
		msleep(PCI_LU_POLL_MS);
	}
	return false;
}

static bool pci_lu_removal_hangs;

/**
 * pci_liveupdate_must_abandon_remove() - Test whether a removal must not wait any longer.
 *
 * Context: Any.
 * Return: True if a kexec proceeds.
 */
bool pci_liveupdate_must_abandon_remove(void)
{
	return kexec_in_progress;
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_must_abandon_remove, "vfio-pci-core");

/**
 * pci_liveupdate_abandon_remove() - Abandon a removal for the sake of a kexec.
 * @dev: The device that is being removed, locked by the caller.
 *
 * The files of the device are open, and nothing closes them during kexec. The kexec
 * needs the device lock.
 *
 * Context: Process context, kexec is in progress. Does not return.
 */
void pci_liveupdate_abandon_remove(struct pci_dev *dev)
{
	/* Before the port above is shut down, which needs the device lock */
	WRITE_ONCE(pci_lu_removal_hangs, true);
	device_unlock(&dev->dev);
	for (;;)
		schedule_timeout_uninterruptible(MAX_SCHEDULE_TIMEOUT);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_abandon_remove, "vfio-pci-core");

/**
 * pci_liveupdate_keeps_services() - Test whether ports must keep their services.
 *
 * To remove the hotplug service of a port, at shutdown, would wait for the interrupt
 * thread of the port. The abandoned removal may run in it.
 *
 * Context: Any.
 * Return: True if a removal was abandoned.
 */
bool pci_liveupdate_keeps_services(void)
{
	return READ_ONCE(pci_lu_removal_hangs);
}

/* Only a registered driver may bind to a physical function of preserved VFs */
static bool pci_lu_is_pf(struct pci_dev *dev)
{
	return dev->is_physfn && (pci_liveupdate_outgoing(dev) || pci_lu_pf_had_driver(dev));
}

/* The VFs of vfio-pci get their token from their PF's driver, which must come first */
static bool pci_lu_waits_for_pf(struct pci_dev *dev)
{
	struct pci_dev *pf = pci_physfn(dev);

	return dev->is_virtfn && !device_is_bound(&pf->dev) && !pci_lu_pf_had_driver(pf);
}

/* A VF without a record, which may be one that userspace has with its PF */
static bool pci_lu_vf_is_held(struct pci_dev *dev)
{
	return dev->is_virtfn && !device_has_driver_override(&dev->dev) &&
	       pci_liveupdate_accepted(pci_physfn(dev));
}

/**
 * pci_lu_bound() - Note that a driver was bound to a device.
 * @dev: The device.
 *
 * Context: Process context, under the device lock of @dev.
 */
void pci_lu_bound(struct pci_dev *dev)
{
	const struct pci_driver *driver = READ_ONCE(pci_lu_driver);

	if (dev->is_physfn && driver && dev->driver == driver && pci_liveupdate_accepted(dev))
		pci_lu_capture_vfs(dev, driver);
}

/**
 * pci_liveupdate_may_probe() - Test whether a driver may bind to a device.
 * @dev: The device.
 * @drv: The driver.
 *
 * Context: Any.
 * Return: 0; -ENODEV if @dev is a virtual function without a driver_override, and its
 * physical function is incoming; -EIO if @dev is isolated; -EBUSY if @dev is incoming
 * and @drv cannot take it over or is not its driver_override, or if @dev is kept for its
 * VFs by a registered driver and @drv is none; -EPROBE_DEFER if @dev is a virtual
 * function and its physical function has no driver yet.
 */
int pci_liveupdate_may_probe(struct pci_dev *dev, struct pci_driver *drv)
{
	enum pci_lu_state state = pci_lu_incoming_state(dev);

	if (pci_lu_is_pf(dev))
		return pci_lu_is_pf_driver(drv) ? 0 : -EBUSY;
	if (pci_lu_vf_is_held(dev))
		return -ENODEV;
	if (state == PCI_LU_NONE || dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return 0;
	if (state == PCI_LU_ISOLATED)
		return -EIO;
	if (drv != READ_ONCE(pci_lu_driver) || !device_has_driver_override(&dev->dev))
		return -EBUSY;
	return pci_lu_waits_for_pf(dev) ? -EPROBE_DEFER : 0;
}
