// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live update of an iommufd: registration of the file handler with LUO. See the top
 * of liveupdate.c for the model.
 */
#include <linux/init.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/module.h>

#include "iommufd_private.h"

static bool iommufd_lu_can_preserve(struct liveupdate_file_handler *fh,
				    struct file *file)
{
	struct iommufd_ctx *ictx = iommufd_ctx_from_file(file);

	if (IS_ERR(ictx))
		return false;
	iommufd_ctx_put(ictx);
	return true;
}

static unsigned long iommufd_lu_get_id(struct file *file)
{
	return (unsigned long)file->private_data;
}

static const struct liveupdate_file_ops iommufd_lu_file_ops = {
	.can_preserve = iommufd_lu_can_preserve,
	.preserve = iommufd_lu_preserve,
	.unpreserve = iommufd_lu_unpreserve,
	.freeze = iommufd_lu_freeze,
	.retrieve = iommufd_lu_retrieve,
	.can_finish = iommufd_lu_can_finish,
	.finish = iommufd_lu_finish,
	.discard = iommufd_lu_discard,
	.get_id = iommufd_lu_get_id,
	.owner = THIS_MODULE,
};

static struct liveupdate_file_handler iommufd_lu_handler = {
	.ops = &iommufd_lu_file_ops,
	.compatible = IOMMUFD_LIVEUPDATE_FH_COMPATIBLE,
};

MODULE_ALIAS_LIVEUPDATE(IOMMUFD_LIVEUPDATE_FH_COMPATIBLE);

static const char iommufd_lu_layout[] = KHO_RECORD_LAYOUT("iommufd-context",
							  IOMMUFD_RECORD_CTX_VERSION);
static bool iommufd_lu_registered __ro_after_init;

static int __init iommufd_lu_register_handler(struct liveupdate_file_handler *fh)
{
	int rc = liveupdate_register_file_handler(fh);

	if (rc)
		return rc;
	rc = iommu_liveupdate_register_handler(fh);
	if (rc)
		liveupdate_unregister_file_handler(fh);
	return rc;
}

/**
 * iommufd_liveupdate_register() - Register the file handler of iommufd with LUO.
 *
 * Failure is logged; iommufd then works without live update.
 *
 * Context: Initialization, before an iommufd can be opened.
 */
void __init iommufd_liveupdate_register(void)
{
	int rc = iommufd_lu_register_handler(&iommufd_lu_handler);

	kho_record_register_layout(iommufd_lu_layout);
	iommufd_lu_registered = !rc;
	if (rc && rc != -EOPNOTSUPP)
		pr_err("iommufd: live update is not available (%pe)\n", ERR_PTR(rc));
}

/**
 * iommufd_liveupdate_unregister() - Undo iommufd_liveupdate_register().
 *
 * LUO holds a reference on the module for each file, so there is none.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_liveupdate_unregister(void)
{
	kho_record_unregister_layout(iommufd_lu_layout);
	if (iommufd_lu_registered)
		liveupdate_unregister_file_handler(&iommufd_lu_handler);
}
