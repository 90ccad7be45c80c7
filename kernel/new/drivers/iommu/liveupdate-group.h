/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of live update that needs to see into an iommu_group, which only
 * iommu.c does: that file includes this one, nobody else may.
 *
 * A group that came in has the restored domain from the start, and an owner that
 * nobody can present, until it is handed over to the iommufd context that was
 * retrieved.
 */
#include <linux/iommu-liveupdate.h>

#ifdef CONFIG_IOMMU_LIVEUPDATE
static int __iommu_group_alloc_blocking_domain(struct iommu_group *group);

/* Owns the group of a device that came with a live update until it is handed over */
static const char iommu_liveupdate_owner[] = "live update";

static bool iommu_group_attach_incoming(struct iommu_group *group)
{
	bool singleton = list_is_singular(&group->devices);
	struct iommu_domain *domain = NULL;
	struct group_device *gdev;

	for_each_group_device(group, gdev)
		domain = iommu_liveupdate_attach_group(gdev->dev, singleton) ?: domain;
	if (!domain)
		return false;
	group->domain = domain;
	group->owner = (void *)iommu_liveupdate_owner;
	group->owner_cnt = 1;
	return true;
}

/* Whoever presents @owner may claim the group in addition to the live update. */
int iommu_group_liveupdate_set_owner(struct iommu_group *group, void *owner)
{
	guard(mutex)(&group->mutex);
	if (group->owner != iommu_liveupdate_owner)
		return -EBUSY;
	group->owner = owner;
	return __iommu_group_alloc_blocking_domain(group);
}

/* Nothing of a group that came in translates any more; it keeps its owner. */
void iommu_group_liveupdate_block(struct iommu_group *group)
{
	guard(mutex)(&group->mutex);
	if (!__iommu_group_alloc_blocking_domain(group))
		__iommu_group_set_domain_nofail(group, group->blocking_domain);
}
#else
static inline bool iommu_group_attach_incoming(struct iommu_group *group)
{
	return false;
}
#endif /* CONFIG_IOMMU_LIVEUPDATE */
