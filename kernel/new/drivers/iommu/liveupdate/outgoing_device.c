// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU live update: outgoing records of units and devices, see outgoing.c.
 */
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

/**
 * iommu_liveupdate_refuse() - Refuse to preserve a device
 * @dev: The device.
 * @error: Negative errno.
 * @why: Sentence for the log.
 *
 * Context: Any.
 * Return: @error.
 */
int iommu_liveupdate_refuse(struct device *dev, int error, const char *why)
{
	dev_info_ratelimited(dev, "not preserved: %s\n", why);
	return error;
}

static int iommu_lu_refuse_freeze(struct device *dev, int error, const char *why,
				  const char *names)
{
	dev_info_ratelimited(dev, "not frozen: %s%s\n", why, names);
	return error;
}

static struct iommu_lu_unit *iommu_lu_get_unit(struct iommu_device *iommu,
					       const struct iommu_liveupdate_ops *ops)
{
	struct iommu_unit_ser self;
	struct iommu_lu_unit *unit;
	int ret;

	iommu_lu_identify_unit(iommu, ops, &self);
	unit = iommu_lu_find_unit(iommu_lu_outgoing, &self);
	if (unit) {
		unit->nr_devices++;
		return unit;
	}

	struct iommu_lu_unit *new __free(kfree) = kzalloc_obj(*new);
	if (!new)
		return ERR_PTR(-ENOMEM);
	struct iommu_unit_ser *ser __free(kho_record) =
		kho_record_alloc(IOMMU_RECORD_UNIT, IOMMU_RECORD_UNIT_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return ERR_CAST(ser);
	self.hdr = ser->hdr;
	*ser = self;
	ret = kho_record_index_add(iommu_lu_outgoing->index, ser);
	if (ret < 0)
		return ERR_PTR(ret);

	unit = no_free_ptr(new);
	unit->ser = no_free_ptr(ser);
	unit->id = ret;
	unit->nr_devices = 1;
	list_add_tail(&unit->item, &iommu_lu_outgoing->units);
	return unit;
}

static void iommu_lu_put_unit(struct iommu_lu_unit *unit)
{
	if (--unit->nr_devices)
		return;
	kho_record_index_del(iommu_lu_outgoing->index, unit->ser);
	kho_record_free(unit->ser);
	list_del(&unit->item);
	kfree(unit);
}

static void iommu_lu_init_device_ser(struct iommu_lu_device *lu_dev, struct pci_dev *pdev,
				     const struct iommu_liveupdate_ops *ops)
{
	struct iommu_device_ser *ser = lu_dev->ser;

	ser->segment = pci_domain_nr(pdev->bus);
	ser->bdf = pci_dev_id(pdev);
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	ser->domain = lu_dev->domain->id;
	ser->unit = lu_dev->unit->id;
	ser->hw.kind = ops->hw_kind;
	ser->hw.version = ops->hw_version;
	ser->hw.size = ops->device_hw_size;
}

static int __iommu_lu_preserve_device(struct iommu_lu_device *lu_dev)
{
	const struct iommu_liveupdate_ops *ops = dev_iommu_ops(lu_dev->dev)->liveupdate;
	int ret;

	lu_dev->unit = iommu_lu_get_unit(lu_dev->dev->iommu->iommu_dev, ops);
	if (IS_ERR(lu_dev->unit))
		return PTR_ERR(lu_dev->unit);

	lu_dev->ser = kho_record_alloc(IOMMU_RECORD_DEVICE, IOMMU_RECORD_DEVICE_VERSION,
				       sizeof(*lu_dev->ser));
	if (IS_ERR(lu_dev->ser)) {
		ret = PTR_ERR(lu_dev->ser);
		goto err_unit;
	}
	iommu_lu_init_device_ser(lu_dev, to_pci_dev(lu_dev->dev), ops);
	ret = iommu_lu_add_pasids(lu_dev);
	if (ret)
		goto err_ser;

	ret = kho_record_index_add(iommu_lu_outgoing->index, lu_dev->ser);
	if (ret < 0)
		goto err_ser;
	ret = ops->preserve_device(lu_dev->dev, lu_dev->domain->domain, lu_dev->ser);
	if (ret)
		goto err_index;
	return 0;

err_index:
	kho_record_index_del(iommu_lu_outgoing->index, lu_dev->ser);
err_ser:
	kho_record_free(lu_dev->ser);
err_unit:
	iommu_lu_put_unit(lu_dev->unit);
	return ret;
}

static int iommu_lu_preserve_device(struct device *dev, struct iommu_domain *domain)
{
	struct iommu_lu_device *lu_dev;
	int ret;

	guard(mutex)(&iommu_lu_mutex);
	if (iommu_lu_find_device(iommu_lu_outgoing, dev))
		return iommu_liveupdate_refuse(dev, -EBUSY, "already preserved");
	struct iommu_lu_device *new __free(kfree) = kzalloc_obj(*new);
	if (!new)
		return -ENOMEM;
	new->dev = dev;
	new->domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	if (!new->domain || iommu_get_domain_for_dev(dev) != domain)
		return iommu_liveupdate_refuse(dev, -ENOENT,
					       "not attached to a preserved HWPT");
	ret = __iommu_lu_preserve_device(new);
	if (ret)
		return ret;

	lu_dev = no_free_ptr(new);
	lu_dev->domain->nr_devices++;
	iommu_lu_count_pasids(iommu_lu_outgoing, lu_dev->ser, 1);
	list_add_tail(&lu_dev->item, &iommu_lu_outgoing->devices);
	return 0;
}

/**
 * iommu_liveupdate_preserve_device() - Preserve a device
 * @dev: A PCI function. Those of the other functions in its group that do DMA must be
 *	 preserved, too, before @dev is frozen.
 * @domain: The domain it is attached to, already preserved.
 *
 * Context: Process context, may sleep. The caller keeps the attachment from
 * changing until iommu_liveupdate_unpreserve_device().
 * Return: 0. -EOPNOTSUPP if no IOMMU that supports live update translates for the
 * device, or it uses a feature that is not supported.
 * -EXDEV if its DMA uses another requester id. -ENOENT if it is not attached to
 * @domain, or @domain or the domain of a PASID is not preserved. -E2BIG if there are too
 * many PASIDs. -EBUSY if it is already preserved. -ENOMEM.
 * Each reason is logged, -ENOMEM excepted.
 */
int iommu_liveupdate_preserve_device(struct device *dev, struct iommu_domain *domain)
{
	u64 began = local_clock();
	int ret;

	if (!dev_is_pci(dev) || !device_iommu_mapped(dev) || !dev_iommu_ops(dev)->liveupdate)
		return iommu_liveupdate_refuse(dev, -EOPNOTSUPP,
			"no IOMMU that supports live update translates its DMA");
	ret = iommu_lu_check_pasids(dev);
	if (ret)
		return ret;
	ret = iommu_lu_preserve_device(dev, domain);
	trace_iommu_liveupdate_preserve_device(dev, ret, began);
	return ret;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_preserve_device, "iommufd");

/**
 * iommu_liveupdate_unpreserve_device() - Undo iommu_liveupdate_preserve_device()
 * @dev: The device.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_unpreserve_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_device(iommu_lu_outgoing, dev);
	if (!lu_dev)
		return;

	dev_iommu_ops(dev)->liveupdate->unpreserve_device(dev, lu_dev->ser);
	iommu_lu_count_pasids(iommu_lu_outgoing, lu_dev->ser, -1);
	kho_record_index_del(iommu_lu_outgoing->index, lu_dev->ser);
	kho_record_free(lu_dev->ser);
	iommu_lu_put_unit(lu_dev->unit);
	lu_dev->domain->nr_devices--;
	list_del(&lu_dev->item);
	kfree(lu_dev);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_unpreserve_device, "iommufd");

#define IOMMU_LU_NAMES_SIZE	128

/*
 * A function whose driver has enabled it may do DMA. Drivers that do DMA of their own
 * cannot bind to a member of the group, so the others are idle. Bridges forward only.
 */
static int iommu_lu_add_missing(struct device *member, void *names)
{
	size_t len = strlen(names);

	if (!dev_is_pci(member) || pci_is_bridge(to_pci_dev(member)) ||
	    !pci_is_enabled(to_pci_dev(member)))
		return 0;
	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_find_device(iommu_lu_outgoing, member))
		scnprintf(names + len, IOMMU_LU_NAMES_SIZE - len, " %s", dev_name(member));
	return 0;
}

/* The domain of a group belongs to one iommufd, so its members are in one session. */
static int iommu_lu_check_group(struct device *dev)
{
	char names[IOMMU_LU_NAMES_SIZE] = ":";

	iommu_group_for_each_dev(dev->iommu_group, names, iommu_lu_add_missing);
	if (strlen(names) <= 1)
		return 0;
	return iommu_lu_refuse_freeze(dev, -ENOTEMPTY,
		"members of its IOMMU group are in use and not preserved", names);
}

/**
 * iommu_liveupdate_freeze_device() - Write the final records of a device
 * @dev: A preserved device.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0; -EINVAL if the attachment of the device has changed; -ENOTEMPTY if a member
 * of its group may do DMA and is not preserved; or an error of the IOMMU driver.
 */
int iommu_liveupdate_freeze_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	int ret;

	ret = iommu_lu_check_group(dev);
	if (ret)
		return ret;
	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_device(iommu_lu_outgoing, dev);
	if (!lu_dev || iommu_get_domain_for_dev(dev) != lu_dev->domain->domain ||
	    !iommu_lu_pasids_kept(lu_dev))
		return iommu_lu_refuse_freeze(dev, -EINVAL,
			"attachment changed since the device was preserved", "");
	ret = dev_iommu_ops(dev)->liveupdate->freeze_device(dev, lu_dev->ser,
							    lu_dev->unit->ser);
	trace_iommu_liveupdate_freeze_device(dev, ret, began);
	if (ret)
		return ret;
	kho_record_seal(lu_dev->ser);
	kho_record_seal(lu_dev->unit->ser);
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_freeze_device, "iommufd");

/**
 * iommu_liveupdate_unfreeze_device() - Undo iommu_liveupdate_freeze_device()
 * @dev: The device.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_unfreeze_device(struct device *dev)
{
	guard(mutex)(&iommu_lu_mutex);
	dev_iommu_ops(dev)->liveupdate->unfreeze_device(dev);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_unfreeze_device, "iommufd");
