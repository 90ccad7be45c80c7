// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: the old kernel
 *
 * Live update of an iommufd, old kernel: the file handler's preserve, unpreserve
 * and freeze. See the top of liveupdate.c for the model.
 *
 * Preserving an HWPT takes a user of it, makes its IOAS immutable and preserves
 * its domain, in this order. An IOAS counts how many of its HWPTs are preserved
 * and can be changed again when that is none. The record of the context is
 * complete when preserve returns, since nothing it tells can change after that.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/memfd.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

static int iommufd_lu_preserve_hwpt(struct iommufd_lu_token *token,
				    const struct liveupdate_file_op_args *args,
				    struct iommufd_ctx_ser *ser)
{
	struct iommufd_hwpt_paging *hwpt_paging = token->hwpt;
	struct iommufd_hwpt_ser *hwpt_ser;
	u32 id;
	int rc;

	/* If it is being destroyed, that waits for us to take the mark off */
	if (iommufd_try_inc_users(token->ictx, &hwpt_paging->common.obj))
		return 0;

	rc = ser->nr_hwpts < IOMMUFD_CTX_SER_MAX_HWPTS ? 0 : -E2BIG;
	if (!rc)
		rc = iommufd_lu_check_hwpt(hwpt_paging);
	if (!rc)
		rc = iommufd_lu_hold_ioas(hwpt_paging->ioas, token->domain, args);
	if (rc)
		goto err_users;
	rc = iommu_liveupdate_preserve_domain(token->domain,
					      iommufd_lu_mapped_bytes(hwpt_paging->ioas),
					      virt_to_phys(ser), &id);
	if (rc)
		goto err_release;

	hwpt_ser = &ser->hwpts[ser->nr_hwpts++];
	hwpt_ser->token = token->token;
	hwpt_ser->domain = id;
	if (hwpt_paging->enforce_cache_coherency)
		hwpt_ser->flags |= IOMMUFD_HWPT_SER_ENFORCE_CC;
	token->state = IOMMU_LIVEUPDATE_PRESERVED;
	return 0;

err_release:
	iommufd_lu_release_ioas(hwpt_paging->ioas);
err_users:
	refcount_dec(&hwpt_paging->common.obj.users);
	return rc;
}

static void iommufd_lu_unpreserve_hwpts(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_token *token;

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->state != IOMMU_LIVEUPDATE_PRESERVED)
			continue;
		iommu_liveupdate_unpreserve_domain(token->domain);
		iommufd_lu_release_ioas(token->hwpt->ioas);
		token->state = IOMMU_LIVEUPDATE_MARKED;
		refcount_dec(&token->hwpt->common.obj.users);
	}
}

static int iommufd_lu_preserve_hwpts(struct iommufd_ctx *ictx,
				     const struct liveupdate_file_op_args *args,
				     struct iommufd_ctx_ser *ser)
{
	struct iommufd_lu_token *token;
	int rc;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		rc = iommufd_lu_preserve_hwpt(token, args, ser);
		if (rc) {
			iommufd_lu_unpreserve_hwpts(ictx);
			return rc;
		}
	}
	if (!ser->nr_hwpts)
		return -ENODATA;
	WRITE_ONCE(ictx->liveupdate.preserved, true);
	return 0;
}

/**
 * iommufd_lu_preserve() - Carry all marked HWPTs of a context
 * @args: Of the file handler
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: 0, -ENODATA if no HWPT is marked, -EBUSY if a map is in progress,
 * -EOPNOTSUPP if an IOAS maps memory that is not of a memfd or an HWPT has
 * become one that cannot be carried, -EPERM if a memfd is not sealed, -ENOENT if
 * a memfd is not in the session, -ESTALE if it has lost pages that are mapped,
 * -E2BIG if there are too many HWPTs; and the
 * errors of iommu_liveupdate_preserve_domain().
 */
int iommufd_lu_preserve(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx *ictx = args->file->private_data;
	struct iommufd_ctx_ser *ser;
	int rc;

	ser = kho_record_alloc(IOMMUFD_RECORD_CTX, IOMMUFD_RECORD_CTX_VERSION,
			       sizeof(*ser));
	if (IS_ERR(ser))
		return PTR_ERR(ser);

	rc = iommufd_lu_preserve_hwpts(ictx, args, ser);
	if (rc) {
		kho_record_free(ser);
		return rc;
	}
	kho_record_seal(ser);
	args->serialized_data = virt_to_phys(ser);
	args->private_data = ser;
	return 0;
}

/**
 * iommufd_lu_unpreserve() - Undo iommufd_lu_preserve()
 * @args: Of the file handler
 *
 * Context: LUO's session mutex is held, may sleep. Cannot fail.
 */
void iommufd_lu_unpreserve(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx *ictx = args->file->private_data;

	scoped_guard(mutex, &ictx->liveupdate.lock) {
		iommufd_lu_unpreserve_hwpts(ictx);
		WRITE_ONCE(ictx->liveupdate.preserved, false);
	}
	kho_record_free(args->private_data);
}

/**
 * iommufd_lu_freeze() - Last check before kexec
 * @args: Of the file handler
 *
 * Nothing can have changed since preserve, and the record is sealed already.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0 or an error of iommu_liveupdate_freeze_domain().
 */
int iommufd_lu_freeze(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx *ictx = args->file->private_data;
	struct iommufd_lu_token *token;
	int rc;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->state != IOMMU_LIVEUPDATE_PRESERVED)
			continue;
		rc = iommu_liveupdate_freeze_domain(token->domain);
		if (rc)
			return rc;
	}
	return 0;
}
