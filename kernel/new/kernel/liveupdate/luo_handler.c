// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Looking up the handler of an incoming file
 *
 * A file handler may be in a module that is loaded after the sessions were read, or in none
 * that this kernel has. A file without a handler waits, and only its own session waits with it:
 * the session cannot be retrieved whole, finished or discarded, since this kernel does not know
 * what the file stands for. It may be a device that writes to the memory of the session's other
 * files. The other sessions are not affected.
 *
 * The handler is looked up again whenever it is needed; its module is asked for by the alias
 * MODULE_ALIAS_LIVEUPDATE(). From then on it cannot be unloaded until the file is finished.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/kmod.h>
#include <linux/list_private.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/rwsem.h>
#include <linux/string.h>

#include "luo_internal.h"

/**
 * luo_get_handler() - Look up a handler and keep its module.
 * @handlers: List of the registered handlers.
 * @compatible: The handler's compatible string.
 *
 * Context: Process context, may sleep.
 * Return: The handler, with a reference on its module; NULL if it is not registered.
 */
struct liveupdate_file_handler *luo_get_handler(struct list_head *handlers,
						const char *compatible)
{
	struct liveupdate_file_handler *fh;

	guard(rwsem_read)(&luo_register_rwlock);
	list_private_for_each_entry(fh, handlers, list) {
		if (!strcmp(fh->compatible, compatible) && try_module_get(fh->ops->owner))
			return fh;
	}
	return NULL;
}

/**
 * luo_need_handler() - Look up the handler of an incoming file, load its module.
 * @handlers: List of the registered handlers.
 * @compatible: The handler's compatible string.
 * @token: The file's token, for the log.
 * @fhp: The file's handler. If it is NULL it is set, with a reference on its module.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOPKG if the handler is not registered.
 */
int luo_need_handler(struct list_head *handlers, const char *compatible, u64 token,
		     struct liveupdate_file_handler **fhp)
{
	if (!*fhp)
		*fhp = luo_get_handler(handlers, compatible);
	if (*fhp)
		return 0;
	request_module(LIVEUPDATE_MODULE_PREFIX "%s", compatible);
	*fhp = luo_get_handler(handlers, compatible);
	if (*fhp)
		return 0;
	pr_warn_ratelimited("file %#llx of kind %s: not retrieved: no handler for its kind is loaded\n",
			    token, compatible);
	return -ENOPKG;
}

/**
 * luo_status_of_error() - The status that a file keeps after a failed retrieve.
 * @fh: The file's handler.
 * @err: The error.
 *
 * Return: @err, or 0 if the file can be retrieved again.
 */
int luo_status_of_error(const struct liveupdate_file_handler *fh, int err)
{
	return fh->ops->can_retry ? 0 : err;
}
