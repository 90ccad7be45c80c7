// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: IOMMU live update: finishing and discarding incoming devices
 *
 * A finished device is an ordinary one: the live update gives up its DMA ownership
 * of the group.
 *
 * A session is discarded if its devices are not going to be used. When its memory
 * is freed no device may have a translation to it. The file handler of a device
 * comes first: the device is quiesced, blocked, reset and released. Then the
 * iommufd discards the domains that it had preserved, and with them those of their
 * devices whose own file handler could not read its record. A domain that an
 * HWPT has stays with its iommufd.
 *
 * Incoming devices that no file refers to, or without a valid record, are discarded
 * when the last file is finished. A device that cannot be reset stays isolated
 * until the next boot.
 */
#include <linux/export.h>
#include <linux/pci-liveupdate.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

static void iommu_lu_finish_device(struct device *dev, bool readmit)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (lu_dev) {
			lu_dev->finished = true;
			put_device(lu_dev->dev);
			lu_dev->dev = NULL;
		}
	}
	pci_liveupdate_set_isolated(to_pci_dev(dev), false);
	iommu_group_liveupdate_release(dev, readmit);
	trace_iommu_liveupdate_finish_device(dev, 0, began);
}

/**
 * iommu_liveupdate_finish_device() - Make an incoming device an ordinary one
 * @dev: The device; its DMA owner has claimed it. The caller has a reference.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_finish_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	bool blocked;

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (!lu_dev)
			return;
		blocked = lu_dev->error;
	}
	iommu_lu_finish_device(dev, blocked);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_finish_device, "iommufd");

/* The members of a group lose their translation together */
static int iommu_lu_quiesce_member(struct device *member, void *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(member);
	if (!lu_dev || lu_dev->dev != member)
		return 0;
	lu_dev->error = lu_dev->error ?: -ECANCELED;
	pci_liveupdate_set_isolated(to_pci_dev(member), true);
	if (member != dev)
		pci_clear_master(to_pci_dev(member));
	return 0;
}

/**
 * iommu_liveupdate_block_device() - Block the translation of an incoming device
 * @dev: The device, not attached anew. No driver can use it until
 *	 iommu_liveupdate_finish_device(). The other members of its group are quiesced and
 *	 blocked with it.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_block_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	struct iommu_group *group;

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (!lu_dev || lu_dev->dev != dev)
			return;
	}
	group = iommu_group_get(dev);
	if (!group)
		return;
	iommu_group_for_each_dev(group, dev, iommu_lu_quiesce_member);
	iommu_group_liveupdate_block(group);
	iommu_group_put(group);
	trace_iommu_liveupdate_block_device(dev, 0, began);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_block_device, "vfio-pci");

/* A reset of a discarded device, for which the caller could not get the locks */
struct iommu_lu_reset {
	struct work_struct work;
	struct pci_dev *pdev;
};

static void iommu_lu_reset_done(struct pci_dev *pdev, int rc)
{
	pm_runtime_put(&pdev->dev);
	if (rc == -ENODEV)
		return;
	if (rc) {
		pci_err(pdev, "discarded: reset failed (%pe), device stays isolated\n",
			ERR_PTR(rc));
		return;
	}
	pci_info(pdev, "discarded: device reset and released\n");
	iommu_lu_finish_device(&pdev->dev, true);
}

/* The locks may have been those of a removal, and another device may be in the slot */
static int iommu_lu_wait_reset(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int rc = -ENODEV;

	if (bridge)
		pci_dev_lock(bridge);
	pci_dev_lock(pdev);
	if (device_is_registered(&pdev->dev))
		rc = pci_reset_function_locked(pdev);
	pci_dev_unlock(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
	return rc;
}

static void iommu_lu_reset_work(struct work_struct *work)
{
	struct iommu_lu_reset *reset = container_of(work, struct iommu_lu_reset, work);

	iommu_lu_reset_done(reset->pdev, iommu_lu_wait_reset(reset->pdev));
	pci_dev_put(reset->pdev);
	kfree(reset);
}

static int iommu_lu_queue_reset(struct pci_dev *pdev)
{
	struct iommu_lu_reset *reset = kzalloc_obj(*reset);

	if (!reset)
		return -ENOMEM;
	reset->pdev = pci_dev_get(pdev);
	INIT_WORK(&reset->work, iommu_lu_reset_work);
	queue_work(system_long_wq, &reset->work);
	return 0;
}

/* As pci_reset_function(), without waiting for a lock: -EAGAIN */
static int iommu_lu_try_reset(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pci_upstream_bridge(pdev);
	int rc;

	if (bridge && !pci_dev_trylock(bridge))
		return -EAGAIN;
	rc = pci_try_reset_function(pdev);
	if (bridge)
		pci_dev_unlock(bridge);
	return rc;
}

/* True for the first caller, if the device is not finished */
static bool iommu_lu_begin_discard(struct device *dev)
{
	struct iommu_lu_device *lu_dev;

	guard(mutex)(&iommu_lu_mutex);
	lu_dev = iommu_lu_find_unfinished(dev);
	if (!lu_dev || lu_dev->resetting)
		return false;
	lu_dev->resetting = true;
	return true;
}

/**
 * iommu_liveupdate_discard_device() - Quiesce, block, reset and release a device
 * @dev: A PCI device without a user. Nothing happens unless it is an incoming
 *	 device that is not finished, isolated or not. The caller has a reference.
 *
 * The device is quiesced and blocked when this function returns. The reset needs the
 * device's lock, and the holder of that lock may wait for the caller: an unbind waits
 * for the last user of a vfio device, which is the session that is being discarded.
 * If the lock is taken a work item resets and releases the device later.
 *
 * Context: Process context, may sleep; waits for no device's lock. Cannot fail; a
 * device that cannot be reset stays isolated.
 */
void iommu_liveupdate_discard_device(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	int rc;

	if (!iommu_lu_begin_discard(dev))
		return;
	/* The device must not be suspended during the reset. */
	pm_runtime_get_sync(dev);
	pci_clear_master(pdev);
	pci_wait_for_pending_transaction(pdev);
	iommu_liveupdate_block_device(dev);
	pci_liveupdate_finish(pdev);
	/* A reset of a physical function would end the DMA of its virtual functions */
	rc = pci_num_vf(pdev) ? -EBUSY : iommu_lu_try_reset(pdev);
	if (rc == -EAGAIN) {
		rc = iommu_lu_queue_reset(pdev);
		if (!rc)
			return;
	}
	iommu_lu_reset_done(pdev, rc);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_discard_device, "vfio-pci");

static void iommu_lu_isolate_device(struct device *dev)
{
	pci_clear_master(to_pci_dev(dev));
	iommu_liveupdate_block_device(dev);
	dev_err(dev, "isolated: its domain cannot be restored\n");
}

static void iommu_lu_drop_domain(struct iommu_lu_domain *lu_domain,
				 void (*drop_device)(struct device *dev))
{
	struct iommu_lu_device *lu_dev = NULL;
	struct iommu_domain *domain;
	u64 began = local_clock();
	struct device *dev;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev, &dev))) {
		if (dev && iommu_lu_uses(lu_dev, lu_domain))
			drop_device(dev);
		put_device(dev);
	}

	scoped_guard(mutex, &iommu_lu_mutex) {
		domain = lu_domain->taken ? NULL : lu_domain->domain;
		lu_domain->error = -ECANCELED;
		lu_domain->domain = NULL;
	}
	if (domain)
		iommu_domain_free(domain);
	trace_iommu_liveupdate_discard_domain(lu_domain->id, lu_domain->ser->nr_tables,
					      lu_domain->ser->mapped_bytes, 0, began);
}

static struct iommu_lu_domain *iommu_lu_next_domain(struct iommu_lu_domain *prev)
{
	struct iommu_lu_domain *next;

	guard(mutex)(&iommu_lu_mutex);
	if (!iommu_lu_incoming)
		return NULL;
	next = list_prepare_entry(prev, &iommu_lu_incoming->domains, item);
	next = list_next_entry(next, item);
	return list_entry_is_head(next, &iommu_lu_incoming->domains, item) ? NULL : next;
}

static void iommu_lu_drop_domains(u64 owner, void (*drop_device)(struct device *dev))
{
	struct iommu_lu_domain *lu_domain = NULL;

	while ((lu_domain = iommu_lu_next_domain(lu_domain))) {
		if (lu_domain->ser->owner == owner)
			iommu_lu_drop_domain(lu_domain, drop_device);
	}
}

/**
 * iommu_liveupdate_isolate_domains() - Isolate the devices of a file's domains
 * @owner: The value that the file passed to iommu_liveupdate_preserve_domain().
 *
 * For a file whose record is invalid. The domains are freed, the devices stay
 * isolated until they are discarded.
 *
 * Context: Process context, may sleep. Cannot fail. The domains have no user.
 */
void iommu_liveupdate_isolate_domains(u64 owner)
{
	iommu_lu_drop_domains(owner, iommu_lu_isolate_device);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_isolate_domains, "iommufd");

static struct iommu_lu_domain *iommu_lu_get_domain(struct iommu_domain *domain)
{
	guard(mutex)(&iommu_lu_mutex);
	return iommu_lu_find_domain(iommu_lu_incoming, domain);
}

/**
 * iommu_liveupdate_isolate_domain() - Isolate the devices of a damaged domain
 * @domain: The domain; it is freed.
 *
 * Context: As iommu_liveupdate_isolate_domains().
 */
void iommu_liveupdate_isolate_domain(struct iommu_domain *domain)
{
	iommu_lu_drop_domain(iommu_lu_get_domain(domain), iommu_lu_isolate_device);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_isolate_domain, "iommufd");

/**
 * iommu_liveupdate_discard_domain() - Discard a domain that was never taken
 * @domain: The domain; it is freed. Devices of it that are not finished are discarded.
 *
 * Context: As iommu_liveupdate_discard_domains().
 */
void iommu_liveupdate_discard_domain(struct iommu_domain *domain)
{
	iommu_lu_drop_domain(iommu_lu_get_domain(domain), iommu_liveupdate_discard_device);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_discard_domain, "iommufd");

/**
 * iommu_liveupdate_discard_domains() - Discard the domains of a file
 * @owner: The value that the file passed to iommu_liveupdate_preserve_domain().
 *
 * Devices of these domains that were not discarded before are discarded. Domains
 * of HWPTs are not freed.
 *
 * Context: Process context, may sleep. Cannot fail. The domains have no user.
 */
void iommu_liveupdate_discard_domains(u64 owner)
{
	iommu_lu_drop_domains(owner, iommu_liveupdate_discard_device);
}
EXPORT_SYMBOL_FOR_MODULES(iommu_liveupdate_discard_domains, "iommufd");

/**
 * iommu_lu_discard_all() - Discard all incoming devices and domains that are left
 *
 * Context: Process context, from LUO's finish of the last file; waits for no device's
 * lock.
 */
void iommu_lu_discard_all(void)
{
	struct iommu_lu_domain *lu_domain = NULL;
	struct iommu_lu_device *lu_dev = NULL;
	struct device *dev;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev, &dev))) {
		if (dev)
			iommu_liveupdate_discard_device(dev);
		put_device(dev);
	}
	while ((lu_domain = iommu_lu_next_domain(lu_domain)))
		iommu_lu_drop_domain(lu_domain, iommu_lu_isolate_device);
}
