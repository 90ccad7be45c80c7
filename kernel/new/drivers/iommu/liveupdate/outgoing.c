// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of the IOMMU: what goes out
 *
 * A live update replaces the kernel by kexec while devices go on with their
 * DMA. For that the next kernel needs, of each device that is carried: the I/O
 * page table, the hardware's entries that lead to it, and the IOMMU that holds
 * them. This file keeps book of what a session of the Live Update Orchestrator
 * has asked to carry and writes it into handover records.
 *
 * Nothing is carried that was not asked for. iommufd preserves the domain of a
 * marked HWPT, then the file handler of a device preserves the device, which
 * must be attached to a preserved domain. The IOMMU unit of a device comes with
 * its first device and goes with its last.
 *
 * Invariants:
 *  - From preserve to unpreserve the domain's table does not change (its IOAS is
 *    immutable) and neither do the attachments.
 *  - What preserve did is undone by unpreserve, in reverse order, and unpreserve
 *    cannot fail. A preserve that fails leaves no trace.
 *  - Records are complete and sealed when freeze of the last object returns.
 *    After that only shutdown runs.
 *
 * Locking: iommu_lu_mutex protects the outgoing set, see set.c.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/kexec.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

/**
 * iommu_liveupdate_supported() - Can this domain be carried?
 * @domain: A paging domain.
 *
 * Context: Any.
 * Return: 0, or -EOPNOTSUPP if the domain's page table or its IOMMU driver do
 * not know how.
 */
int iommu_liveupdate_supported(struct iommu_domain *domain)
{
	if (!iommu_lu_pt_ops(domain) || domain->dirty_ops || domain->iopf_handler ||
	    !domain->owner || !domain->owner->liveupdate)
		return -EOPNOTSUPP;
	return 0;
}

/**
 * iommu_liveupdate_each_leaf() - What a domain maps, leaf by leaf.
 * @domain: A domain that can be carried. The caller keeps it from changing.
 * @iova: First IOVA of a range that is mapped as a whole, by leaves of its own.
 * @len: Its length in bytes.
 * @leaf: Called for each leaf, in ascending order, until it returns an error.
 * @arg: For @leaf.
 *
 * Context: Process context; as @leaf needs it.
 * Return: 0, the error of @leaf, or -EFAULT if something in the range is not mapped.
 */
int iommu_liveupdate_each_leaf(struct iommu_domain *domain, u64 iova, u64 len,
			       int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			       void *arg)
{
	return iommu_lu_pt_ops(domain)->each_leaf(iommupt_from_domain(domain), iova, len,
						  leaf, arg);
}

/**
 * iommu_liveupdate_preserve_domain() - Carry a domain over the next kexec.
 * @domain: The domain. The caller keeps its mappings from changing until
 *	    iommu_liveupdate_unpreserve_domain().
 * @mapped_bytes: Bytes that it maps, for those who want to know.
 * @owner: Names the file for which this is done, the data that LUO gives back to
 *	   its handler in the next kernel.
 * @id: Out: the id of its record.
 *
 * Context: Process context, may sleep; called for a file that is being
 * preserved, whose handler is registered with
 * iommu_liveupdate_register_handler().
 * Return: 0, -EOPNOTSUPP, -EBUSY if it is preserved already, -ENOSPC or -ENOMEM.
 */
int iommu_liveupdate_preserve_domain(struct iommu_domain *domain, u64 mapped_bytes,
				     u64 owner, u32 *id)
{
	struct iommu_lu_domain *lu_domain;
	u64 began = local_clock();
	int ret;

	ret = iommu_liveupdate_supported(domain);
	if (ret)
		return ret;

	guard(mutex)(&iommu_lu_mutex);
	if (iommu_lu_find_domain(iommu_lu_outgoing, domain))
		return -EBUSY;

	struct iommu_lu_domain *new __free(kfree) = kzalloc_obj(*new);
	if (!new)
		return -ENOMEM;
	struct iommu_domain_ser *ser __free(kho_record) =
		kho_record_alloc(IOMMU_RECORD_DOMAIN, IOMMU_RECORD_DOMAIN_VERSION,
				 sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	ret = iommu_lu_pt_ops(domain)->preserve(iommupt_from_domain(domain), ser);
	if (ret)
		return ret;
	ser->mapped_bytes = mapped_bytes;
	ser->owner = owner;
	kho_record_seal(ser);
	ret = kho_record_index_add(iommu_lu_outgoing->index, ser);
	if (ret < 0) {
		iommu_lu_pt_ops(domain)->unpreserve(iommupt_from_domain(domain));
		return ret;
	}

	lu_domain = no_free_ptr(new);
	lu_domain->ser = no_free_ptr(ser);
	lu_domain->domain = domain;
	lu_domain->id = ret;
	list_add_tail(&lu_domain->item, &iommu_lu_outgoing->domains);
	*id = lu_domain->id;
	trace_iommu_liveupdate_preserve_domain(*id, lu_domain->ser->nr_tables,
					       lu_domain->ser->mapped_bytes, 0, began);
	return 0;
}

/**
 * iommu_liveupdate_unpreserve_domain() - Undo iommu_liveupdate_preserve_domain().
 * @domain: The domain. Its devices are unpreserved already.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_unpreserve_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	if (!lu_domain)
		return;

	iommu_lu_pt_ops(domain)->unpreserve(iommupt_from_domain(domain));
	kho_record_index_del(iommu_lu_outgoing->index, lu_domain->ser);
	kho_record_free(lu_domain->ser);
	list_del(&lu_domain->item);
	kfree(lu_domain);
}

/**
 * iommu_liveupdate_freeze_domain() - Last check of a domain before kexec.
 * @domain: A preserved domain.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0, or -ENODEV if no device is attached to the domain that is preserved
 * too: the next kernel could not tell which IOMMU the domain is for.
 */
int iommu_liveupdate_freeze_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	guard(mutex)(&iommu_lu_mutex);
	lu_domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	if (lu_domain && lu_domain->nr_devices)
		return 0;
	pr_err("a preserved HWPT has no preserved device\n");
	return -ENODEV;
}

static struct iommu_lu_unit *lu_get_unit(const struct iommu_liveupdate_ops *ops,
					 struct device *dev)
{
	struct iommu_unit_ser want = {};
	struct iommu_lu_unit *unit;
	int ret;

	ops->identify_unit(dev, &want);
	list_for_each_entry(unit, &iommu_lu_outgoing->units, item) {
		if (iommu_lu_is_unit(unit->ser, &want)) {
			unit->nr_devices++;
			return unit;
		}
	}

	struct iommu_lu_unit *new __free(kfree) = kzalloc_obj(*new);
	if (!new)
		return ERR_PTR(-ENOMEM);
	struct iommu_unit_ser *ser __free(kho_record) =
		kho_record_alloc(IOMMU_RECORD_UNIT, IOMMU_RECORD_UNIT_VERSION, sizeof(*ser));
	if (IS_ERR(ser))
		return ERR_CAST(ser);
	ret = kho_record_index_add(iommu_lu_outgoing->index, ser);
	if (ret < 0)
		return ERR_PTR(ret);

	unit = no_free_ptr(new);
	unit->ser = no_free_ptr(ser);
	unit->ser->kind = want.kind;
	unit->ser->segment = want.segment;
	unit->ser->reg_base = want.reg_base;
	unit->id = ret;
	unit->nr_devices = 1;
	list_add_tail(&unit->item, &iommu_lu_outgoing->units);
	return unit;
}

static void lu_put_unit(struct iommu_lu_unit *unit)
{
	if (--unit->nr_devices)
		return;
	kho_record_index_del(iommu_lu_outgoing->index, unit->ser);
	kho_record_free(unit->ser);
	list_del(&unit->item);
	kfree(unit);
}

static void lu_init_device_ser(struct iommu_lu_device *lu_dev, struct pci_dev *pdev)
{
	struct iommu_device_ser *ser = lu_dev->ser;

	ser->segment = pci_domain_nr(pdev->bus);
	ser->bdf = pci_dev_id(pdev);
	ser->vendor = pdev->vendor;
	ser->device = pdev->device;
	ser->domain = lu_dev->domain->id;
	ser->unit = lu_dev->unit->id;
}

static int lu_preserve_device(struct iommu_lu_device *lu_dev)
{
	const struct iommu_liveupdate_ops *ops = dev_iommu_ops(lu_dev->dev)->liveupdate;
	int ret;

	lu_dev->unit = lu_get_unit(ops, lu_dev->dev);
	if (IS_ERR(lu_dev->unit))
		return PTR_ERR(lu_dev->unit);

	lu_dev->ser = kho_record_alloc(IOMMU_RECORD_DEVICE, IOMMU_RECORD_DEVICE_VERSION,
				       sizeof(*lu_dev->ser));
	if (IS_ERR(lu_dev->ser)) {
		ret = PTR_ERR(lu_dev->ser);
		goto err_unit;
	}
	lu_init_device_ser(lu_dev, to_pci_dev(lu_dev->dev));

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
	lu_put_unit(lu_dev->unit);
	return ret;
}

static int lu_other_member(struct device *member, void *dev)
{
	return member != dev;
}

/**
 * iommu_liveupdate_preserve_device() - Carry a device over the next kexec.
 * @dev: A PCI function, alone in its group.
 * @domain: The domain it is attached to, preserved already.
 *
 * Context: Process context, may sleep. The caller keeps the attachment from
 * changing until iommu_liveupdate_unpreserve_device().
 * Return: 0, -EOPNOTSUPP if a device of this kind or in this state cannot be
 * carried, -ENOENT if @domain is not preserved, -EBUSY if @dev is preserved
 * already, -EINVAL if it is not attached to @domain, -ENOSPC or -ENOMEM.
 */
int iommu_liveupdate_preserve_device(struct device *dev, struct iommu_domain *domain)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	int ret;

	if (!dev_is_pci(dev) || !dev_iommu_ops(dev)->liveupdate)
		return -EOPNOTSUPP;
	if (iommu_get_domain_for_dev(dev) != domain)
		return -EINVAL;
	if (iommu_group_for_each_dev(dev->iommu_group, dev, lu_other_member))
		return -EOPNOTSUPP;

	guard(mutex)(&iommu_lu_mutex);
	if (iommu_lu_find_device(iommu_lu_outgoing, dev))
		return -EBUSY;

	lu_dev = kzalloc_obj(*lu_dev);
	if (!lu_dev)
		return -ENOMEM;
	lu_dev->dev = dev;
	lu_dev->domain = iommu_lu_find_domain(iommu_lu_outgoing, domain);
	ret = lu_dev->domain ? lu_preserve_device(lu_dev) : -ENOENT;
	trace_iommu_liveupdate_preserve_device(dev, ret, began);
	if (ret) {
		kfree(lu_dev);
		return ret;
	}
	lu_dev->domain->nr_devices++;
	list_add_tail(&lu_dev->item, &iommu_lu_outgoing->devices);
	return 0;
}

/**
 * iommu_liveupdate_unpreserve_device() - Undo iommu_liveupdate_preserve_device().
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
	kho_record_index_del(iommu_lu_outgoing->index, lu_dev->ser);
	kho_record_free(lu_dev->ser);
	lu_put_unit(lu_dev->unit);
	lu_dev->domain->nr_devices--;
	list_del(&lu_dev->item);
	kfree(lu_dev);
}

/*
 * A kernel that was loaded with kexec_load(2) is not told what is preserved. It
 * would find the devices doing DMA and turn translation off.
 */
static bool lu_next_kernel_is_told(void)
{
	return kexec_image && kexec_image->kho.fdt;
}

/**
 * iommu_liveupdate_freeze_device() - Write a device's final records.
 * @dev: A preserved device.
 *
 * Context: Process context, from LUO's freeze, which holds the lock of kexec.
 * Return: 0, -EINVAL if the next kernel would not see the records, or a negative
 * errno if the device's state changed since it was preserved.
 */
int iommu_liveupdate_freeze_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	int ret;

	if (!lu_next_kernel_is_told()) {
		pr_err("the next kernel was not loaded with kexec_file_load(2)\n");
		return -EINVAL;
	}

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_device(iommu_lu_outgoing, dev);
	if (!lu_dev || iommu_get_domain_for_dev(dev) != lu_dev->domain->domain)
		return -EINVAL;
	ret = dev_iommu_ops(dev)->liveupdate->freeze_device(dev, lu_dev->ser,
							    lu_dev->unit->ser);
	trace_iommu_liveupdate_freeze_device(dev, ret, began);
	if (ret)
		return ret;
	kho_record_seal(lu_dev->ser);
	kho_record_seal(lu_dev->unit->ser);
	return 0;
}

/**
 * iommu_liveupdate_unfreeze_device() - Undo iommu_liveupdate_freeze_device().
 * @dev: The device.
 *
 * Context: Process context. Cannot fail.
 */
void iommu_liveupdate_unfreeze_device(struct device *dev)
{
	guard(mutex)(&iommu_lu_mutex);
	dev_iommu_ops(dev)->liveupdate->unfreeze_device(dev);
}
