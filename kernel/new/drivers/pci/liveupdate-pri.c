// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Page requests of functions
 *
 * A function with the page request interface (PRI) waits for an answer to each request. In
 * the gap no kernel answers. So the interface is disabled when the function is frozen, and
 * the function tells when all of its requests have been answered.
 *
 * A function that does not tell so in time gets its interface reset. PCI Express says that
 * this disables the interface at once: the function forgets its requests, and late answers.
 * If that has no effect the function does not follow the specification, and is not frozen.
 */

#include <linux/iopoll.h>
#include <linux/pci-ats.h>
#include "liveupdate.h"
#include "pci.h"

/* Linux answers a request as soon as its interrupt has come */
#define PCI_LU_PRI_WAIT_US	(10 * USEC_PER_MSEC)
#define PCI_LU_PRI_PAUSE_US	100

static bool pci_lu_pri_has_stopped(struct pci_dev *dev)
{
	int pos = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_PRI);
	u16 status = 0;

	pci_read_config_word(dev, pos + PCI_PRI_STATUS, &status);
	return !PCI_POSSIBLE_ERROR(status) && status & PCI_PRI_STATUS_STOPPED;
}

static bool pci_lu_wait_for_pri(struct pci_dev *dev)
{
	bool stopped;

	return !read_poll_timeout(pci_lu_pri_has_stopped, stopped, stopped,
				  PCI_LU_PRI_PAUSE_US, PCI_LU_PRI_WAIT_US, false, dev);
}

/**
 * pci_liveupdate_stop_pri() - Disable page requests and wait for their answers
 * @dev: The function, no virtual one, with page requests enabled.
 *
 * Context: Process context, sleeps for 20 ms at most.
 * Return: 0, or -EIO if the function does not stop; page requests are enabled then.
 */
int pci_liveupdate_stop_pri(struct pci_dev *dev)
{
	pci_disable_pri(dev);
	if (pci_lu_wait_for_pri(dev))
		return 0;
	pci_warn(dev, "page requests have no answer, resetting their interface\n");
	pci_reset_pri(dev);
	if (pci_lu_wait_for_pri(dev))
		return 0;
	pci_liveupdate_restart_pri(dev);
	return -EIO;
}

/**
 * pci_liveupdate_restart_pri() - Undo pci_liveupdate_stop_pri()
 * @dev: The function. It may have as many requests outstanding as before.
 *
 * Context: Process context. Cannot fail.
 */
void pci_liveupdate_restart_pri(struct pci_dev *dev)
{
	dev->pri_enabled = 1;
	pci_restore_pri_state(dev);
}

/* The control register; 0 if there is none */
static u16 pci_lu_pri_ctrl(struct pci_dev *dev, int *pos)
{
	u16 ctrl = 0;

	*pos = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_PRI);
	if (*pos)
		pci_read_config_word(dev, *pos + PCI_PRI_CTRL, &ctrl);
	return PCI_POSSIBLE_ERROR(ctrl) ? 0 : ctrl;
}

/**
 * pci_liveupdate_pri_is_on() - Test whether page requests are enabled in the hardware
 * @dev: The function.
 *
 * Context: Process context.
 * Return: True if they are, whichever kernel did it.
 */
bool pci_liveupdate_pri_is_on(struct pci_dev *dev)
{
	int pos;

	return pci_lu_pri_ctrl(dev, &pos) & PCI_PRI_CTRL_ENABLE;
}

/**
 * pci_liveupdate_cancel_pri() - Disable page requests, whichever kernel has enabled them
 * @dev: The function; the IOMMU translates nothing for it any more. There is no wait for
 *	 outstanding requests: the function may be deaf.
 *
 * Context: Process context.
 */
void pci_liveupdate_cancel_pri(struct pci_dev *dev)
{
	u16 ctrl;
	int pos;

	ctrl = pci_lu_pri_ctrl(dev, &pos);
	if (ctrl & PCI_PRI_CTRL_ENABLE)
		pci_write_config_word(dev, pos + PCI_PRI_CTRL, ctrl & ~PCI_PRI_CTRL_ENABLE);
	dev->pri_enabled = 0;
}
