// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: the ioctl that reports the areas of an IOAS. A program that
 * saves another program's VM learns from it which memory the page table maps.
 */
#include <linux/cleanup.h>
#include <linux/fs.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kdev_t.h>
#include <linux/liveupdate.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

static u32 iommufd_lu_area_flags(const struct iopt_area *area)
{
	u32 flags = 0;

	if (area->iommu_prot & IOMMU_READ)
		flags |= IOMMU_LIVEUPDATE_AREA_READABLE;
	if (area->iommu_prot & IOMMU_WRITE)
		flags |= IOMMU_LIVEUPDATE_AREA_WRITEABLE;
	if (area->pages->type == IOPT_ADDRESS_FILE)
		flags |= IOMMU_LIVEUPDATE_AREA_FILE;
	return flags;
}

/* Device and inode number as stat() has them: each device has inode numbers of its own */
static void iommufd_lu_describe_file(struct iopt_area *area,
				     struct iommu_ioas_liveupdate_area *cmd)
{
	const struct inode *inode = file_inode(area->pages->file);

	cmd->out_dev = huge_encode_dev(inode->i_sb->s_dev);
	cmd->out_inode = inode->i_ino;
	cmd->out_offset = area->pages->start + iopt_area_start_byte(area, cmd->iova);
}

/* The first area that ends at @cmd->iova or later */
static int iommufd_lu_describe_area(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
				    struct iommu_ioas_liveupdate_area *cmd)
{
	struct iopt_area *area;

	guard(rwsem_read)(&ioas->iopt.iova_rwsem);

	area = iopt_area_iter_first(&ioas->iopt, cmd->iova, ULONG_MAX);
	if (!area)
		return -ENOENT;
	/* Its memory is still to be pinned */
	if (!area->pages)
		return -EBUSY;

	cmd->iova = iopt_area_iova(area);
	cmd->out_length = iopt_area_length(area);
	cmd->out_flags = iommufd_lu_area_flags(area);
	cmd->out_dev = 0;
	cmd->out_inode = 0;
	cmd->out_offset = 0;
	cmd->out_dev_id = 0;
	cmd->out_bar = 0;
	if (iopt_is_dmabuf(area->pages))
		iommufd_lu_describe_dmabuf(ictx, area, cmd);
	if (cmd->out_flags & IOMMU_LIVEUPDATE_AREA_FILE)
		iommufd_lu_describe_file(area, cmd);
	return 0;
}

/**
 * iommufd_liveupdate_area() - ioctl(IOMMU_IOAS_LIVEUPDATE_AREA)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0 or an error, see linux/iommufd.h.
 */
int iommufd_liveupdate_area(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_liveupdate_area *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	int rc;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags)
		return -EOPNOTSUPP;

	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iommufd_lu_describe_area(ucmd->ictx, ioas, cmd);
	iommufd_put_object(ucmd->ictx, &ioas->obj);
	return rc ?: iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}
