// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: adoption
 *
 * Live update of an iommufd: the ioctl ADOPT, which makes an HWPT of an incoming
 * domain. See the top of liveupdate.c for the model.
 *
 * The HWPT is allocated as usual, only its domain exists already. Then the domain is
 * added to the IOAS as usual, only that batch_to_domain() compares a batch of memory with
 * the page table in place of mapping it, and unmap does nothing. The rest of iommufd pins
 * the memory, accounts for it and undoes both without a special case. The hardware is not
 * involved.
 *
 * The IOAS stays immutable from before the comparison until the page table is an
 * ordinary one: an unmap in between would unpin memory that the table still maps.
 */
#define pr_fmt(fmt) "iommufd: " fmt

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
 * On success the domain is part of the IOAS, and its page table is still read-only.
 * Adding the domain compares each mapping of the IOAS with the table; the verification
 * then looks for leaves that the IOAS does not have.
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

/* Cannot fail: the comparison succeeded */
static void iommufd_lu_commit(struct iommufd_lu_hwpt *lu_hwpt,
			      struct iommufd_hwpt_paging *hwpt_paging)
{
	list_add_tail(&hwpt_paging->hwpt_item, &hwpt_paging->ioas->hwpt_list);
	iommufd_lu_own(lu_hwpt, hwpt_paging, IOMMU_LIVEUPDATE_ADOPTED);
	iommu_liveupdate_adopt_commit(lu_hwpt->domain);
	iommufd_object_finalize(lu_hwpt->ictx, &hwpt_paging->common.obj);
}

static int iommufd_lu_adopt_into(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
				 struct iommufd_lu_hwpt *lu_hwpt)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *hwpt_paging;
	int rc;

	lockdep_assert_held(&ioas->mutex);
	hwpt_paging = iommufd_lu_alloc_hwpt(lu_hwpt, ioas);
	if (IS_ERR(hwpt_paging))
		return PTR_ERR(hwpt_paging);

	rc = iommufd_lu_compare(ioas, lu_hwpt->domain, cmd);
	if (rc)
		goto err_abort;

	cmd->out_hwpt_id = hwpt_paging->common.obj.id;
	iommufd_lu_commit(lu_hwpt, hwpt_paging);
	return 0;

err_abort:
	/* The HWPT has no domain yet that would be freed with it */
	iommufd_object_abort_and_destroy(ucmd->ictx, &hwpt_paging->common.obj);
	return rc;
}

static int iommufd_lu_verify(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas,
			     struct iommufd_lu_hwpt *lu_hwpt)
{
	int rc;

	rc = iommufd_lu_compare(ioas, lu_hwpt->domain, ucmd->cmd);
	if (!rc)
		iommufd_lu_uncompare(ioas, lu_hwpt->domain);
	return rc;
}

static struct iommufd_lu_hwpt *iommufd_lu_find_incoming(struct iommufd_ctx *ictx,
							u64 token)
{
	struct iommufd_lu_hwpt *lu_hwpt = iommufd_lu_find(ictx, token);

	if (!lu_hwpt)
		return ERR_PTR(-ENOENT);
	switch (lu_hwpt->state) {
	case IOMMU_LIVEUPDATE_INCOMING:
		return lu_hwpt;
	case IOMMU_LIVEUPDATE_ADOPTED:
	case IOMMU_LIVEUPDATE_RESTORED:
		return ERR_PTR(-EALREADY);
	case IOMMU_LIVEUPDATE_ISOLATED:
		return ERR_PTR(-EIO);
	default:
		return ERR_PTR(-ENOENT);
	}
}

static int iommufd_lu_adopt_immutable(struct iommufd_ucmd *ucmd,
				      struct iommufd_ioas *ioas,
				      struct iommufd_lu_hwpt *lu_hwpt)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	int rc;

	guard(mutex)(&ioas->mutex);

	rc = iommufd_lu_make_immutable(ioas, NULL, NULL);
	if (rc)
		return rc;
	/* To pin such memory may wait for its owner, and DISCARD for the locks held here */
	if (iommufd_lu_find_foreign(ioas, &cmd->out_bad_iova))
		rc = -EBADE;
	else if (cmd->flags & IOMMU_LIVEUPDATE_ADOPT_VERIFY)
		rc = iommufd_lu_verify(ucmd, ioas, lu_hwpt);
	else
		rc = iommufd_lu_adopt_into(ucmd, ioas, lu_hwpt);
	iommufd_lu_make_mutable(ioas);
	return rc;
}

/* A damaged table may translate to any address, so its devices are isolated */
static int iommufd_lu_isolate(struct iommufd_lu_hwpt *lu_hwpt, int rc, const char *reason)
{
	pr_err_ratelimited("HWPT with token %llu: not adopted: %s\n", lu_hwpt->token,
			   reason);
	iommu_liveupdate_isolate_domain(lu_hwpt->domain);
	lu_hwpt->domain = NULL;
	lu_hwpt->state = IOMMU_LIVEUPDATE_ISOLATED;
	return rc;
}

/* @ioas is NULL for an HWPT without an IOAS */
static int iommufd_lu_adopt_token(struct iommufd_ucmd *ucmd, struct iommufd_ioas *ioas)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_lu_hwpt *lu_hwpt;
	int rc;

	guard(mutex)(&ucmd->ictx->liveupdate.lock);

	lu_hwpt = iommufd_lu_find_incoming(ucmd->ictx, cmd->token);
	if (IS_ERR(lu_hwpt))
		return PTR_ERR(lu_hwpt);
	if (!ioas)
		return iommufd_lu_take(lu_hwpt, &cmd->out_hwpt_id);
	rc = iommufd_lu_adopt_immutable(ucmd, ioas, lu_hwpt);
	if (rc == -EUCLEAN)
		return iommufd_lu_isolate(lu_hwpt, -EIO, "restored page table is damaged");
	return rc;
}

static int iommufd_lu_adopt_ioas(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	struct iommufd_ioas *ioas;
	int rc;

	if (cmd->flags & IOMMU_LIVEUPDATE_ADOPT_NO_IOAS)
		return cmd->ioas_id ? -EINVAL : iommufd_lu_adopt_token(ucmd, NULL);
	ioas = iommufd_get_ioas(ucmd->ictx, cmd->ioas_id);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	rc = iommufd_lu_adopt_token(ucmd, ioas);
	iommufd_put_object(ucmd->ictx, &ioas->obj);
	return rc;
}

/**
 * iommufd_liveupdate_adopt() - ioctl(IOMMU_HWPT_LIVEUPDATE_ADOPT)
 * @ucmd: The ioctl's argument
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT, -EALREADY, -EBADE and -EIO as in linux/iommufd.h; -EBUSY if the
 * IOAS is being changed; -EINVAL if an IOAS is named for an HWPT without one; -ENOMEM
 * and other errors of adding a domain to an IOAS; -EFAULT if the answer cannot be
 * written, which undoes nothing.
 */
int iommufd_liveupdate_adopt(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_liveupdate_adopt *cmd = ucmd->cmd;
	int rc;

	if (!liveupdate_enabled())
		return -ENOIOCTLCMD;
	if (cmd->flags && cmd->flags != IOMMU_LIVEUPDATE_ADOPT_VERIFY &&
	    cmd->flags != IOMMU_LIVEUPDATE_ADOPT_NO_IOAS)
		return -EOPNOTSUPP;
	cmd->out_hwpt_id = 0;
	cmd->out_bad_iova = 0;
	cmd->out_bytes = 0;

	rc = iommufd_lu_adopt_ioas(ucmd);

	/* No lock is held: the page may be one that its owner does not deliver */
	if ((!rc || rc == -EBADE) && iommufd_ucmd_respond(ucmd, sizeof(*cmd)))
		return -EFAULT;
	return rc;
}
