// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: PASIDs
 *
 * A device can use one domain for requests without PASID, and another one for each PASID.
 * All PASIDs for which the hardware has an entry are in the device's record, and the files
 * to which they belong are those of one iommufd. They are attached when the device is
 * probed, before its requests without PASID, so that nothing is attached if one of them
 * cannot be. From then on they are in the group's array of PASIDs, without a handle. The
 * iommufd attaches each with the ordinary call, which finds it there and adds the handle.
 */
#include "../iommu-priv.h"
#include "liveupdate.h"

static int iommu_lu_is_other(struct device *member, void *dev)
{
	return member != dev;
}

/**
 * iommu_lu_check_pasids() - Check that a device may have PASIDs, if it has
 * @dev: The device.
 *
 * A PASID of a group is one of each of its members.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EOPNOTSUPP if the driver of the IOMMU does not preserve PASIDs, or the group
 * has other members.
 */
int iommu_lu_check_pasids(struct device *dev)
{
	unsigned long pasid = IOMMU_NO_PASID;

	if (!iommu_group_liveupdate_next_pasid(dev->iommu_group, &pasid) ||
	    (dev_iommu_ops(dev)->liveupdate->attach_pasid &&
	     !iommu_group_for_each_dev(dev->iommu_group, dev, iommu_lu_is_other)))
		return 0;
	return iommu_liveupdate_refuse(dev, -EOPNOTSUPP, "PASIDs are in use");
}

static int iommu_lu_add_pasid(struct iommu_lu_device *lu_dev, u32 pasid,
			      struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	struct iommu_device_ser *ser = lu_dev->ser;

	if (!lu_domain)
		return iommu_liveupdate_refuse(lu_dev->dev, -ENOENT,
					       "a PASID is attached to an HWPT that is not preserved");
	if (ser->nr_pasids == IOMMU_DEVICE_SER_MAX_PASIDS)
		return iommu_liveupdate_refuse(lu_dev->dev, -E2BIG, "too many PASIDs are attached");
	ser->pasids[ser->nr_pasids].pasid = pasid;
	ser->pasids[ser->nr_pasids].domain = lu_domain->id;
	ser->nr_pasids++;
	return 0;
}

/**
 * iommu_lu_add_pasids() - Write the PASIDs of a device into its record
 * @lu_dev: An outgoing device.
 *
 * Context: iommu_lu_mutex is held.
 * Return: 0; -E2BIG if there are too many; -ENOENT if the domain of one is not preserved.
 */
int iommu_lu_add_pasids(struct iommu_lu_device *lu_dev)
{
	unsigned long pasid = IOMMU_NO_PASID;
	struct iommu_domain *domain;
	int ret = 0;

	while (!ret) {
		domain = iommu_group_liveupdate_next_pasid(lu_dev->dev->iommu_group, &pasid);
		if (!domain)
			break;
		ret = iommu_lu_add_pasid(lu_dev, pasid, domain);
	}
	return ret;
}

/**
 * iommu_liveupdate_is_attached() - Check that a device is attached to a domain
 * @dev: The device, which stays bound to its driver.
 * @domain: The domain.
 *
 * Context: Any.
 * Return: True if @dev uses @domain, with or without a PASID.
 */
bool iommu_liveupdate_is_attached(struct device *dev, const struct iommu_domain *domain)
{
	unsigned long pasid = IOMMU_NO_PASID;
	struct iommu_domain *used = iommu_get_domain_for_dev(dev);

	while (used && used != domain)
		used = iommu_group_liveupdate_next_pasid(dev->iommu_group, &pasid);
	return used;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_is_attached, "iommufd");

/* The domain of PASID number @i of a record; NULL if there is no such domain */
static struct iommu_lu_domain *iommu_lu_pasid_domain(struct iommu_lu_set *set,
						     const struct iommu_device_ser *ser,
						     unsigned int i)
{
	return iommu_lu_find_domain_id(set, ser->pasids[i].domain);
}

/**
 * iommu_lu_count_pasids() - Count a device for the domains of its PASIDs
 * @set: The set of the device.
 * @ser: Its valid record.
 * @by: 1 or -1.
 *
 * Context: iommu_lu_mutex is held.
 */
void iommu_lu_count_pasids(struct iommu_lu_set *set, const struct iommu_device_ser *ser, int by)
{
	unsigned int i;

	for (i = 0; i < ser->nr_pasids; i++)
		iommu_lu_pasid_domain(set, ser, i)->nr_devices += by;
}

/**
 * iommu_lu_pasids_kept() - Check that the PASIDs of a device did not change
 * @lu_dev: An outgoing device.
 *
 * Context: iommu_lu_mutex is held.
 * Return: True if each PASID of the record uses the domain of the record. Whether there
 * are others, the driver of the IOMMU checks.
 */
bool iommu_lu_pasids_kept(struct iommu_lu_device *lu_dev)
{
	const struct iommu_device_ser *ser = lu_dev->ser;
	unsigned int i;

	for (i = 0; i < ser->nr_pasids; i++) {
		if (iommu_group_liveupdate_domain(lu_dev->dev->iommu_group, ser->pasids[i].pasid) !=
		    iommu_lu_pasid_domain(iommu_lu_outgoing, ser, i)->domain)
			return false;
	}
	return true;
}

/**
 * iommu_lu_pasids_valid() - Validate the PASIDs of an incoming record
 * @set: The incoming set, whose domains have been read.
 * @ser: The record.
 * @owner: Owner of the device's domain.
 *
 * Return: True if the PASIDs are valid, ascending, and of domains of @owner.
 */
bool iommu_lu_pasids_valid(struct iommu_lu_set *set, const struct iommu_device_ser *ser,
			   u64 owner)
{
	struct iommu_lu_domain *lu_domain;
	unsigned int i;
	u32 last = IOMMU_NO_PASID;

	if (ser->nr_pasids > IOMMU_DEVICE_SER_MAX_PASIDS ||
	    memchr_inv(&ser->pasids[ser->nr_pasids], 0,
		       sizeof(ser->pasids) - ser->nr_pasids * sizeof(ser->pasids[0])))
		return false;
	for (i = 0; i < ser->nr_pasids; i++) {
		lu_domain = iommu_lu_pasid_domain(set, ser, i);
		if (ser->pasids[i].pasid <= last || !lu_domain || lu_domain->ser->owner != owner)
			return false;
		last = ser->pasids[i].pasid;
	}
	return true;
}

/**
 * iommu_lu_uses() - Check whether a device uses a domain
 * @lu_dev: An incoming device.
 * @lu_domain: An incoming domain.
 *
 * Return: True if the record of @lu_dev names @lu_domain, with or without a PASID.
 */
bool iommu_lu_uses(const struct iommu_lu_device *lu_dev, const struct iommu_lu_domain *lu_domain)
{
	unsigned int i;

	if (lu_dev->domain == lu_domain)
		return true;
	for (i = 0; !READ_ONCE(lu_dev->error) && i < lu_dev->ser->nr_pasids; i++) {
		if (lu_dev->ser->pasids[i].domain == lu_domain->id)
			return true;
	}
	return false;
}

static int iommu_lu_attach_pasid(struct iommu_lu_device *lu_dev, struct device *dev,
				 unsigned int i)
{
	struct iommu_domain *domain;

	if (lu_dev->ser->pasids[i].pasid >= dev->iommu->max_pasids)
		return -EOPNOTSUPP;
	domain = iommu_lu_make_domain(iommu_lu_pasid_domain(iommu_lu_incoming, lu_dev->ser, i),
				      dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	return iommu_group_liveupdate_attach_pasid(dev, domain, lu_dev->ser, i);
}

/**
 * iommu_lu_attach_pasids() - First attach of the PASIDs of an incoming device
 * @lu_dev: The device.
 * @dev: The same.
 *
 * Context: Process context, the group's mutex and iommu_lu_mutex are held.
 * Return: 0 or an error. The caller undoes what was attached with
 * iommu_group_liveupdate_drop_pasids().
 */
int iommu_lu_attach_pasids(struct iommu_lu_device *lu_dev, struct device *dev)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && i < lu_dev->ser->nr_pasids; i++)
		ret = iommu_lu_attach_pasid(lu_dev, dev, i);
	return ret;
}
