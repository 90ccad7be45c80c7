/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_IOMMUFD_LIVEUPDATE_H
#define _LINUX_IOMMUFD_LIVEUPDATE_H

#include <linux/pci-liveupdate.h>
#include <linux/types.h>

struct iommufd_device;
struct liveupdate_file_op_args;

/*
 * For the file handler of a device that is bound to an iommufd: preserve the device's
 * translation. unpreserve undoes preserve and unfreeze undoes freeze; neither can fail.
 */
int iommufd_device_preserve(struct iommufd_device *idev,
			    const struct liveupdate_file_op_args *args);
void iommufd_device_unpreserve(struct iommufd_device *idev);
int iommufd_device_freeze(struct iommufd_device *idev);
void iommufd_device_unfreeze(struct iommufd_device *idev);

/* Next kernel: is the device attached, and each PASID it came with? Then finish is allowed. */
bool iommufd_device_taken_over(struct iommufd_device *idev);
void iommufd_device_finish(struct iommufd_device *idev);

/* For a driver that detaches a device on request of userspace: refuse while true */
#ifdef CONFIG_IOMMUFD_LIVEUPDATE
bool iommufd_device_is_preserved(struct iommufd_device *idev);
#else
static inline bool iommufd_device_is_preserved(struct iommufd_device *idev)
{
	return false;
}
#endif /* CONFIG_IOMMUFD_LIVEUPDATE */

#endif /* _LINUX_IOMMUFD_LIVEUPDATE_H */
