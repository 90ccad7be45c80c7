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
 * devices whose own file handler could not read its record. An adopted domain is an
 * HWPT and stays with its iommufd.
 *
 * Incoming devices that no file refers to, or without a valid record, are discarded
 * when the last file is finished. A device that cannot be reset stays isolated
 * until the next boot.
 */
#include <linux/pci-liveupdate.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "../iommu-priv.h"
#include "liveupdate.h"

#include <trace/events/iommu_liveupdate.h>

/**
 * iommu_liveupdate_finish_device() - Make an incoming device an ordinary one
 * @dev: The device. Either its DMA owner has claimed it, or it was discarded and is
 *	 quiet.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommu_liveupdate_finish_device(struct device *dev)
{
	struct iommu_lu_device *lu_dev;
	u64 began = local_clock();
	int error;

	scoped_guard(mutex, &iommu_lu_mutex) {
		lu_dev = iommu_lu_find_unfinished(dev);
		if (!lu_dev || !lu_dev->dev)
			return;
		lu_dev->finished = true;
		lu_dev->dev = NULL;
		error = lu_dev->error;
	}
	pci_liveupdate_set_isolated(to_pci_dev(dev), false);
	if (dev->iommu_group) {
		if (error && dev_iommu_ops(dev)->liveupdate)
			dev_iommu_ops(dev)->liveupdate->readmit_device(dev);
		iommu_device_release_dma_owner(dev);
	}
	trace_iommu_liveupdate_finish_device(dev, 0, began);
	put_device(dev);
}

/**
 * iommu_liveupdate_block_device() - Block the translation of an incoming device
 * @dev: The device, not attached anew. No driver can use it until
 *	 iommu_liveupdate_finish_device().
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
		if (!lu_dev || !lu_dev->dev)
			return;
		lu_dev->error = lu_dev->error ?: -ECANCELED;
	}
	pci_liveupdate_set_isolated(to_pci_dev(dev), true);
	group = iommu_group_get(dev);
	if (!group)
		return;
	iommu_group_liveupdate_block(group);
	iommu_group_put(group);
	trace_iommu_liveupdate_block_device(dev, 0, began);
}

static bool iommu_lu_is_unfinished(struct device *dev)
{
	guard(mutex)(&iommu_lu_mutex);
	return iommu_lu_find_unfinished(dev);
}

/**
 * iommu_liveupdate_discard_device() - Quiesce, block, reset and release a device
 * @dev: A PCI device without a user. Nothing happens unless it is an incoming
 *	 device that is not finished, isolated or not.
 *
 * Context: Process context, may sleep; takes the device's lock. Cannot fail; a
 * device that cannot be reset stays isolated.
 */
void iommu_liveupdate_discard_device(struct device *dev)
{
	struct pci_dev *pdev = to_pci_dev(dev);
	int rc;

	if (!iommu_lu_is_unfinished(dev))
		return;
	/* The device must not be suspended during the reset. */
	pm_runtime_get_sync(dev);
	pci_clear_master(pdev);
	pci_wait_for_pending_transaction(pdev);
	iommu_liveupdate_block_device(dev);
	pci_liveupdate_finish(pdev);
	rc = pci_reset_function(pdev);
	pm_runtime_put(dev);
	if (rc) {
		dev_err(dev, "discarded: reset failed (%pe), device stays isolated\n",
			ERR_PTR(rc));
		return;
	}
	dev_info(dev, "discarded: device reset and released\n");
	iommu_liveupdate_finish_device(dev);
}

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
		if (dev && lu_dev->domain == lu_domain)
			drop_device(dev);
		put_device(dev);
	}

	scoped_guard(mutex, &iommu_lu_mutex) {
		domain = lu_domain->domain;
		lu_domain->error = -ECANCELED;
		lu_domain->domain = NULL;
	}
	if (domain && !lu_domain->adopted)
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

/**
 * iommu_liveupdate_isolate_domain() - Isolate the devices of a damaged domain
 * @domain: The domain; it is freed.
 *
 * Context: As iommu_liveupdate_isolate_domains().
 */
void iommu_liveupdate_isolate_domain(struct iommu_domain *domain)
{
	struct iommu_lu_domain *lu_domain;

	scoped_guard(mutex, &iommu_lu_mutex)
		lu_domain = iommu_lu_find_domain(iommu_lu_incoming, domain);
	iommu_lu_drop_domain(lu_domain, iommu_lu_isolate_device);
}

/**
 * iommu_liveupdate_discard_domains() - Discard the domains of a file
 * @owner: The value that the file passed to iommu_liveupdate_preserve_domain().
 *
 * Devices of these domains that were not discarded before are discarded. Adopted
 * domains are not freed.
 *
 * Context: Process context, may sleep. Cannot fail. The domains have no user.
 */
void iommu_liveupdate_discard_domains(u64 owner)
{
	iommu_lu_drop_domains(owner, iommu_liveupdate_discard_device);
}

/**
 * iommu_lu_discard_all() - Discard all incoming devices and domains that are left
 *
 * Context: Process context, from LUO's finish of the last file.
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
