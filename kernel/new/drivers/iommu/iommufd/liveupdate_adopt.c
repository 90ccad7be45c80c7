// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: adoption
 *
 * Live update of an iommufd: ADOPT, by which an incoming domain gets its HWPT.
 * See the top of liveupdate.c for the model.
 *
 * The HWPT is made as any other, only that its domain is there already. Then the
 * domain is added to the IOAS as any other, only that the page table, instead of
 * mapping, compares with what it maps, and instead of unmapping does nothing. So
 * the rest of iommufd pins the memory, keeps its books and undoes them, and
 * knows nothing of it. The hardware is not involved.
 *
 * From before the comparison until the page table is an ordinary one the areas
 * of the IOAS must stay: an unmap in between would unpin memory that the table
 * goes on to map.
 */
#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/liveupdate.h>

#include "iommufd_private.h"

/* Undo iommufd_lu_compare() */
static void iommufd_lu_uncompare(struct iommufd_ioas *ioas,
				 struct iommu_domain *domain)
{
	iopt_table_remove_domain(&ioas->iopt, domain);
	iommu_liveupdate_adopt_abort(domain);
}

/*
 * After success the domain is one of the IOAS, and its page table is still held.
 * When comparing the IOAS with the table finds no difference, look for anything
 * in the table that the IOAS does not have.
 */
static int iommufd_lu_compare(struct iommufd_ioas *ioas, struct iommu_domain *domain,
			      struct iommu_hwpt_liveupdate_adopt *cmd)
{
	int rc, fill_rc;

	rc = iommu_liveupdate_adopt_begin(domain);
	if (rc)
		return rc;

	fill_rc = iopt_table_add_domain(&ioas->iopt, domain);
	if (fill_rc && fill_rc != -EBADE)
		goto err_abort;

	rc = iommu_liveupdate_adopt_verify(domain, &cmd->out_bad_iova,
					   &cmd->out_bytes);
	if (!fill_rc && !rc)
		return 0;
	if (!fill_rc) {
		iommufd_lu_uncompare(ioas, domain);
		return rc;
	}

err_abort:
	iommu_liveupdate_adopt_abort(domain);
	return fill_rc;
}

/* As iommufd_hwpt_paging_alloc() does it, but the domain exists */
static struct iommufd_hwpt_paging *
iommufd_lu_alloc_hwpt(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
		      const struct iommufd_lu_token *token)
{
	struct iommufd_hwpt_paging *hwpt_paging;

	lockdep_assert_held(&ioas->mutex);

	hwpt_paging = __iommufd_object_alloc(ictx, hwpt_paging,
					     IOMMUFD_OBJ_HWPT_PAGING, common.obj);
	if (IS_ERR(hwpt_paging))
		return hwpt_paging;

	INIT_LIST_HEAD(&hwpt_paging->hwpt_item);
	/* Pairs with iommufd_hwpt_paging_destroy() */
	refcount_inc(&ioas->obj.users);
	hwpt_paging->ioas = ioas;
	hwpt_paging->enforce_cache_coherency =
		token->flags & IOMMUFD_HWPT_SER_ENFORCE_CC;
	return hwpt_paging;
}

/* The comparison was good and userspace knows the id: cannot fail */
static void iommufd_lu_commit(struct iommufd_lu_token *token,
			      struct iommufd_hwpt_paging *hwpt_paging)
{
	struct iommu_domain *domain = token->domain;

	hwpt_paging->common.domain = domain;
	domain->iommufd_hwpt = &hwpt_paging->common;
	domain->cookie_type = IOMMU_COOKIE_IOMMUFD;
	list_add_tail(&hwpt_paging->hwpt_item, &hwpt_paging->ioas->hwpt_list);
	iommu_liveupdate_adopt_commit(domain);

	hwpt_paging->lu_token = token;
	token->hwpt = hwpt_paging;
	token->state = IOMMU_LIVEUPDATE_ADOPTED;
	/* Put by finish */
	refcount_inc(&hwpt_paging->common.obj.users);
	iommufd_object_finalize(token->ictx, &hwpt_paging->common.obj);
}

static int iommufd_lu_adopt_into(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
				 struct iommufd_lu_token *token)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *hwpt_paging;
	int rc;

	hwpt_paging = iommufd_lu_alloc_hwpt(ucmd->ictx, ioas, token);
	if (IS_ERR(hwpt_paging))
		return PTR_ERR(hwpt_paging);

	rc = iommufd_lu_compare(ioas, token->domain, cmd);
	if (rc)
		goto err_abort;

	cmd->out_hwpt_id = hwpt_paging->common.obj.id;
	rc = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	if (rc)
		goto err_uncompare;

	iommufd_lu_commit(token, hwpt_paging);
	return 0;

err_uncompare:
	iommufd_lu_uncompare(ioas, token->domain);
err_abort:
	/* It has no domain yet that could be freed */
	iommufd_object_abort_and_destroy(ucmd->ictx, &hwpt_paging->common.obj);
	return rc;
}

static int iommufd_lu_verify(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
			     struct iommufd_lu_token *token)
{
	int rc;

	rc = iommufd_lu_compare(ioas, token->domain, ucmd->cmd);
	if (rc)
		return rc;
	iommufd_lu_uncompare(ioas, token->domain);
	return iommufd_ucmd_respond(ucmd, sizeof(struct iommu_hwpt_liveupdate_adopt));
}

static struct iommufd_lu_token *iommufd_lu_find_incoming(struct iommufd_ctx *ictx,
							 u64 name)
{
	struct iommufd_lu_token *token = iommufd_lu_find_token(ictx, name);

	if (!token)
		return ERR_PTR(-ENOENT);
	switch (token->state) {
	case IOMMU_LIVEUPDATE_INCOMING:
		return token;
	case IOMMU_LIVEUPDATE_ADOPTED:
		return ERR_PTR(-EALREADY);
	case IOMMU_LIVEUPDATE_ISOLATED:
		return ERR_PTR(-EIO);
	default:
		return ERR_PTR(-ENOENT);
	}
}

static int iommufd_lu_adopt_held(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
				 struct iommufd_lu_token *token)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	int rc;

	guard(mutex)(&ioas->mutex);

	rc = iommufd_lu_hold_ioas(ioas, NULL, NULL);
	if (rc)
		return rc;
	if (cmd->flags & IOMMU_LIVEUPDATE_ADOPT_VERIFY)
		rc = iommufd_lu_verify(ucmd, ioas, token);
	else
		rc = iommufd_lu_adopt_into(ucmd, ioas, token);
	iommufd_lu_release_ioas(ioas);
	return rc;
}

/* A table that is damaged may translate to anything, so its devices must stop */
static void iommufd_lu_isolate(struct iommufd_lu_token *token)
{
	pr_err_ratelimited("HWPT with token %llu has a damaged table, its devices are cut off\n",
			   token->token);
	iommu_liveupdate_cut_off_domain(token->domain);
	token->domain = NULL;
	token->state = IOMMU_LIVEUPDATE_ISOLATED;
}

static int iommufd_lu_adopt_token(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_lu_token *token;
	int rc;

	guard(mutex)(&ucmd->ictx->liveupdate.lock);

	token = iommufd_lu_find_incoming(ucmd->ictx, cmd->token);
	if (IS_ERR(token))
		return PTR_ERR(token);
	rc = iommufd_lu_adopt_held(ucmd, ioas, token);
	if (rc == -EIO)
		iommufd_lu_isolate(token);
	return rc;
}

/**
 * iommufd_lu_adopt() - ioctl(IOMMU_HWPT_LIVEUPDATE_ADOPT)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT, -EALREADY, -EBADE and -EIO as linux/iommufd.h
 * says; -EBUSY if the IOAS is being changed; -ENOMEM and what else adding a
 * domain to an IOAS may return.
 */
int iommufd_lu_adopt(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	int rc;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags & ~IOMMU_LIVEUPDATE_ADOPT_VERIFY)
		return -EOPNOTSUPP;
	cmd->out_hwpt_id = 0;
	cmd->out_bad_iova = 0;
	cmd->out_bytes = 0;

	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iommufd_lu_adopt_token(ucmd, ioas);
	iommufd_put_object(ucmd->ictx, &ioas->obj);

	if (rc == -EBADE && iommufd_ucmd_respond(ucmd, sizeof(*cmd)))
		return -EFAULT;
	return rc;
}
