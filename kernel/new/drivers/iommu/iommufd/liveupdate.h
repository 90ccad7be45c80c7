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
struct iopt_area;
struct iopt_pages;
struct iommu_domain;
struct iommufd_ctx;
struct iommufd_device;
struct iommufd_hw_pagetable;
struct iommufd_hwpt_paging;
struct iommufd_ioas;
struct iommufd_object;
struct iommufd_ucmd;
struct liveupdate_file_op_args;

/*
 * A marked or an incoming HWPT; see the top of liveupdate.c. Protected by
 * iommufd_liveupdate::lock.
 */
struct iommufd_lu_hwpt {
	/* Head at iommufd_liveupdate::hwpts */
	struct list_head item;
	struct iommufd_ctx *ictx;
	/* NULL while incoming or isolated */
	struct iommufd_hwpt_paging *hwpt;
	/* NULL while isolated */
	struct iommu_domain *domain;
	enum iommu_liveupdate_state state;
	/* Incoming: IOMMUFD_HWPT_SER_* */
	u32 flags;
	/* The name that userspace gave it, unique in the context */
	u64 token;
};

/* Part of iommufd_ctx */
struct iommufd_liveupdate {
#ifdef CONFIG_IOMMUFD_LIVEUPDATE
	struct mutex lock; /* protects hwpts and their members */
	struct list_head hwpts; /* of struct iommufd_lu_hwpt */
	/* In a session that goes along with the next kexec */
	bool preserved;
	/* That of HWPTs without an IOAS: empty, and no id leads to it. NULL if unused */
	struct iommufd_ioas *no_ioas;
#endif
};

/* main.c, for a file that is not made by open(2) */
extern const struct file_operations iommufd_fops;

#ifdef CONFIG_IOMMUFD_LIVEUPDATE
/* For the rest of iommufd */
void iommufd_liveupdate_register(void);
void iommufd_liveupdate_unregister(void);
void iommufd_liveupdate_init(struct iommufd_ctx *ictx);
void iommufd_liveupdate_release(struct iommufd_ctx *ictx);
void iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging);
int iommufd_liveupdate_may_attach(struct iommufd_device *idev, u32 pasid,
				  struct iommufd_hw_pagetable *hwpt);
int iopt_liveupdate_may_change(struct io_pagetable *iopt);
int iommufd_liveupdate_adopt(struct iommufd_ucmd *ucmd);
int iommufd_liveupdate_area(struct iommufd_ucmd *ucmd);
int iommufd_liveupdate_mark(struct iommufd_ucmd *ucmd);
int iommufd_liveupdate_query(struct iommufd_ucmd *ucmd);
int iommufd_liveupdate_may_replace(struct iommufd_ucmd *ucmd);

/* liveupdate.c */
int iommufd_lu_refuse(const struct iommufd_object *obj, int rc, const char *reason);
struct iommufd_lu_hwpt *iommufd_lu_find(struct iommufd_ctx *ictx, u64 token);
struct iommufd_lu_hwpt *iommufd_lu_add(struct iommufd_ctx *ictx, u64 token);
void iommufd_lu_del(struct iommufd_lu_hwpt *lu_hwpt);
int iommufd_lu_check_hwpt(struct iommufd_hwpt_paging *hwpt_paging);
bool iommufd_lu_has_device(struct iommufd_ctx *ictx, const struct iommu_domain *domain);

/* liveupdate_replace.c */
bool iommufd_lu_has_ioas(const struct iommufd_hwpt_paging *hwpt_paging);
int iommufd_lu_take(struct iommufd_lu_hwpt *lu_hwpt, u32 *hwpt_id);
struct iommufd_hwpt_paging *iommufd_lu_alloc_hwpt(const struct iommufd_lu_hwpt *lu_hwpt,
						  struct iommufd_ioas *ioas);
void iommufd_lu_own(struct iommufd_lu_hwpt *lu_hwpt, struct iommufd_hwpt_paging *hwpt_paging,
		    enum iommu_liveupdate_state state);

/* liveupdate_ioas.c */
int iommufd_lu_make_immutable(struct iommufd_ioas *ioas, struct iommu_domain *domain,
			      const struct liveupdate_file_op_args *args);
void iommufd_lu_make_mutable(struct iommufd_ioas *ioas);
bool iommufd_lu_find_foreign(struct iommufd_ioas *ioas, u64 *iova);
u64 iommufd_lu_mapped_bytes(struct iommufd_ioas *ioas);

/* liveupdate_dmabuf.c */
bool iommufd_lu_is_revoked(struct iopt_pages *pages);
void iommufd_lu_describe_dmabuf(struct iommufd_ctx *ictx, struct iopt_area *area,
				struct iommu_ioas_liveupdate_area *cmd);
int iommufd_lu_freeze_ioas(struct iommufd_ioas *ioas,
			   const struct liveupdate_file_op_args *args);

/* liveupdate_outgoing.c, the file handler before the kexec */
int iommufd_lu_preserve(struct liveupdate_file_op_args *args);
void iommufd_lu_unpreserve(struct liveupdate_file_op_args *args);
int iommufd_lu_freeze(struct liveupdate_file_op_args *args);

/* liveupdate_incoming.c, the file handler after the kexec */
int iommufd_lu_retrieve(struct liveupdate_file_op_args *args);
bool iommufd_lu_can_finish(struct liveupdate_file_op_args *args);
void iommufd_lu_finish(struct liveupdate_file_op_args *args);
void iommufd_lu_discard(struct liveupdate_file_op_args *args);
#else
static inline void iommufd_liveupdate_register(void)
{
}

static inline void iommufd_liveupdate_unregister(void)
{
}

static inline void iommufd_liveupdate_init(struct iommufd_ctx *ictx)
{
}

static inline void iommufd_liveupdate_release(struct iommufd_ctx *ictx)
{
}

static inline void
iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging)
{
}

static inline int iommufd_liveupdate_may_attach(struct iommufd_device *idev, u32 pasid,
						struct iommufd_hw_pagetable *hwpt)
{
	return 0;
}

static inline int iopt_liveupdate_may_change(struct io_pagetable *iopt)
{
	return 0;
}

/* The ioctls are unknown then: ENOTTY for userspace */
static inline int iommufd_liveupdate_adopt(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_liveupdate_area(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_liveupdate_mark(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_liveupdate_query(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static inline int iommufd_liveupdate_may_replace(struct iommufd_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}
#endif /* CONFIG_IOMMUFD_LIVEUPDATE */

#endif /* __IOMMUFD_LIVEUPDATE_PRIVATE_H */
