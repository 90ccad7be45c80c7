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
 * LUO calls the file handler, is in liveupdate_outgoing.c for the old kernel and
 * in liveupdate_incoming.c for the new one. What userspace does with a single
 * one is in liveupdate_mark.c. Here is what they share, and what the drivers of
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
