// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: what the file handlers of devices call that are bound
 * to a context. See the top of liveupdate.c for the model.
 */
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/liveupdate.h>

#include "iommufd_private.h"

/**
 * iommufd_device_preserve() - Carry a device's translation over the next kexec
 * @idev: A device bound to an iommufd that is in the same session already
 * @args: What LUO gave the device's file handler in preserve()
 *
 * Context: Process context, may sleep. The caller's locking keeps the device
 * from being detached or unbound meanwhile; afterwards the caller has to ask
 * iommufd_device_is_preserved().
 * Return: 0, -ENOENT if the iommufd is not in the session or the device is not
 * attached to a preserved HWPT, -EOPNOTSUPP if PASIDs are attached; and the
 * errors of iommu_liveupdate_preserve_device().
 */
int iommufd_device_preserve(struct iommufd_device *idev,
			    const struct liveupdate_file_op_args *args)
{
	struct iommufd_group *igroup = idev->igroup;
	unsigned long pasid = IOMMU_NO_PASID;

	if (!liveupdate_has_file(args, (unsigned long)idev->ictx) || !igroup->group)
		return -ENOENT;

	guard(mutex)(&igroup->lock);

	if (!xa_load(&igroup->pasid_attach, IOMMU_NO_PASID))
		return -ENOENT;
	if (xa_find_after(&igroup->pasid_attach, &pasid, ULONG_MAX, XA_PRESENT))
		return -EOPNOTSUPP;

	return iommu_liveupdate_preserve_device(idev->dev,
						iommu_get_domain_for_dev(idev->dev));
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_preserve, "IOMMUFD");

/**
 * iommufd_device_unpreserve() - Undo iommufd_device_preserve()
 * @idev: The device
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_device_unpreserve(struct iommufd_device *idev)
{
	guard(mutex)(&idev->igroup->lock);

	iommu_liveupdate_unpreserve_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_unpreserve, "IOMMUFD");

/**
 * iommufd_device_is_preserved() - Must the device stay attached as it is?
 * @idev: The device, or NULL
 *
 * Context: Any.
 * Return: true while the iommufd that @idev is bound to is preserved, and with it
 * the HWPTs that its devices are attached to.
 */
bool iommufd_device_is_preserved(struct iommufd_device *idev)
{
	return idev && iommufd_liveupdate_may_attach(idev->ictx);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_is_preserved, "IOMMUFD");

/**
 * iommufd_device_freeze() - Last call for a preserved device before kexec
 * @idev: The device
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0 or an error of iommu_liveupdate_freeze_device().
 */
int iommufd_device_freeze(struct iommufd_device *idev)
{
	return iommu_liveupdate_freeze_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_freeze, "IOMMUFD");

/**
 * iommufd_device_unfreeze() - Undo iommufd_device_freeze()
 * @idev: The device
 *
 * Context: Process context. Cannot fail.
 */
void iommufd_device_unfreeze(struct iommufd_device *idev)
{
	iommu_liveupdate_unfreeze_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_unfreeze, "IOMMUFD");

/**
 * iommufd_device_taken_over() - May the session of a device be finished?
 * @idev: A device from the previous kernel, bound by its new owner
 *
 * The first attachment can only be one to the adopted HWPT of the domain that the
 * device came with. Whatever the owner does after that is its own decision.
 *
 * Context: Process context, may sleep.
 * Return: true if the device is attached.
 */
bool iommufd_device_taken_over(struct iommufd_device *idev)
{
	guard(mutex)(&idev->igroup->lock);

	return xa_load(&idev->igroup->pasid_attach, IOMMU_NO_PASID);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_taken_over, "IOMMUFD");

/**
 * iommufd_device_finish() - A device from the previous kernel becomes ordinary
 * @idev: The device, taken over
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_device_finish(struct iommufd_device *idev)
{
	iommu_liveupdate_finish_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_finish, "IOMMUFD");
