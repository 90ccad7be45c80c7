// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd
 *
 * Live update of an iommufd: its marked HWPTs are preserved across a kexec.
 *
 * Each HWPT that takes part is named by a token, a number that userspace chooses.
 * A context has a list of struct iommufd_lu_hwpt, one per token, with a state::
 *
 *   MARK -> marked -> preserved -> kexec -> incoming -> ADOPT -> adopted or restored
 *             ^  ^______/ unpreserve           |                    |
 *             |                                v                    |
 *             |                             isolated                |
 *             \__________________ finish of the session ____________/
 *
 * An entry exists as long as its HWPT, or until the session in which it arrived is
 * finished; a restored HWPT has no entry, and so no mark, after that. The files:
 *
 * - liveupdate.c: the list, and checks that the rest of iommufd calls
 * - liveupdate_ioas.c: immutable IOASes
 * - liveupdate_dmabuf.c: registers of devices that they map
 * - liveupdate_area.c: the ioctl that reports the areas of an IOAS
 * - liveupdate_replace.c: HWPTs without an IOAS, and how devices leave them
 * - liveupdate_device.c: calls of the file handlers of devices
 * - liveupdate_mark.c, liveupdate_adopt.c: the ioctls, one HWPT at a time
 * - liveupdate_outgoing.c, liveupdate_incoming.c: callbacks of LUO for a whole
 *   context, before and after the kexec
 * - liveupdate_file.c: registration of these callbacks
 *
 * Invariants:
 *
 * - A preserved HWPT cannot be destroyed (it has a user). Its IOAS is immutable
 *   (io_pagetable::liveupdate_immutable) and maps only memfds, and registers of
 *   devices, of the same session. No attachment in the context changes, except that
 *   devices which are not preserved may be unbound.
 * - An adopted HWPT cannot be destroyed until finish. Otherwise it is a marked HWPT.
 * - A restored HWPT cannot be destroyed until finish either, and the session cannot be
 *   finished before its last device has left it. No device enters it.
 * - The domain of an incoming entry has no HWPT. Its devices are owned by the
 *   retrieved context, so no other context can bind them.
 *
 * Locking: iommufd_liveupdate::lock protects the list and the states. It nests
 * inside LUO's session mutex and vfio's locks, and outside of iommufd_ioas::mutex
 * and of the locks of an io_pagetable.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/cleanup.h>
#include <linux/iommu-liveupdate.h>
#include <linux/liveupdate.h>
#include <linux/slab.h>

#include "io_pagetable.h"
#include "iommufd_private.h"

/**
 * iommufd_liveupdate_init() - Initialise the live update part of a context
 * @ictx: The context, not yet visible to other tasks
 */
void iommufd_liveupdate_init(struct iommufd_ctx *ictx)
{
	mutex_init(&ictx->liveupdate.lock);
	INIT_LIST_HEAD(&ictx->liveupdate.hwpts);
}

/**
 * iommufd_lu_refuse() - Log why an object takes no part in a live update
 * @obj: The object, an HWPT or an IOAS
 * @rc: The error to return
 * @reason: A sentence of the table of refusals
 *
 * Return: @rc.
 */
int iommufd_lu_refuse(const struct iommufd_object *obj, int rc, const char *reason)
{
	pr_info_ratelimited("%s %u: not preserved: %s\n",
			    obj->type == IOMMUFD_OBJ_IOAS ? "IOAS" : "HWPT", obj->id,
			    reason);
	return rc;
}

/**
 * iommufd_lu_find() - Find an HWPT by its token
 * @ictx: The context
 * @token: The token
 *
 * Context: iommufd_liveupdate::lock is held.
 * Return: The entry or NULL.
 */
struct iommufd_lu_hwpt *iommufd_lu_find(struct iommufd_ctx *ictx, u64 token)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	lockdep_assert_held(&ictx->liveupdate.lock);

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->token == token)
			return lu_hwpt;
	}
	return NULL;
}

/**
 * iommufd_lu_add() - Add an entry for an unused token
 * @ictx: The context
 * @token: The token
 *
 * Context: iommufd_liveupdate::lock is held, may sleep.
 * Return: The entry, whose other members the caller sets, or NULL if there is no
 * memory.
 */
struct iommufd_lu_hwpt *iommufd_lu_add(struct iommufd_ctx *ictx, u64 token)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	lockdep_assert_held(&ictx->liveupdate.lock);

	lu_hwpt = kzalloc_obj(*lu_hwpt, GFP_KERNEL_ACCOUNT);
	if (!lu_hwpt)
		return NULL;
	lu_hwpt->ictx = ictx;
	lu_hwpt->token = token;
	list_add_tail(&lu_hwpt->item, &ictx->liveupdate.hwpts);
	return lu_hwpt;
}

/**
 * iommufd_lu_del() - Undo iommufd_lu_add()
 * @lu_hwpt: The entry
 *
 * Context: iommufd_liveupdate::lock is held.
 */
void iommufd_lu_del(struct iommufd_lu_hwpt *lu_hwpt)
{
	lockdep_assert_held(&lu_hwpt->ictx->liveupdate.lock);

	if (lu_hwpt->hwpt)
		lu_hwpt->hwpt->lu_hwpt = NULL;
	list_del(&lu_hwpt->item);
	kfree(lu_hwpt);
}

/**
 * iommufd_liveupdate_forget() - Remove the mark of an HWPT that is being destroyed
 * @hwpt_paging: The HWPT, to which there is no other reference
 *
 * Context: Process context, may sleep. If the HWPT is marked, neither its IOAS's
 * mutex nor iommufd_liveupdate::lock may be held.
 */
void iommufd_liveupdate_forget(struct iommufd_hwpt_paging *hwpt_paging)
{
	struct iommufd_lu_hwpt *lu_hwpt = hwpt_paging->lu_hwpt;

	if (!lu_hwpt)
		return;

	guard(mutex)(&lu_hwpt->ictx->liveupdate.lock);
	iommufd_lu_del(lu_hwpt);
}

static struct device *iommufd_lu_device(struct iommufd_object *obj)
{
	return container_of(obj, struct iommufd_device, obj)->dev;
}

/**
 * iommufd_lu_has_device() - Check that a device is attached to an HWPT
 * @ictx: The context
 * @domain: The domain of the HWPT
 *
 * Without a device no record says which IOMMU an HWPT is for. The device can be
 * detached later, so freeze checks again.
 *
 * Context: Any.
 * Return: true if a device that is bound to @ictx is attached to @domain, with or without
 * a PASID.
 */
bool iommufd_lu_has_device(struct iommufd_ctx *ictx, const struct iommu_domain *domain)
{
	struct iommufd_object *obj;
	unsigned long id;

	/* No device is unbound meanwhile */
	guard(spinlock)(&ictx->objects.xa_lock);
	xa_for_each(&ictx->objects, id, obj) {
		if (obj->type == IOMMUFD_OBJ_DEVICE &&
		    iommu_liveupdate_is_attached(iommufd_lu_device(obj), domain))
			return true;
	}
	return false;
}

/**
 * iommufd_lu_check_hwpt() - Check that an HWPT of this kind can be preserved
 * @hwpt_paging: The HWPT
 *
 * An HWPT that was allocated by attaching a device to an IOAS disappears with its
 * last attachment, and its mark would silently disappear with it.
 *
 * Return: 0 or -EOPNOTSUPP.
 */
int iommufd_lu_check_hwpt(struct iommufd_hwpt_paging *hwpt_paging)
{
	const struct iommufd_object *obj = &hwpt_paging->common.obj;

	if (!iommufd_lu_has_ioas(hwpt_paging))
		return iommufd_lu_refuse(obj, -EOPNOTSUPP, "HWPT has no IOAS");
	if (hwpt_paging->auto_domain)
		return iommufd_lu_refuse(obj, -EOPNOTSUPP,
					 "HWPT was allocated by attaching a device to an IOAS");
	if (hwpt_paging->nest_parent)
		return iommufd_lu_refuse(obj, -EOPNOTSUPP,
					 "HWPT is the parent of nested HWPTs");
	if (hwpt_paging->common.fault)
		return iommufd_lu_refuse(obj, -EOPNOTSUPP, "HWPT delivers I/O page faults");
	if (!bitmap_empty(hwpt_paging->present_sw_msi.bitmap, 64))
		return iommufd_lu_refuse(obj, -EOPNOTSUPP, "HWPT maps an MSI doorbell");
	if (iommu_liveupdate_supported(hwpt_paging->common.domain))
		return iommufd_lu_refuse(obj, -EOPNOTSUPP,
					 "IOMMU driver or page table format does not support live update");
	return 0;
}
