// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update state of a PCI function in sysfs
 *
 * The attribute "liveupdate" of a function is the stable interface for
 * userspace. Documentation/ABI/testing/sysfs-bus-pci-devices-liveupdate describes its values.
 */

#include <linux/export.h>
#include <linux/sysfs.h>
#include <linux/xarray.h>
#include "liveupdate.h"
#include "pci.h"

/* Functions that the IOMMU core isolated */
static DEFINE_XARRAY(pci_lu_isolated);

/**
 * pci_liveupdate_set_isolated() - Report the isolation of a function.
 * @dev: The function.
 * @isolated: True when the IOMMU core has isolated @dev, false when @dev can be
 *	      used again.
 *
 * The value in sysfs changes, and ATS stays off. Without memory the value stays as it was.
 *
 * Context: Process context, may sleep.
 */
void pci_liveupdate_set_isolated(struct pci_dev *dev, bool isolated)
{
	u32 key = pci_lu_key(dev);

	if (isolated)
		xa_store(&pci_lu_isolated, key, dev, GFP_KERNEL);
	else
		xa_erase(&pci_lu_isolated, key);
}

/**
 * pci_liveupdate_isolated() - Test whether the IOMMU core has isolated a function.
 * @dev: The function.
 *
 * Context: Any.
 * Return: True from its isolation until it can be used again.
 */
bool pci_liveupdate_isolated(struct pci_dev *dev)
{
	return xa_load(&pci_lu_isolated, pci_lu_key(dev)) == dev;
}

static bool pci_lu_is_isolated(struct pci_dev *dev)
{
	return pci_liveupdate_isolated(dev) ||
	       pci_lu_incoming_state(dev) == PCI_LU_ISOLATED;
}

static ssize_t liveupdate_show(struct device *device, struct device_attribute *attr, char *buf)
{
	struct pci_dev *dev = to_pci_dev(device);
	const char *state = "none";

	if (pci_lu_is_isolated(dev))
		state = "isolated";
	else if (pci_liveupdate_outgoing(dev))
		state = "outgoing";
	else if (pci_liveupdate_incoming(dev))
		state = "incoming";
	return sysfs_emit(buf, "%s\n", state);
}
static DEVICE_ATTR_RO(liveupdate);

static struct attribute *pci_lu_attrs[] = {
	&dev_attr_liveupdate.attr,
	NULL
};

static umode_t pci_lu_attr_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct pci_dev *dev = to_pci_dev(kobj_to_dev(kobj));

	return dev->hdr_type == PCI_HEADER_TYPE_NORMAL ? attr->mode : 0;
}

const struct attribute_group pci_liveupdate_attr_group = {
	.attrs = pci_lu_attrs,
	.is_visible = pci_lu_attr_is_visible,
};
