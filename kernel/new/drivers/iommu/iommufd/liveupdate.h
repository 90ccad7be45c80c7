/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __IOMMUFD_LIVEUPDATE_PRIVATE_H
#define __IOMMUFD_LIVEUPDATE_PRIVATE_H

#include <linux/iommu-liveupdate.h>
#include <linux/list.h>
#include <linux/memfd_luo_hold.h>
#include <linux/mutex.h>
#include <uapi/linux/iommufd.h>

struct file;
struct file_operations;
struct io_pagetable;
struct iommu_domain;
struct iommufd_ctx;
struct iommufd_hwpt_paging;
struct iommufd_ioas;
struct iommufd_ucmd;
struct liveupdate_file_op_args;

/*
 * An HWPT that goes to the next kernel, came from the previous one, or both;
 * see the top of liveupdate.c.
 */
struct iommufd_lu_token {
	/* Head at iommufd_liveupdate::tokens */
	struct list_head item;
	struct iommufd_ctx *ictx;
	/* NULL while incoming or isolated */
	struct iommufd_hwpt_paging *hwpt;
	/* NULL while isolated */
	struct iommu_domain *domain;
	enum iommu_liveupdate_state state;
	/* IOMMUFD_HWPT_SER_* of an incoming one */
	u32 flags;
	u64 token;
};

/* Part of iommufd_ctx */
struct iommufd_liveupdate {
#ifdef CONFIG_IOMMUFD_LIVEUPDATE
	struct mutex lock; /* protects tokens and their states */
	struct list_head tokens; /* of struct iommufd_lu_token */
	/* In a session that is to be carried over the next kexec */
	bool preserved;
#endif
};

/* main.c, for a file that no open(2) made */
extern const struct file_operations iommufd_fops;

#ifdef CONFIG_IOMMUFD_LIVEUPDATE
/* What the rest of iommufd calls */
void iommufd_liveupdate_init(struct iommufd_ctx *ictx);
int iommufd_lu_adopt(struct iommufd_ucmd *ucmd);
int iommufd_lu_mark(struct iommufd_ucmd *ucmd);
int iommufd_lu_query(struct iommufd_ucmd *ucmd);
void iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging);
int iommufd_liveupdate_may_attach(struct iommufd_ctx *ictx);
int iopt_liveupdate_may_change(struct io_pagetable *iopt);

/* Between the files of live update */
struct iommufd_lu_token *iommufd_lu_find_token(struct iommufd_ctx *ictx, u64 token);
struct iommufd_lu_token *iommufd_lu_add_token(struct iommufd_ctx *ictx, u64 token);
void iommufd_lu_del_token(struct iommufd_lu_token *token);
int iommufd_lu_check_hwpt(struct iommufd_hwpt_paging *hwpt_paging);
int iommufd_lu_hold_ioas(struct iommufd_ioas *ioas, struct iommu_domain *domain,
			 const struct liveupdate_file_op_args *args);
void iommufd_lu_release_ioas(struct iommufd_ioas *ioas);
u64 iommufd_lu_mapped_bytes(struct iommufd_ioas *ioas);

int iommufd_lu_preserve(struct liveupdate_file_op_args *args);
void iommufd_lu_unpreserve(struct liveupdate_file_op_args *args);
int iommufd_lu_freeze(struct liveupdate_file_op_args *args);
int iommufd_lu_retrieve(struct liveupdate_file_op_args *args);
bool iommufd_lu_can_finish(struct liveupdate_file_op_args *args);
void iommufd_lu_finish(struct liveupdate_file_op_args *args);
void iommufd_lu_discard(struct liveupdate_file_op_args *args);
#else
static inline void iommufd_liveupdate_init(struct iommufd_ctx *ictx)
{
}

/* As if the ioctl was unknown */
static inline int iommufd_lu_adopt(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_lu_mark(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_lu_query(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline void
iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging)
{
}

static inline int iommufd_liveupdate_may_attach(struct iommufd_ctx *ictx)
{
	return 0;
}

static inline int iopt_liveupdate_may_change(struct io_pagetable *iopt)
{
	return 0;
}
#endif /* CONFIG_IOMMUFD_LIVEUPDATE */

#endif /* __IOMMUFD_LIVEUPDATE_PRIVATE_H */
