// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd
 *
 * Live update of an iommufd: carry its marked HWPTs over a kexec.
 *
 * Each HWPT that takes part has a token, userspace's name for it. All tokens of
 * a context are on one list, with a state::
 *
 *   MARK -> marked -> preserved -> kexec -> incoming -> ADOPT -> adopted
 *             ^  ^______/ unpreserve           |                    |
 *             |                                v                    |
 *             |                             isolated                |
 *             \__________________ finish of the session ____________/
 *
 * A token is there as long as its HWPT, or as long as the session in which it
 * came in is not finished. What happens to all tokens of a context at once, when
 * LUO calls the file handler, is in liveupdate_preserve.c for the old kernel and
 * in liveupdate_retrieve.c for the new one. What userspace does with a single
 * one is in liveupdate_ioctl.c. Here is what they share, and what the drivers of
 * devices call that are bound to a context.
 *
 * Invariants:
 *  - While a token is preserved its HWPT cannot be destroyed (it has a user), its
 *    IOAS cannot be changed (io_pagetable::liveupdate_holders) and maps nothing but
 *    sealed memfds of the same session. No attachment of the context is changed
 *    either, except that devices which are not preserved may go away.
 *  - While a token is adopted its HWPT cannot be destroyed. Then it is like any
 *    other marked HWPT.
 *  - The domain of an incoming token has no HWPT, its devices belong to the
 *    context that was retrieved, and nobody else can claim them.
 *
 * Locking: iommufd_liveupdate::lock protects the list and the states. It is
 * taken inside LUO's session mutex and vfio's locks, and outside of
 * iommufd_ioas::mutex and of the locks of an io_pagetable.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/init.h>
#include <linux/iommu-liveupdate.h>
#include <linux/iommufd-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/slab.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

/**
 * iommufd_liveupdate_init() - Prepare a new context
 * @ictx: The context, nobody else knows it yet
 */
void iommufd_liveupdate_init(struct iommufd_ctx *ictx)
{
	mutex_init(&ictx->liveupdate.lock);
	INIT_LIST_HEAD(&ictx->liveupdate.tokens);
}

/**
 * iommufd_lu_find_token() - Look a token up
 * @ictx: The context
 * @token: Userspace's name of an HWPT
 *
 * Context: iommufd_liveupdate::lock is held.
 * Return: The token or NULL.
 */
struct iommufd_lu_token *iommufd_lu_find_token(struct iommufd_ctx *ictx, u64 token)
{
	struct iommufd_lu_token *cur;

	lockdep_assert_held(&ictx->liveupdate.lock);

	list_for_each_entry(cur, &ictx->liveupdate.tokens, item) {
		if (cur->token == token)
			return cur;
	}
	return NULL;
}

/**
 * iommufd_lu_add_token() - Add a token that is not there yet
 * @ictx: The context
 * @token: Userspace's name of an HWPT
 *
 * Context: iommufd_liveupdate::lock is held, may sleep.
 * Return: The token, of which the caller fills the rest, or NULL without memory.
 */
struct iommufd_lu_token *iommufd_lu_add_token(struct iommufd_ctx *ictx, u64 token)
{
	struct iommufd_lu_token *new;

	lockdep_assert_held(&ictx->liveupdate.lock);

	new = kzalloc_obj(*new, GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	new->ictx = ictx;
	new->token = token;
	list_add_tail(&new->item, &ictx->liveupdate.tokens);
	return new;
}

/**
 * iommufd_lu_del_token() - Undo iommufd_lu_add_token()
 * @token: The token
 *
 * Context: iommufd_liveupdate::lock is held.
 */
void iommufd_lu_del_token(struct iommufd_lu_token *token)
{
	lockdep_assert_held(&token->ictx->liveupdate.lock);

	if (token->hwpt)
		token->hwpt->lu_token = NULL;
	list_del(&token->item);
	kfree(token);
}

/**
 * iommufd_liveupdate_forget() - An HWPT is being destroyed, and its mark with it
 * @hwpt_paging: The HWPT, nobody else can get at it any more
 *
 * Context: Process context, may sleep. If the HWPT is marked, neither its IOAS's
 * mutex nor iommufd_liveupdate::lock may be held.
 */
void iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging)
{
	struct iommufd_lu_token *token = hwpt_paging->lu_token;

	if (!token)
		return;

	guard(mutex)(&token->ictx->liveupdate.lock);
	iommufd_lu_del_token(token);
}

/**
 * iommufd_liveupdate_may_attach() - May attachments be made or replaced?
 * @ictx: The context
 *
 * Context: The mutex of the iommufd_group that is to be changed is held, so that
 * the answer is valid for a device that is preserved under it.
 * Return: 0, or -EBUSY while the context is preserved.
 */
int iommufd_liveupdate_may_attach(struct iommufd_ctx *ictx)
{
	return READ_ONCE(ictx->liveupdate.preserved) ? -EBUSY : 0;
}

/**
 * iopt_liveupdate_may_change() - May areas be added or removed?
 * @iopt: The io_pagetable
 *
 * Context: io_pagetable::iova_rwsem is held.
 * Return: 0, or -EBUSY while somebody holds the areas, see iommufd_lu_hold_ioas().
 */
int iopt_liveupdate_may_change(struct io_pagetable *iopt)
{
	lockdep_assert_held(&iopt->iova_rwsem);

	return iopt->liveupdate_holders ? -EBUSY : 0;
}

/**
 * iommufd_device_preserve() - Carry a device's translation over the next kexec
 * @idev: A device bound to an iommufd that is in the same session already
 * @args: What LUO gave the device's file handler in preserve()
 *
 * Context: Process context, may sleep. The caller's locking keeps the device
 * from being detached or unbound meanwhile; afterwards the caller has to ask
 * iommufd_device_is_preserved().
 * Return: 0, -ENOENT if the iommufd is not in the session or the device is not
 * attached to a preserved HWPT, -EOPNOTSUPP if PASIDs are attached; and the
 * errors of iommu_liveupdate_preserve_device().
 */
int iommufd_device_preserve(struct iommufd_device *idev,
			    const struct liveupdate_file_op_args *args)
{
	struct iommufd_group *igroup = idev->igroup;
	unsigned long pasid = IOMMU_NO_PASID;

	if (!liveupdate_has_file(args, (unsigned long)idev->ictx) || !igroup->group)
		return -ENOENT;

	guard(mutex)(&igroup->lock);

	if (!xa_load(&igroup->pasid_attach, IOMMU_NO_PASID))
		return -ENOENT;
	if (xa_find_after(&igroup->pasid_attach, &pasid, ULONG_MAX, XA_PRESENT))
		return -EOPNOTSUPP;

	return iommu_liveupdate_preserve_device(idev->dev,
						iommu_get_domain_for_dev(idev->dev));
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_preserve, "IOMMUFD");

/**
 * iommufd_device_unpreserve() - Undo iommufd_device_preserve()
 * @idev: The device
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_device_unpreserve(struct iommufd_device *idev)
{
	guard(mutex)(&idev->igroup->lock);

	iommu_liveupdate_unpreserve_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_unpreserve, "IOMMUFD");

/**
 * iommufd_device_is_preserved() - Must the device stay attached as it is?
 * @idev: The device, or NULL
 *
 * Context: Any.
 * Return: true while the iommufd that @idev is bound to is preserved, and with it
 * the HWPTs that its devices are attached to.
 */
bool iommufd_device_is_preserved(struct iommufd_device *idev)
{
	return idev && iommufd_liveupdate_may_attach(idev->ictx);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_is_preserved, "IOMMUFD");

/**
 * iommufd_device_freeze() - Last call for a preserved device before kexec
 * @idev: The device
 *
 * Context: Process context, from LUO's freeze.
 * Return: 0 or an error of iommu_liveupdate_freeze_device().
 */
int iommufd_device_freeze(struct iommufd_device *idev)
{
	return iommu_liveupdate_freeze_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_freeze, "IOMMUFD");

/**
 * iommufd_device_unfreeze() - Undo iommufd_device_freeze()
 * @idev: The device
 *
 * Context: Process context. Cannot fail.
 */
void iommufd_device_unfreeze(struct iommufd_device *idev)
{
	iommu_liveupdate_unfreeze_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_unfreeze, "IOMMUFD");

/**
 * iommufd_device_taken_over() - May the session of a device be finished?
 * @idev: A device from the previous kernel, bound by its new owner
 *
 * The first attachment can only be one to the adopted HWPT of the domain that the
 * device came with. Whatever the owner does after that is its own decision.
 *
 * Context: Process context, may sleep.
 * Return: true if the device is attached.
 */
bool iommufd_device_taken_over(struct iommufd_device *idev)
{
	guard(mutex)(&idev->igroup->lock);

	return xa_load(&idev->igroup->pasid_attach, IOMMU_NO_PASID);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_taken_over, "IOMMUFD");

/**
 * iommufd_device_finish() - A device from the previous kernel becomes ordinary
 * @idev: The device, taken over
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void iommufd_device_finish(struct iommufd_device *idev)
{
	iommu_liveupdate_finish_device(idev->dev);
}
EXPORT_SYMBOL_NS_GPL(iommufd_device_finish, "IOMMUFD");

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

static int __init iommufd_lu_init(void)
{
	int rc;

	kho_record_tell_layout(KHO_RECORD_LAYOUT("iommufd-context", IOMMUFD_RECORD_CTX_VERSION));
	rc = liveupdate_register_file_handler(&iommufd_lu_handler);
	if (rc)
		return rc == -EOPNOTSUPP ? 0 : rc;
	rc = iommu_liveupdate_register_handler(&iommufd_lu_handler);
	if (rc)
		liveupdate_unregister_file_handler(&iommufd_lu_handler);
	return rc;
}
late_initcall(iommufd_lu_init);
