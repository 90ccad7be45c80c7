// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Live update of the IOMMU: giving up what came in
 *
 * A session is discarded when nobody is going to take its devices over. Then
 * nothing may be left that translates to the session's memory when that is
 * freed. The file handler of a device goes first: it stops the device, has it
 * blocked and reset, and it is free. Then the iommufd discards the domains that
 * it had preserved, and with them whatever device of theirs is left because its
 * own file handler could not read its record. A domain that was adopted is an
 * HWPT of some iommufd and lives on with it.
 *
 * What no file asked for at all, or what has no good record, is dealt with in the
 * same way when the last file is finished. A device that cannot be reset stays
 * cut off until the next boot.
 */
#define pr_fmt(fmt) "iommu liveupdate: " fmt

#include <linux/pci-liveupdate.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

/**
 * iommu_liveupdate_block_device() - A device is given up: stop its translation.
 * @dev: A device from the previous kernel that has not been attached anew.
 *
 * Context: Process context, may sleep. Cannot fail. Nobody is given the device
 * until iommu_liveupdate_finish_device().
 */
void iommu_liveupdate_block_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	struct iommu_group *group;

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (!lu_dev || !lu_dev->dev)
			return;
		lu_dev->error = lu_dev->error ?: -ECANCELED;
	}
	group = iommu_group_get(dev);
	if (!group)
		return;
	iommu_group_liveupdate_block(group);
	iommu_group_put(group);
	trace_iommu_liveupdate_block_device(dev, 0, began);
}

static bool lu_is_unfinished(struct device *dev)
{
	guard(mutex)(&iommu_lu_mutex);
	return iommu_lu_find_unfinished(dev);
}

/**
 * iommu_liveupdate_discard_device() - A device is given up: make it quiet and free.
 * @dev: A PCI device that nobody has open. Unless it came from the previous kernel
 *	 and still waits, isolated or not, nothing is done.
 *
 * Context: Process context, may sleep; takes the device's lock. Cannot fail, but
 * a device that cannot be reset stays cut off, and nobody is given it.
 */
void iommu_liveupdate_discard_device(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	int rc;

	if (!lu_is_unfinished(dev))
		return;
	/* A driver may let it fall asleep, but not in the middle of the reset */
	pm_runtime_get_sync(dev);
	pci_clear_master(pdev);
	pci_wait_for_pending_transaction(pdev);
	iommu_liveupdate_block_device(dev);
	pci_liveupdate_finish(pdev);
	rc = pci_reset_function(pdev);
	pm_runtime_put(dev);
	if (rc) {
		dev_err(dev, "given up, cannot be reset (%pe): stays cut off\n", ERR_PTR(rc));
		return;
	}
	iommu_liveupdate_finish_device(dev);
	dev_info(dev, "given up, it is quiet and free\n");
}

static void lu_cut_off_device(struct device *dev)
{
	pci_clear_master(to_pci_dev(dev));
	iommu_liveupdate_block_device(dev);
	dev_err(dev, "nobody takes it over, it is cut off\n");
}

static void lu_drop_domain(struct iommu_lu_domain *lu_domain,
			   void (*drop_device)(struct device *dev))
{
	struct iommu_domain *domain = lu_domain->domain;
	struct iommu_lu_device *lu_dev = NULL;
	u64 began = local_clock();

	while ((lu_dev = iommu_lu_next_incoming(lu_dev))) {
		if (lu_dev->domain == lu_domain && lu_dev->dev)
			drop_device(lu_dev->dev);
	}

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_domain->error = -ECANCELED;
		lu_domain->domain = NULL;
	}
	if (domain && !lu_domain->adopted)
		iommu_domain_free(domain);
	trace_iommu_liveupdate_discard_domain(lu_domain->id, lu_domain->ser->nr_tables,
					      lu_domain->ser->mapped_bytes, 0, began);
}

static void lu_drop_domains(u64 owner, void (*drop_device)(struct device *dev))
{
	struct iommu_lu_domain *lu_domain;

	if (!iommu_lu_incoming)
		return;
	list_for_each_entry(lu_domain, &iommu_lu_incoming->domains, item) {
		if (lu_domain->ser->owner == owner)
			lu_drop_domain(lu_domain, drop_device);
	}
}

/**
 * iommu_liveupdate_cut_off_domains() - Nobody can take over the domains of a file.
 * @owner: What the file gave to iommu_liveupdate_preserve_domain().
 *
 * Their devices stop, and stay so until they are given up.
 *
 * Context: Process context, may sleep. Cannot fail. Nobody uses the domains.
 */
void iommu_liveupdate_cut_off_domains(u64 owner)
{
	lu_drop_domains(owner, lu_cut_off_device);
}

/**
 * iommu_liveupdate_cut_off_domain() - A domain's table turned out to be damaged.
 * @domain: The domain; freed.
 *
 * As iommu_liveupdate_cut_off_domains().
 */
void iommu_liveupdate_cut_off_domain(struct iommu_domain *domain)
{
	lu_drop_domain(iommu_lu_find_incoming(domain), lu_cut_off_device);
}

/**
 * iommu_liveupdate_discard_domains() - Give up all domains of a file.
 * @owner: What the file gave to iommu_liveupdate_preserve_domain().
 *
 * What devices they have that were not given up before are now.
 *
 * Context: Process context, may sleep. Cannot fail. Nobody uses the domains; those
 * that were adopted are left alone.
 */
void iommu_liveupdate_discard_domains(u64 owner)
{
	lu_drop_domains(owner, iommu_liveupdate_discard_device);
}

/* Nothing that came in has a user any more: not even what nobody could make sense of. */
void iommu_lu_discard_all(void)
{
	struct iommu_lu_domain *lu_domain;
	struct iommu_lu_device *lu_dev = NULL;

	while ((lu_dev = iommu_lu_next_incoming(lu_dev))) {
		if (lu_dev->dev)
			iommu_liveupdate_discard_device(lu_dev->dev);
	}
	list_for_each_entry(lu_domain, &iommu_lu_incoming->domains, item)
		lu_drop_domain(lu_domain, lu_cut_off_device);
}
