// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: HWPTs without an IOAS, and how devices leave them. See the
 * top of liveupdate.c for the model.
 *
 * A restored HWPT is for a VMM that builds its page tables anew. Its devices are
 * attached to it first, as their hardware is, and then to HWPTs of this kernel. Its
 * table was not compared with anything and its memory is not pinned; the memory stays
 * in place until the session is finished. So a device can leave the HWPT and cannot
 * enter it, and the session is finished when the last one has left.
 *
 * The rest of iommufd expects an HWPT to have an IOAS. All restored HWPTs of a context
 * have the same, which is empty and has no id. Their domains are not part of it.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/slab.h>

#include "iommufd_private.h"

/**
 * iommufd_lu_has_ioas() - Check that an HWPT is not a restored one
 * @hwpt_paging: The HWPT
 *
 * Return: false if no IOAS can change what @hwpt_paging maps.
 */
bool iommufd_lu_has_ioas(const struct iommufd_hwpt_paging *hwpt_paging)
{
	return hwpt_paging->ioas->obj.id;
}

static int iommufd_lu_refuse_attach(struct iommufd_device *idev, int rc,
				    const char *reason)
{
	dev_info_ratelimited(idev->dev, "not attached: %s\n", reason);
	return rc;
}

/**
 * iommufd_liveupdate_may_attach() - Check that a device may be attached to an HWPT
 * @idev: The device
 * @pasid: The PASID, or IOMMU_NO_PASID
 * @hwpt: The HWPT
 *
 * Context: The mutex of the iommufd_group that is to change is held, so that the
 * answer stays valid for a device that is preserved under it.
 * Return: 0; -EBUSY while the context is preserved; -ESTALE if @hwpt is a restored HWPT
 * that the device has left or never used.
 */
int iommufd_liveupdate_may_attach(struct iommufd_device *idev, u32 pasid,
				  struct iommufd_hw_pagetable *hwpt)
{
	struct iommufd_hwpt_paging *hwpt_paging = find_hwpt_paging(hwpt);

	if (READ_ONCE(idev->ictx->liveupdate.preserved))
		return -EBUSY;
	if (!hwpt_paging || iommufd_lu_has_ioas(hwpt_paging) ||
	    iommu_group_liveupdate_domain(idev->dev->iommu_group, pasid) == hwpt->domain)
		return 0;
	return iommufd_lu_refuse_attach(idev, -ESTALE,
					"HWPT has no IOAS, and the device does not use its table");
}

/* As iommufd_ioas_alloc() does it, without an id */
static struct iommufd_ioas *iommufd_lu_get_no_ioas(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *ioas = ictx->liveupdate.no_ioas;

	lockdep_assert_held(&ictx->liveupdate.lock);
	if (ioas)
		return ioas;
	ioas = kzalloc_obj(*ioas, GFP_KERNEL_ACCOUNT);
	if (!ioas)
		return NULL;
	refcount_set(&ioas->obj.users, 1);
	ioas->obj.type = IOMMUFD_OBJ_IOAS;
	iopt_init_table(&ioas->iopt);
	INIT_LIST_HEAD(&ioas->hwpt_list);
	mutex_init(&ioas->mutex);
	ictx->liveupdate.no_ioas = ioas;
	return ioas;
}

/**
 * iommufd_liveupdate_release() - End the live update part of a context
 * @ictx: The context, whose objects are destroyed
 */
void iommufd_liveupdate_release(struct iommufd_ctx *ictx)
{
	if (ictx->liveupdate.no_ioas)
		iommufd_ioas_destroy(&ictx->liveupdate.no_ioas->obj);
	kfree(ictx->liveupdate.no_ioas);
}

/**
 * iommufd_lu_alloc_hwpt() - Allocate an HWPT for an incoming domain
 * @lu_hwpt: The incoming entry
 * @ioas: The IOAS
 *
 * As iommufd_hwpt_paging_alloc() does it, but the domain exists. iommufd_lu_own()
 * connects the two.
 *
 * Context: iommufd_liveupdate::lock is held, may sleep.
 * Return: The HWPT or an ERR_PTR().
 */
struct iommufd_hwpt_paging *iommufd_lu_alloc_hwpt(const struct iommufd_lu_hwpt *lu_hwpt,
						  struct iommufd_ioas *ioas)
{
	struct iommufd_hwpt_paging *hwpt_paging;

	hwpt_paging = __iommufd_object_alloc(lu_hwpt->ictx, hwpt_paging,
					     IOMMUFD_OBJ_HWPT_PAGING, common.obj);
	if (IS_ERR(hwpt_paging))
		return hwpt_paging;

	INIT_LIST_HEAD(&hwpt_paging->hwpt_item);
	/* Pairs with iommufd_hwpt_paging_destroy() */
	refcount_inc(&ioas->obj.users);
	hwpt_paging->ioas = ioas;
	hwpt_paging->enforce_cache_coherency =
		lu_hwpt->flags & IOMMUFD_HWPT_SER_ENFORCE_CC;
	hwpt_paging->common.pasid_compat = lu_hwpt->flags & IOMMUFD_HWPT_SER_PASID;
	return hwpt_paging;
}

/**
 * iommufd_lu_own() - Make an HWPT that of an incoming domain
 * @lu_hwpt: The incoming entry
 * @hwpt_paging: The HWPT, from iommufd_lu_alloc_hwpt()
 * @state: The new state of @lu_hwpt
 *
 * The session has a reference to the HWPT until it is finished.
 *
 * Context: iommufd_liveupdate::lock is held. Cannot fail.
 */
void iommufd_lu_own(struct iommufd_lu_hwpt *lu_hwpt, struct iommufd_hwpt_paging *hwpt_paging,
		    enum iommu_liveupdate_state state)
{
	struct iommu_domain *domain = lu_hwpt->domain;

	hwpt_paging->common.domain = domain;
	domain->iommufd_hwpt = &hwpt_paging->common;
	domain->cookie_type = IOMMU_COOKIE_IOMMUFD;

	hwpt_paging->lu_hwpt = lu_hwpt;
	lu_hwpt->hwpt = hwpt_paging;
	lu_hwpt->state = state;
	refcount_inc(&hwpt_paging->common.obj.users);
}

/**
 * iommufd_lu_take() - Make an HWPT without an IOAS
 * @lu_hwpt: The incoming entry
 * @hwpt_id: Out: id of the HWPT
 *
 * Context: iommufd_liveupdate::lock is held, may sleep.
 * Return: 0 or -ENOMEM.
 */
int iommufd_lu_take(struct iommufd_lu_hwpt *lu_hwpt, u32 *hwpt_id)
{
	struct iommufd_ioas *ioas = iommufd_lu_get_no_ioas(lu_hwpt->ictx);
	struct iommufd_hwpt_paging *hwpt_paging;

	if (!ioas)
		return -ENOMEM;
	hwpt_paging = iommufd_lu_alloc_hwpt(lu_hwpt, ioas);
	if (IS_ERR(hwpt_paging))
		return PTR_ERR(hwpt_paging);
	*hwpt_id = hwpt_paging->common.obj.id;
	iommufd_lu_own(lu_hwpt, hwpt_paging, IOMMU_LIVEUPDATE_RESTORED);
	iommu_liveupdate_take_domain(lu_hwpt->domain);
	iommufd_object_finalize(lu_hwpt->ictx, &hwpt_paging->common.obj);
	return 0;
}

static u32 iommufd_lu_replace_flags(struct iommufd_device *idev,
				    struct iommufd_hwpt_paging *hwpt_paging)
{
	guard(mutex)(&idev->igroup->lock);

	if (!idev->igroup->group ||
	    !iommu_liveupdate_can_replace(hwpt_paging->common.domain, idev->dev))
		return 0;
	return IOMMU_LIVEUPDATE_REPLACE_NO_GAP;
}

/**
 * iommufd_liveupdate_may_replace() - ioctl(IOMMU_LIVEUPDATE_MAY_REPLACE)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_liveupdate_may_replace(struct iommufd_ucmd *ucmd)
{
	struct iommu_liveupdate_may_replace *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *hwpt_paging;
	struct iommufd_device *idev;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags || cmd->__reserved)
		return -EOPNOTSUPP;

	idev = iommufd_get_device(ucmd, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	hwpt_paging = iommufd_get_hwpt_paging(ucmd, cmd->hwpt_id);
	if (!IS_ERR(hwpt_paging)) {
		cmd->out_flags = iommufd_lu_replace_flags(idev, hwpt_paging);
		iommufd_put_object(ucmd->ictx, &hwpt_paging->common.obj);
	}
	iommufd_put_object(ucmd->ictx, &idev->obj);
	if (IS_ERR(hwpt_paging))
		return PTR_ERR(hwpt_paging);
	return iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}
