// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: functions for the file handlers of devices that are
 * bound to a context. See the top of liveupdate.c for the model.
 */
#include <linux/cleanup.h>
#include <linux/dev_printk.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/liveupdate.h>

#include "iommufd_private.h"

static int iommufd_lu_refuse_device(struct iommufd_device *idev, int rc,
				    const char *reason)
{
	dev_info_ratelimited(idev->dev, "not preserved: %s\n", reason);
	return rc;
}

/* Not true because another device of its group is attached */
static bool iommufd_lu_is_attached(struct iommufd_device *idev)
{
	return xa_load(&idev->igroup->pasid_attach, IOMMU_NO_PASID) &&
	       iommufd_device_is_attached(idev, IOMMU_NO_PASID);
}

/**
 * iommufd_device_preserve() - Preserve a device's translation across the next kexec
 * @idev: A device bound to an iommufd that is in the same session already
 * @args: LUO's argument of preserve() of the device's file handler
 *
 * Context: Process context, may sleep. The caller's locking keeps the device
 * attached and bound meanwhile; afterwards the caller has to ask
 * iommufd_device_is_preserved().
 * Return: 0, -ENOENT if the iommufd is not in the session or the device is not
 * attached to a preserved HWPT; and the errors of iommu_liveupdate_preserve_device().
 */
int iommufd_device_preserve(struct iommufd_device *idev,
			    const struct liveupdate_file_op_args *args)
{
	struct iommufd_group *igroup = idev->igroup;

	if (!liveupdate_has_file(args, (unsigned long)idev->ictx))
		return iommufd_lu_refuse_device(idev, -ENOENT,
						"its iommufd is not preserved in the same session");

	guard(mutex)(&igroup->lock);

	if (!igroup->group || !iommufd_lu_is_attached(idev))
		return iommufd_lu_refuse_device(idev, -ENOENT,
						"not attached to a preserved HWPT");
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
 * iommufd_device_is_preserved() - Check whether a device has to stay attached
 * @idev: The device, or NULL
 *
 * Context: Any.
 * Return: true while the iommufd that @idev is bound to is preserved, and with it
 * the HWPTs that its devices are attached to.
 */
bool iommufd_device_is_preserved(struct iommufd_device *idev)
{
	return idev && READ_ONCE(idev->ictx->liveupdate.preserved);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_is_preserved, "IOMMUFD");

/**
 * iommufd_device_freeze() - Prepare a preserved device for the kexec
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
 * iommufd_device_taken_over() - Check that the session of a device may finish
 * @idev: An incoming device, bound to the retrieved iommufd
 *
 * The first attachment can only be to the HWPT of the device's own domain.
 * Later changes of the attachment are the VMM's decision.
 *
 * Context: Process context, may sleep.
 * Return: true if the device is attached, and so is each PASID that it came with.
 */
bool iommufd_device_taken_over(struct iommufd_device *idev)
{
	guard(mutex)(&idev->igroup->lock);

	return iommufd_lu_is_attached(idev) &&
	       iommu_group_liveupdate_pasids_taken(idev->dev->iommu_group);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_taken_over, "IOMMUFD");

/**
 * iommufd_device_finish() - Turn an incoming device into an ordinary device
 * @idev: The device, taken over
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_device_finish(struct iommufd_device *idev)
{
	iommu_liveupdate_finish_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_finish, "IOMMUFD");
