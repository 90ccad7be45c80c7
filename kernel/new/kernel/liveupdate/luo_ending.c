// SPDX-License-Identifier: GPL-2.0

/*
 * How a session ends in the new kernel, other than by a finish that succeeds.
 *
 * The last close of a session finishes it. When a file handler refuses that,
 * because it learns from liveupdate_closing() that nobody asked, the session is
 * not lost: it can be retrieved again, by whoever comes after an owner that has
 * crashed.
 *
 * LIVEUPDATE_SESSION_DISCARD gives a session up. No handler is asked whether it
 * agrees, and one that has more to stop than to free gets discard() in place of
 * finish().
 *
 * Why a file_set ends is known while it does, under the session's mutex; at all
 * other times it says LUO_FINISH.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <uapi/linux/liveupdate_discard.h>
#include "luo_internal.h"

static int luo_session_end(struct luo_session *session, enum luo_ending why)
{
	struct luo_file_set *file_set = &session->file_set;
	int err;

	file_set->ending = why;
	err = luo_file_finish(file_set);
	file_set->ending = LUO_FINISH;
	return err;
}

/**
 * liveupdate_closing() - Is a session about to be finished unasked?
 * @args: The arguments of the can_finish() callback that asks.
 *
 * Context: Called from can_finish() only, under the session's mutex.
 * Return: True if nobody asked to finish, the last file descriptor of the
 * session is being closed.
 */
bool liveupdate_closing(const struct liveupdate_file_op_args *args)
{
	return args->file_set->ending == LUO_CLOSE;
}

/**
 * luo_file_end() - Call finish() of a file, or what takes its place.
 * @file_set: The file_set that ends.
 * @ops: The callbacks of the file's handler.
 * @args: Their arguments.
 *
 * Context: Under the session's mutex.
 */
void luo_file_end(struct luo_file_set *file_set, const struct liveupdate_file_ops *ops,
		  struct liveupdate_file_op_args *args)
{
	if (file_set->ending == LUO_DISCARD && ops->discard)
		ops->discard(args);
	else
		ops->finish(args);
}

/**
 * luo_session_close() - Finish a session whose last file descriptor is closed.
 * @session: The session, an incoming one.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBUSY if a file of it must not be finished unasked; the
 * session can then be retrieved again.
 */
int luo_session_close(struct luo_session *session)
{
	int err;

	guard(mutex)(&session->mutex);
	err = luo_session_end(session, LUO_CLOSE);
	if (err) {
		session->retrieved = false;
		pr_warn("Session [%s] was closed unfinished, it waits to be retrieved again\n",
			session->name);
	}
	return err;
}

/**
 * luo_session_discard() - LIVEUPDATE_SESSION_DISCARD.
 * @session: The session, an incoming one.
 * @ucmd: The ioctl's arguments.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL or -EFAULT.
 */
int luo_session_discard(struct luo_session *session, struct luo_ucmd *ucmd)
{
	struct liveupdate_session_discard *argp = ucmd->cmd;

	if (argp->reserved)
		return -EINVAL;

	scoped_guard(mutex, &session->mutex)
		luo_session_end(session, LUO_DISCARD);
	return luo_ucmd_respond(ucmd, sizeof(*argp));
}
