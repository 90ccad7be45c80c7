// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: incoming side
 *
 * Live update of an iommufd, incoming side: retrieve, can_finish, finish and discard
 * of the file handler. See the top of liveupdate.c for the model.
 *
 * Retrieve makes a context whose only content is the list of incoming HWPTs, and makes
 * it the owner of their devices. The record is read once and freed, whatever the
 * outcome. It is rejected as a whole if any part is invalid. A domain that the IOMMU
 * driver could not restore does not keep userspace from the other HWPTs: its entry is
 * isolated.
 */
#define pr_fmt(fmt) "iommufd: " fmt

#include <linux/anon_inodes.h>
#include <linux/cleanup.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/iommu-liveupdate.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>

#include "iommufd_private.h"

static bool iommufd_lu_domain_is_listed(struct iommufd_ctx *ictx,
					const struct iommu_domain *domain)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->domain == domain)
			return true;
	}
	return false;
}

static int iommufd_lu_read_hwpt(struct iommufd_ctx *ictx,
				const struct iommufd_hwpt_ser *hwpt_ser, u64 owner)
{
	struct iommufd_lu_hwpt *lu_hwpt;
	struct iommu_domain *domain;

	if (hwpt_ser->flags & ~IOMMUFD_HWPT_SER_FLAGS ||
	    iommufd_lu_find(ictx, hwpt_ser->token))
		return -EBADMSG;

	domain = iommu_liveupdate_incoming_domain(hwpt_ser->domain, owner);
	if (!IS_ERR(domain) && iommufd_lu_domain_is_listed(ictx, domain))
		return -EBADMSG;

	lu_hwpt = iommufd_lu_add(ictx, hwpt_ser->token);
	if (!lu_hwpt)
		return -ENOMEM;
	lu_hwpt->flags = hwpt_ser->flags;
	lu_hwpt->state = IS_ERR(domain) ? IOMMU_LIVEUPDATE_ISOLATED :
					  IOMMU_LIVEUPDATE_INCOMING;
	lu_hwpt->domain = IS_ERR(domain) ? NULL : domain;
	return 0;
}

static void iommufd_lu_del_all(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_hwpt *lu_hwpt, *next;

	list_for_each_entry_safe(lu_hwpt, next, &ictx->liveupdate.hwpts, item)
		iommufd_lu_del(lu_hwpt);
}

/* Adds all HWPTs of the record or none */
static int iommufd_lu_read_hwpts(struct iommufd_ctx *ictx,
				 const struct iommufd_ctx_ser *ser)
{
	u32 i;
	int rc;

	if (!ser->nr_hwpts || ser->nr_hwpts > IOMMUFD_CTX_SER_MAX_HWPTS ||
	    ser->reserved)
		return -EBADMSG;

	for (i = 0; i < ser->nr_hwpts; i++) {
		rc = iommufd_lu_read_hwpt(ictx, &ser->hwpts[i], ser->hdr.self);
		if (rc) {
			iommufd_lu_del_all(ictx);
			return rc;
		}
	}
	return 0;
}

/*
 * Make the context the owner of the devices of all incoming HWPTs. Nothing may fail
 * after this. A device that has another owner already keeps it.
 */
static void iommufd_lu_take_devices(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->domain && !iommu_liveupdate_hand_over(lu_hwpt->domain, ictx))
			continue;
		/* Some of its devices may have this context for owner already */
		if (lu_hwpt->domain)
			iommu_liveupdate_isolate_domain(lu_hwpt->domain);
		lu_hwpt->domain = NULL;
		lu_hwpt->state = IOMMU_LIVEUPDATE_ISOLATED;
		pr_err_ratelimited("HWPT with token %llu: isolated, cannot be adopted\n",
				   lu_hwpt->token);
	}
}

/* The file operations are set last: a file without a context must not reach release */
static struct file *iommufd_lu_make_file(void)
{
	static const struct file_operations no_fops = { .owner = THIS_MODULE };
	struct file *file;
	int rc;

	file = anon_inode_getfile("[iommufd]", &no_fops, NULL, O_RDWR);
	if (IS_ERR(file))
		return file;
	rc = iommufd_fops.open(file_inode(file), file);
	if (rc) {
		fput(file);
		return ERR_PTR(rc);
	}
	replace_fops(file, fops_get(&iommufd_fops));
	return file;
}

static struct file *iommufd_lu_make_ctx(const struct iommufd_ctx_ser *ser)
{
	struct iommufd_ctx *ictx;
	struct file *file;
	int rc;

	file = iommufd_lu_make_file();
	if (IS_ERR(file))
		return file;

	ictx = file->private_data;
	scoped_guard(mutex, &ictx->liveupdate.lock) {
		rc = iommufd_lu_read_hwpts(ictx, ser);
		if (!rc)
			iommufd_lu_take_devices(ictx);
	}
	if (rc) {
		fput(file);
		return ERR_PTR(rc);
	}
	return file;
}

static struct iommufd_ctx_ser *iommufd_lu_get_record(struct liveupdate_file_op_args *args)
{
	return kho_record_get(args->serialized_data, IOMMUFD_RECORD_CTX,
			      IOMMUFD_RECORD_CTX_VERSION, sizeof(struct iommufd_ctx_ser));
}

static void iommufd_lu_put_record(struct iommufd_ctx_ser *ser)
{
	if (!IS_ERR(ser))
		kho_record_put(ser);
}

/**
 * iommufd_lu_retrieve() - Make a context from the record of a preserved one
 * @args: LUO's argument
 *
 * On error the domains of the context are isolated, because LUO never retries.
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: 0, -EBADMSG if the record is invalid, an error of kho_record_get(), or
 * -ENOMEM.
 */
int iommufd_lu_retrieve(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx_ser *ser = iommufd_lu_get_record(args);
	struct file *file = IS_ERR(ser) ? ERR_CAST(ser) : iommufd_lu_make_ctx(ser);

	iommufd_lu_put_record(ser);
	if (IS_ERR(file)) {
		iommu_liveupdate_isolate_domains(args->serialized_data);
		return PTR_ERR(file);
	}
	args->file = file;
	return 0;
}

static bool iommufd_lu_waits(const struct iommufd_lu_hwpt *lu_hwpt)
{
	return (lu_hwpt->state == IOMMU_LIVEUPDATE_INCOMING ||
		lu_hwpt->state == IOMMU_LIVEUPDATE_RESTORED) &&
	       iommu_liveupdate_domain_in_use(lu_hwpt->domain);
}

/**
 * iommufd_lu_can_finish() - Check that no device uses a table that was not adopted
 * @args: LUO's argument
 *
 * Until finish the memory stays in place to which such a table leads, and no longer.
 * Devices are not checked here; their files have handlers of their own.
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: true if each HWPT is adopted, isolated or without a device, or if retrieve
 * failed. false if the session is only being closed, so that a VMM that crashed can
 * retrieve it again.
 */
bool iommufd_lu_can_finish(struct liveupdate_file_op_args *args)
{
	struct iommufd_lu_hwpt *lu_hwpt;
	struct iommufd_ctx *ictx;

	if (liveupdate_closing(args))
		return false;
	if (args->retrieve_status <= 0)
		return args->retrieve_status < 0;

	ictx = args->file->private_data;
	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (iommufd_lu_waits(lu_hwpt))
			return false;
	}
	return true;
}

/*
 * The HWPT owns its domain from now on. Another task can destroy it at once, and looks
 * without a lock whether it has an entry: that is freed before, or stays.
 */
static void iommufd_lu_disown(struct iommufd_hwpt_paging *hwpt_paging)
{
	iommu_liveupdate_finish_domain(hwpt_paging->common.domain);
	/* Taken by ADOPT */
	refcount_dec(&hwpt_paging->common.obj.users);
}

static void iommufd_lu_finish_hwpt(struct iommufd_lu_hwpt *lu_hwpt)
{
	struct iommufd_hwpt_paging *hwpt_paging = lu_hwpt->hwpt;

	switch (lu_hwpt->state) {
	case IOMMU_LIVEUPDATE_ADOPTED:
		lu_hwpt->state = IOMMU_LIVEUPDATE_MARKED;
		iommufd_lu_disown(hwpt_paging);
		return;
	case IOMMU_LIVEUPDATE_RESTORED:
		iommufd_lu_del(lu_hwpt);
		iommufd_lu_disown(hwpt_paging);
		return;
	case IOMMU_LIVEUPDATE_INCOMING:
		iommu_liveupdate_discard_domain(lu_hwpt->domain);
		break;
	case IOMMU_LIVEUPDATE_ISOLATED:
		break;
	default:
		return;
	}
	iommufd_lu_del(lu_hwpt);
}

/**
 * iommufd_lu_finish() - Turn adopted HWPTs into ordinary marked HWPTs
 * @args: LUO's argument
 *
 * Entries of all others that arrived are removed. A table without an HWPT is freed.
 *
 * Context: LUO's session mutex is held, may sleep. Cannot fail.
 */
void iommufd_lu_finish(struct liveupdate_file_op_args *args)
{
	struct iommufd_lu_hwpt *lu_hwpt, *next;
	struct iommufd_ctx *ictx;

	if (args->retrieve_status <= 0)
		return;

	ictx = args->file->private_data;
	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry_safe(lu_hwpt, next, &ictx->liveupdate.hwpts, item)
		iommufd_lu_finish_hwpt(lu_hwpt);
}

static void iommufd_lu_isolate_incoming(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_hwpt *lu_hwpt;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(lu_hwpt, &ictx->liveupdate.hwpts, item) {
		if (lu_hwpt->state != IOMMU_LIVEUPDATE_INCOMING)
			continue;
		lu_hwpt->state = IOMMU_LIVEUPDATE_ISOLATED;
		lu_hwpt->domain = NULL;
	}
}

/**
 * iommufd_lu_discard() - End the session of a context without adopting its HWPTs
 * @args: LUO's argument
 *
 * HWPTs that are adopted already stay in their context.
 *
 * Context: LUO's session mutex is held, may sleep. Cannot fail.
 */
void iommufd_lu_discard(struct liveupdate_file_op_args *args)
{
	if (args->retrieve_status > 0)
		iommufd_lu_isolate_incoming(args->file->private_data);
	iommu_liveupdate_discard_domains(args->serialized_data);
	iommufd_lu_finish(args);
	/* Retrieve frees the record, whether it succeeds or fails */
	if (!args->retrieve_status)
		iommufd_lu_put_record(iommufd_lu_get_record(args));
}
