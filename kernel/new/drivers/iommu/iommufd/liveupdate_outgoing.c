// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: outgoing side
 *
 * Live update of an iommufd, outgoing side: preserve, unpreserve and freeze of the
 * file handler. See the top of liveupdate.c for the model.
 *
 * Preserving an HWPT takes a user of it, makes its IOAS immutable and preserves its
 * domain, in this order. An IOAS counts its preserved HWPTs and becomes mutable again
 * when the count is zero. The record of the context is complete when preserve returns,
 * because its contents cannot change after that.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/io.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>

#include "iommufd_private.h"

static int iommufd_lu_refuse_ctx(int rc, const char *reason)
{
	pr_info_ratelimited("not preserved: %s\n", reason);
	return rc;
}

static int iommufd_lu_preserve_domain(struct iommufd_lu_hwpt *lu_hwpt,
				      struct iommufd_ctx_ser *ser)
{
	struct iommufd_hwpt_ser *hwpt_ser;
	u32 id;
	int rc;

	rc = iommu_liveupdate_preserve_domain(lu_hwpt->domain,
					      iommufd_lu_mapped_bytes(lu_hwpt->hwpt->ioas),
					      virt_to_phys(ser), &id);
	if (rc)
		return rc;

	hwpt_ser = &ser->hwpts[ser->nr_hwpts++];
	hwpt_ser->token = lu_hwpt->token;
	hwpt_ser->domain = id;
	if (lu_hwpt->hwpt->enforce_cache_coherency)
		hwpt_ser->flags |= IOMMUFD_HWPT_SER_ENFORCE_CC;
	if (lu_hwpt->hwpt->common.pasid_compat)
		hwpt_ser->flags |= IOMMUFD_HWPT_SER_PASID;
	lu_hwpt->state = IOMMU_LIVEUPDATE_PRESERVED;
	return 0;
}

static int iommufd_lu_preserve_hwpt(struct iommufd_lu_hwpt *lu_hwpt,
				    const struct liveupdate_file_op_args *args,
				    struct iommufd_ctx_ser *ser)
{
	struct iommufd_hwpt_paging *hwpt_paging = lu_hwpt->hwpt;
	int rc;

	/* An HWPT that is being destroyed waits for the lock to remove its mark */
	if (iommufd_try_inc_users(lu_hwpt->ictx, &hwpt_paging->common.obj))
		return 0;

	rc = iommufd_lu_check_hwpt(hwpt_paging);
	if (!rc && !iommufd_lu_has_device(lu_hwpt->ictx, lu_hwpt->domain))
		rc = iommufd_lu_refuse(&hwpt_paging->common.obj, -ENODEV,
				       "no device is attached to the HWPT");
	if (!rc && liveupdate_charge_records(args, 1))
		rc = iommufd_lu_refuse_ctx(-EDQUOT, "session has too many records");
	if (!rc)
		rc = iommufd_lu_make_immutable(hwpt_paging->ioas, lu_hwpt->domain, args);
	if (rc)
		goto err_users;
	rc = iommufd_lu_preserve_domain(lu_hwpt, ser);
	if (rc)
		goto err_mutable;
	return 0;

err_mutable:
	iommufd_lu_make_mutable(hwpt_paging->ioas);
err_users:
	refcount_dec(&hwpt_paging->common.obj.users);
	return rc;
}

static void iommufd_lu_unpreserve_hwpts(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->state != IOMMU_LIVEUPDATE_PRESERVED)
			continue;
		iommu_liveupdate_unpreserve_domain(lu_hwpt->domain);
		iommufd_lu_make_mutable(lu_hwpt->hwpt->ioas);
		lu_hwpt->state = IOMMU_LIVEUPDATE_MARKED;
		refcount_dec(&lu_hwpt->hwpt->common.obj.users);
	}
}

static int iommufd_lu_preserve_hwpts(struct iommufd_ctx *ictx,
				     const struct liveupdate_file_op_args *args,
				     struct iommufd_ctx_ser *ser)
{
	struct iommufd_lu_hwpt *lu_hwpt;
	int rc;

	guard(mutex)(&ictx->liveupdate.lock);

	if (list_count_nodes(&ictx->liveupdate.hwpts) > IOMMUFD_CTX_SER_MAX_HWPTS)
		return iommufd_lu_refuse_ctx(-E2BIG, "too many HWPTs are marked");
	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		rc = iommufd_lu_preserve_hwpt(lu_hwpt, args, ser);
		if (rc) {
			iommufd_lu_unpreserve_hwpts(ictx);
			return rc;
		}
	}
	if (!ser->nr_hwpts)
		return iommufd_lu_refuse_ctx(-ENODATA, "no HWPT is marked");
	WRITE_ONCE(ictx->liveupdate.preserved, true);
	return 0;
}

/**
 * iommufd_lu_preserve() - Preserve all marked HWPTs of a context
 * @args: LUO's argument
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: 0; -ENODATA if no HWPT is marked; -ENODEV if no device is attached to one;
 * -E2BIG if there are too many; -EDQUOT if the session has too many records; -EBUSY if
 * a map or unmap is in progress, or dirty tracking is on; -EOPNOTSUPP if an IOAS maps
 * memory that is not from a memfd, or an HWPT cannot be preserved since it was marked;
 * -ENOENT if a memfd is not in the session; -ESTALE if a mapped page is no longer part
 * of its memfd; -EFAULT if a table does not map all of its IOAS; and the errors of
 * kho_record_alloc() and iommu_liveupdate_preserve_domain(). On error nothing has
 * changed.
 */
int iommufd_lu_preserve(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx *ictx = args->file->private_data;
	struct iommufd_ctx_ser *ser;
	int rc;

	if (liveupdate_charge_records(args, 1))
		return iommufd_lu_refuse_ctx(-EDQUOT, "session has too many records");
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
 * @args: LUO's argument
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
 * @args: LUO's argument
 *
 * There is no unfreeze: the record does not change after preserve and is sealed.
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0, -EBUSY if an ioctl of the context is in progress, or an error of
 * iommu_liveupdate_freeze_domain() or iommufd_lu_freeze_ioas().
 */
int iommufd_lu_freeze(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx *ictx = args->file->private_data;
	struct iommufd_lu_hwpt *lu_hwpt;
	int rc;

	ACQUIRE(mutex_try, lock)(&ictx->liveupdate.lock);
	if (ACQUIRE_ERR(mutex_try, &lock))
		return -EBUSY;

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->state != IOMMU_LIVEUPDATE_PRESERVED)
			continue;
		rc = iommu_liveupdate_freeze_domain(lu_hwpt->domain) ?:
		     iommufd_lu_freeze_ioas(lu_hwpt->hwpt->ioas, args);
		if (rc)
			return rc;
	}
	return 0;
}
