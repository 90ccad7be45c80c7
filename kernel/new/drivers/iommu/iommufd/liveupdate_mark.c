// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: MARK and QUERY. See the top of liveupdate.c for the
 * model.
 */
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/string.h>

#include "iommufd_private.h"

static int iommufd_lu_clear_mark(struct iommufd_hwpt_paging *hwpt_paging)
{
	struct iommufd_lu_token *token = hwpt_paging->lu_token;

	if (!token)
		return 0;
	if (token->state != IOMMU_LIVEUPDATE_MARKED)
		return -EBUSY;
	iommufd_lu_del_token(token);
	return 0;
}

static int iommufd_lu_rename(struct iommufd_lu_token *token, u64 name)
{
	if (token->state != IOMMU_LIVEUPDATE_MARKED)
		return -EBUSY;
	token->token = name;
	return 0;
}

static int iommufd_lu_set_mark(struct iommufd_ctx *ictx,
			       struct iommufd_hwpt_paging *hwpt_paging, u64 name)
{
	struct iommufd_lu_token *token;
	int rc;

	rc = iommufd_lu_check_hwpt(hwpt_paging);
	if (rc)
		return rc;
	token = iommufd_lu_find_token(ictx, name);
	if (token)
		return token->hwpt == hwpt_paging ? 0 : -EEXIST;
	token = hwpt_paging->lu_token;
	if (token)
		return iommufd_lu_rename(token, name);

	token = iommufd_lu_add_token(ictx, name);
	if (!token)
		return -ENOMEM;
	token->hwpt = hwpt_paging;
	token->domain = hwpt_paging->common.domain;
	token->state = IOMMU_LIVEUPDATE_MARKED;
	hwpt_paging->lu_token = token;
	return 0;
}

static int iommufd_lu_mark_hwpt(struct iommufd_ctx *ictx,
				struct iommufd_hwpt_paging *hwpt_paging,
				const struct iommu_hwpt_liveupdate_mark *cmd)
{
	guard(mutex)(&ictx->liveupdate.lock);

	if (ictx->liveupdate.preserved)
		return -EBUSY;
	if (cmd->flags & IOMMU_LIVEUPDATE_MARK_CLEAR)
		return iommufd_lu_clear_mark(hwpt_paging);
	return iommufd_lu_set_mark(ictx, hwpt_paging, cmd->token);
}

/**
 * iommufd_lu_mark() - ioctl(IOMMU_HWPT_LIVEUPDATE_MARK)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_lu_mark(struct iommufd_ucmd *ucmd)
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

static int iommufd_lu_describe(const struct iommufd_lu_token *token,
			       struct iommu_liveupdate_query *cmd)
{
	struct iommu_liveupdate_stats stats = {};
	int rc;

	if (token->domain) {
		rc = iommu_liveupdate_get_stats(token->domain, &stats);
		if (rc)
			return rc;
		strscpy_pad((char *)cmd->out_format, stats.format,
			    sizeof(cmd->out_format));
	}
	cmd->out_state = token->state;
	cmd->out_token = token->token;
	cmd->out_hwpt_id = token->hwpt ? token->hwpt->common.obj.id : 0;
	cmd->out_ioas_id = token->hwpt ? token->hwpt->ioas->obj.id : 0;
	cmd->out_levels = stats.levels;
	cmd->out_table_pages = stats.nr_tables;
	cmd->out_mapped_bytes = stats.mapped_bytes;
	cmd->out_devices = stats.nr_devices;
	return 0;
}

static int iommufd_lu_describe_nth(struct iommufd_ctx *ictx,
				   struct iommu_liveupdate_query *cmd)
{
	struct iommufd_lu_token *token;
	u32 index = 0;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (index++ == cmd->index)
			return iommufd_lu_describe(token, cmd);
	}
	return -ENOENT;
}

/**
 * iommufd_lu_query() - ioctl(IOMMU_LIVEUPDATE_QUERY)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_lu_query(struct iommufd_ucmd *ucmd)
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
