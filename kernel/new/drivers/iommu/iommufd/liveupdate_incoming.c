// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: Live update of an iommufd: the new kernel
 *
 * Live update of an iommufd, new kernel: the file handler's retrieve, can_finish,
 * finish and discard. See the top of liveupdate.c for the model.
 *
 * Retrieving makes a new context that holds nothing but the tokens of the HWPTs
 * that came in, and makes it the owner of their devices. The record is read once
 * and freed, whatever the outcome. What it says is believed only if all of it
 * makes sense; but that the IOMMU could not take a domain over is no reason to
 * keep userspace from the other HWPTs: such a token is isolated.
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

static bool iommufd_lu_domain_is_known(struct iommufd_ctx *ictx,
				       const struct iommu_domain *domain)
{
	struct iommufd_lu_token *token;

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->domain == domain)
			return true;
	}
	return false;
}

static int iommufd_lu_read_hwpt(struct iommufd_ctx *ictx,
				const struct iommufd_hwpt_ser *hwpt_ser)
{
	struct iommufd_lu_token *token;
	struct iommu_domain *domain;

	if (hwpt_ser->flags & ~IOMMUFD_HWPT_SER_FLAGS ||
	    iommufd_lu_find_token(ictx, hwpt_ser->token))
		return -EBADMSG;

	domain = iommu_liveupdate_incoming_domain(hwpt_ser->domain);
	if (!IS_ERR(domain) && iommufd_lu_domain_is_known(ictx, domain))
		return -EBADMSG;

	token = iommufd_lu_add_token(ictx, hwpt_ser->token);
	if (!token)
		return -ENOMEM;
	token->flags = hwpt_ser->flags;
	token->state = IS_ERR(domain) ? IOMMU_LIVEUPDATE_ISOLATED :
					IOMMU_LIVEUPDATE_INCOMING;
	token->domain = IS_ERR(domain) ? NULL : domain;
	return 0;
}

static void iommufd_lu_drop_tokens(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_token *token, *next;

	list_for_each_entry_safe(token, next, &ictx->liveupdate.tokens, item)
		iommufd_lu_del_token(token);
}

/* All or nothing */
static int iommufd_lu_read_hwpts(struct iommufd_ctx *ictx,
				 const struct iommufd_ctx_ser *ser)
{
	u32 i;
	int rc;

	if (!ser->nr_hwpts || ser->nr_hwpts > IOMMUFD_CTX_SER_MAX_HWPTS ||
	    ser->reserved)
		return -EBADMSG;

	for (i = 0; i < ser->nr_hwpts; i++) {
		rc = iommufd_lu_read_hwpt(ictx, &ser->hwpts[i]);
		if (rc) {
			iommufd_lu_drop_tokens(ictx);
			return rc;
		}
	}
	return 0;
}

/*
 * Nothing may fail from here on, the devices are about to have this context for
 * their owner. One that belongs to somebody else already stays there.
 */
static void iommufd_lu_take_devices(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_token *token;

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->domain && !iommu_liveupdate_hand_over(token->domain, ictx))
			continue;
		token->domain = NULL;
		token->state = IOMMU_LIVEUPDATE_ISOLATED;
		pr_err_ratelimited("HWPT with token %llu cannot be taken over\n",
				   token->token);
	}
}

/* A file that is no iommufd until it has a context, so that it can be put */
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
 * iommufd_lu_retrieve() - Make a context from what came in
 * @args: Of the file handler
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: 0, -EBADMSG if the record makes no sense, an error of kho_record_get()
 * or -ENOMEM.
 */
int iommufd_lu_retrieve(struct liveupdate_file_op_args *args)
{
	struct iommufd_ctx_ser *ser = iommufd_lu_get_record(args);
	struct file *file = IS_ERR(ser) ? ERR_CAST(ser) : iommufd_lu_make_ctx(ser);

	iommufd_lu_put_record(ser);
	if (IS_ERR(file)) {
		/* LUO does not try again */
		iommu_liveupdate_cut_off_domains(args->serialized_data);
		return PTR_ERR(file);
	}
	args->file = file;
	return 0;
}

/**
 * iommufd_lu_can_finish() - Has userspace dealt with everything that came in?
 * @args: Of the file handler
 *
 * Context: LUO's session mutex is held, may sleep.
 * Return: true if no HWPT waits for its adoption, or if the record could not be
 * read, in which case there is nothing to wait for. Never when the session is
 * merely closed: who crashed shall find it again. Devices are not asked here,
 * they have files of their own.
 */
bool iommufd_lu_can_finish(struct liveupdate_file_op_args *args)
{
	struct iommufd_lu_token *token;
	struct iommufd_ctx *ictx;

	if (liveupdate_closing(args))
		return false;
	if (args->retrieve_status <= 0)
		return args->retrieve_status < 0;

	ictx = args->file->private_data;
	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->state == IOMMU_LIVEUPDATE_INCOMING)
			return false;
	}
	return true;
}

/**
 * iommufd_lu_finish() - What came in becomes like anything else
 * @args: Of the file handler
 *
 * Context: LUO's session mutex is held, may sleep. Cannot fail.
 */
void iommufd_lu_finish(struct liveupdate_file_op_args *args)
{
	struct iommufd_lu_token *token, *next;
	struct iommufd_ctx *ictx;

	if (args->retrieve_status <= 0)
		return;

	ictx = args->file->private_data;
	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry_safe(token, next, &ictx->liveupdate.tokens, item) {
		if (token->state == IOMMU_LIVEUPDATE_ADOPTED) {
			iommu_liveupdate_finish_domain(token->domain);
			token->state = IOMMU_LIVEUPDATE_MARKED;
			/* Taken by ADOPT */
			refcount_dec(&token->hwpt->common.obj.users);
		} else if (token->state == IOMMU_LIVEUPDATE_ISOLATED) {
			iommufd_lu_del_token(token);
		}
	}
}

static void iommufd_lu_isolate_tokens(struct iommufd_ctx *ictx)
{
	struct iommufd_lu_token *token;

	guard(mutex)(&ictx->liveupdate.lock);

	list_for_each_entry(token, &ictx->liveupdate.tokens, item) {
		if (token->state != IOMMU_LIVEUPDATE_INCOMING)
			continue;
		token->state = IOMMU_LIVEUPDATE_ISOLATED;
		token->domain = NULL;
	}
}

/**
 * iommufd_lu_discard() - Nobody wants what came in
 * @args: Of the file handler
 *
 * HWPTs that were adopted already stay with their context.
 *
 * Context: LUO's session mutex is held, may sleep. Cannot fail.
 */
void iommufd_lu_discard(struct liveupdate_file_op_args *args)
{
	if (args->retrieve_status > 0)
		iommufd_lu_isolate_tokens(args->file->private_data);
	iommu_liveupdate_discard_domains(args->serialized_data);
	iommufd_lu_finish(args);
	/* Retrieving has put it, with or without success */
	if (!args->retrieve_status)
		iommufd_lu_put_record(iommufd_lu_get_record(args));
}
