// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: MARK, QUERY, and the way to them and to ADOPT. See
 * the top of liveupdate.c for the model.
 */
#include <linux/build_bug.h>
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/liveupdate.h>
#include <linux/string.h>

#include "iommufd_private.h"

/**
 * iommufd_lu_check_hwpt() - Can an HWPT of this kind be carried?
 * @hwpt_paging: The HWPT
 *
 * An HWPT that was made by attaching to an IOAS goes away with its last
 * attachment, and a mark would silently go with it.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int iommufd_lu_check_hwpt(struct iommufd_hwpt_paging *hwpt_paging)
{
	if (hwpt_paging->auto_domain || hwpt_paging->nest_parent ||
	    hwpt_paging->common.fault || hwpt_paging->common.pasid_compat ||
	    hwpt_paging->common.domain->dirty_ops ||
	    !bitmap_empty(hwpt_paging->present_sw_msi.bitmap, 64))
		return -EOPNOTSUPP;
	return iommu_liveupdate_supported(hwpt_paging->common.domain);
}

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

static int iommufd_lu_mark(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_liveupdate_mark *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *hwpt_paging;
	int rc;

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

static int iommufd_lu_query(struct iommufd_ucmd *ucmd)
{
	struct iommu_liveupdate_query *cmd = ucmd->cmd;
	int rc;

	if (cmd->flags)
		return -EOPNOTSUPP;

	memset(cmd->out_format, 0, sizeof(cmd->out_format));
	rc = iommufd_lu_describe_nth(ucmd->ictx, cmd);
	return rc ?: iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}

union iommufd_lu_buffer {
	struct iommu_hwpt_liveupdate_mark mark;
	struct iommu_hwpt_liveupdate_adopt adopt;
	struct iommu_liveupdate_query query;
};

static const struct iommufd_lu_ioctl {
	unsigned int cmd;
	/* Also the size of the first version, which userspace must have */
	unsigned int size;
	int (*execute)(struct iommufd_ucmd *ucmd);
} iommufd_lu_ioctls[] = {
	{ IOMMU_HWPT_LIVEUPDATE_MARK, sizeof(struct iommu_hwpt_liveupdate_mark),
	  iommufd_lu_mark },
	{ IOMMU_HWPT_LIVEUPDATE_ADOPT, sizeof(struct iommu_hwpt_liveupdate_adopt),
	  iommufd_lu_adopt },
	{ IOMMU_LIVEUPDATE_QUERY, sizeof(struct iommu_liveupdate_query),
	  iommufd_lu_query },
};

static long iommufd_lu_execute(struct iommufd_ctx *ictx, void __user *arg,
			       const struct iommufd_lu_ioctl *op)
{
	union iommufd_lu_buffer buf;
	struct iommufd_ucmd ucmd = {
		.ictx = ictx,
		.ubuffer = arg,
		.cmd = &buf,
	};
	int rc;

	rc = get_user(ucmd.user_size, (u32 __user *)arg);
	if (rc)
		return rc;
	if (ucmd.user_size < op->size)
		return -EINVAL;
	rc = copy_struct_from_user(&buf, op->size, arg, ucmd.user_size);
	return rc ?: op->execute(&ucmd);
}

/**
 * iommufd_liveupdate_ioctl() - The ioctls of linux/iommufd_liveupdate.h
 * @ictx: The context
 * @cmd: Number of the ioctl, none of those in iommufd.h
 * @arg: Its argument
 *
 * Context: Process context, may sleep.
 * Return: What the ioctl returns; what iommufd_vfio_ioctl() does if the number is
 * not one of live update's, or if live update is off.
 */
long iommufd_liveupdate_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
			      unsigned long arg)
{
	const struct iommufd_lu_ioctl *op;

	for (op = iommufd_lu_ioctls;
	     op < iommufd_lu_ioctls + ARRAY_SIZE(iommufd_lu_ioctls); op++) {
		if (op->cmd == cmd && liveupdate_enabled())
			return iommufd_lu_execute(ictx, (void __user *)arg, op);
	}
	return iommufd_vfio_ioctl(ictx, cmd, arg);
}
