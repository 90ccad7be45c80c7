// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Rules of the PCI core for outgoing and incoming devices
 *
 * The PCI core calls these functions before it resets or removes a device,
 * clears its bus mastering, or probes a driver.
 */

#include <linux/delay.h>
#include <linux/kexec.h>
#include <linux/sched.h>
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

/**
 * pci_liveupdate_may_probe() - Test whether a driver may bind to a device.
 * @dev: The device.
 * @drv: The driver.
 *
 * Context: Any.
 * Return: 0; -EIO if @dev is isolated; -EBUSY if @dev is incoming and @drv cannot
 * take it over or is not its driver_override; -EPROBE_DEFER if @dev is a virtual
 * function and its physical function has no driver yet.
 */
int pci_liveupdate_may_probe(struct pci_dev *dev, struct pci_driver *drv)
{
	enum pci_lu_state state = pci_lu_incoming_state(dev);

	if (state == PCI_LU_NONE || dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return 0;
	if (state == PCI_LU_ISOLATED)
		return -EIO;
	if (drv != READ_ONCE(pci_lu_driver) || !device_has_driver_override(&dev->dev))
		return -EBUSY;
	return dev->is_virtfn && !device_is_bound(&pci_physfn(dev)->dev) ? -EPROBE_DEFER : 0;
}
