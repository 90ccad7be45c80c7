// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: the ioctls MARK and QUERY. See the top of liveupdate.c
 * for the model.
 */
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/string.h>

#include "iommufd_private.h"

static int iommufd_lu_refuse_mark(struct iommufd_hwpt_paging *hwpt_paging)
{
	return iommufd_lu_refuse(&hwpt_paging->common.obj, -EBUSY,
				 "mark cannot change during a live update");
}

static int iommufd_lu_clear_mark(struct iommufd_hwpt_paging *hwpt_paging)
{
	struct iommufd_lu_hwpt *lu_hwpt = hwpt_paging->lu_hwpt;

	if (!lu_hwpt)
		return 0;
	if (lu_hwpt->state != IOMMU_LIVEUPDATE_MARKED)
		return iommufd_lu_refuse_mark(hwpt_paging);
	iommufd_lu_del(lu_hwpt);
	return 0;
}

static int iommufd_lu_change_token(struct iommufd_lu_hwpt *lu_hwpt, u64 token)
{
	if (lu_hwpt->state != IOMMU_LIVEUPDATE_MARKED)
		return iommufd_lu_refuse_mark(lu_hwpt->hwpt);
	lu_hwpt->token = token;
	return 0;
}

static int iommufd_lu_set_mark(struct iommufd_ctx *ictx,
			       struct iommufd_hwpt_paging *hwpt_paging, u64 token)
{
	struct iommufd_lu_hwpt *lu_hwpt;
	int rc;

	rc = iommufd_lu_check_hwpt(hwpt_paging);
	if (rc)
		return rc;
	lu_hwpt = iommufd_lu_find(ictx, token);
	if (lu_hwpt && lu_hwpt->hwpt == hwpt_paging)
		return 0;
	if (lu_hwpt)
		return iommufd_lu_refuse(&hwpt_paging->common.obj, -EEXIST,
					 "token marks another HWPT");
	if (hwpt_paging->lu_hwpt)
		return iommufd_lu_change_token(hwpt_paging->lu_hwpt, token);

	lu_hwpt = iommufd_lu_add(ictx, token);
	if (!lu_hwpt)
		return -ENOMEM;
	lu_hwpt->hwpt = hwpt_paging;
	lu_hwpt->domain = hwpt_paging->common.domain;
	lu_hwpt->state = IOMMU_LIVEUPDATE_MARKED;
	hwpt_paging->lu_hwpt = lu_hwpt;
	return 0;
}

static int iommufd_lu_mark_hwpt(struct iommufd_ctx *ictx,
				struct iommufd_hwpt_paging *hwpt_paging,
				const struct iommu_hwpt_liveupdate_mark *cmd)
{
	guard(mutex)(&ictx->liveupdate.lock);

	if (ictx->liveupdate.preserved)
		return iommufd_lu_refuse_mark(hwpt_paging);
	if (cmd->flags & IOMMU_LIVEUPDATE_MARK_CLEAR)
		return iommufd_lu_clear_mark(hwpt_paging);
	return iommufd_lu_set_mark(ictx, hwpt_paging, cmd->token);
}

/**
 * iommufd_liveupdate_mark() - ioctl(IOMMU_HWPT_LIVEUPDATE_MARK)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_liveupdate_mark(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_liveupdate_mark *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *hwpt_paging;
	int rc;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags & ~IOMMU_LIVEUPDATE_MARK_CLEAR || cmd->__reserved)
		return -EOPNOTSUPP;
	if (cmd->flags & IOMMU_LIVEUPDATE_MARK_CLEAR && cmd->token)
		return -EINVAL;

	hwpt_paging = iommufd_get_hwpt_paging(ucmd, cmd->hwpt_id);
	if (IS_ERR(hwpt_paging))
		return PTR_ERR(hwpt_paging);
	rc = iommufd_lu_mark_hwpt(ucmd->ictx, hwpt_paging, cmd);
	iommufd_put_object(ucmd->ictx, &hwpt_paging->common.obj);
	return rc;
}

static int iommufd_lu_describe(const struct iommufd_lu_hwpt *lu_hwpt,
			       struct iommu_liveupdate_query *cmd)
{
	struct iommu_liveupdate_stats stats = {};
	int rc;

	if (lu_hwpt->domain) {
		rc = iommu_liveupdate_get_stats(lu_hwpt->domain, &stats);
		if (rc)
			return rc;
		strscpy_pad((char *)cmd->out_format, stats.format,
			    sizeof(cmd->out_format));
	}
	cmd->out_state = lu_hwpt->state;
	cmd->out_token = lu_hwpt->token;
	cmd->out_hwpt_id = lu_hwpt->hwpt ? lu_hwpt->hwpt->common.obj.id : 0;
	cmd->out_ioas_id = lu_hwpt->hwpt ? lu_hwpt->hwpt->ioas->obj.id : 0;
	cmd->out_levels = stats.levels;
	cmd->out_table_pages = stats.nr_tables;
	cmd->out_mapped_bytes = stats.mapped_bytes;
	cmd->out_devices = stats.nr_devices;
	return 0;
}

static int iommufd_lu_describe_nth(struct iommufd_ctx *ictx,
				   struct iommu_liveupdate_query *cmd)
{
	struct iommufd_lu_hwpt *lu_hwpt;
	u32 index = 0;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (index++ == cmd->index)
			return iommufd_lu_describe(lu_hwpt, cmd);
	}
	return -ENOENT;
}

/**
 * iommufd_liveupdate_query() - ioctl(IOMMU_LIVEUPDATE_QUERY)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_liveupdate_query(struct iommufd_ucmd *ucmd)
{
	struct iommu_liveupdate_query *cmd = ucmd->cmd;
	int rc;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags)
		return -EOPNOTSUPP;

	memset(cmd->out_format, 0, sizeof(cmd->out_format));
	rc = iommufd_lu_describe_nth(ucmd->ictx, cmd);
	return rc ?: iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}
