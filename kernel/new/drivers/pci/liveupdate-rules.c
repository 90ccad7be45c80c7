// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Rules for PCI devices that are preserved or incoming
 *
 * The PCI core asks here before it resets a device, removes it, clears its bus
 * mastering, or lets a driver bind to it.
 */

#include <linux/kexec.h>
#include "liveupdate.h"
#include "pci.h"

/* The driver that takes incoming functions over */
static const struct pci_driver *pci_liveupdate_driver;

void pci_liveupdate_set_driver(const struct pci_driver *driver)
{
	WRITE_ONCE(pci_liveupdate_driver, driver);
}

/**
 * pci_liveupdate_no_reset() - Must a device not be reset?
 * @dev: A function; or a bridge, for everything below it. May be NULL.
 *
 * Context: Any.
 * Return: True between freeze and finish of the function or of one below.
 */
bool pci_liveupdate_no_reset(struct pci_dev *dev)
{
	return dev && (pci_liveupdate_kept(dev) || pci_liveupdate_frozen(dev));
}

/**
 * pci_liveupdate_no_remove() - Must a device not be removed?
 * @dev: A function or a bridge.
 *
 * Context: Any.
 * Return: True between preserve and finish of the function or of one below.
 */
bool pci_liveupdate_no_remove(struct pci_dev *dev)
{
	return pci_liveupdate_kept(dev) || pci_liveupdate_outgoing(dev);
}

/* Bridges of the new kernel too: who gives one up does not know what is below */
bool pci_liveupdate_keeps_master(struct pci_dev *dev)
{
	return (kexec_in_progress && pci_liveupdate_outgoing(dev)) ||
	       (dev->hdr_type == PCI_HEADER_TYPE_BRIDGE && pci_liveupdate_kept(dev));
}

/**
 * pci_liveupdate_may_probe() - May a driver bind to a device?
 * @dev: The device.
 * @drv: The driver.
 *
 * Context: Any.
 * Return: 0, -EBUSY if @dev goes on from the old kernel and @drv was not asked
 * to take it over or cannot, -EIO if @dev is isolated.
 */
int pci_liveupdate_may_probe(struct pci_dev *dev, struct pci_driver *drv)
{
	enum pci_lu_state state = pci_liveupdate_state(dev);

	if (state == PCI_LU_NONE || dev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return 0;
	if (state == PCI_LU_BAD)
		return -EIO;
	return drv == READ_ONCE(pci_liveupdate_driver) &&
	       device_has_driver_override(&dev->dev) ? 0 : -EBUSY;
}
