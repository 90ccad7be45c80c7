// SPDX-License-Identifier: GPL-2.0
/**
 * DOC: Sessions that a kexec leaves behind
 *
 * A kexec freezes all outgoing sessions. A VMM, or the guest of a VM, can bring its
 * devices into a state in which they cannot be frozen, or can keep a call on its
 * session from returning. That must neither delay nor prevent the update of the host
 * and of all other sessions. So a session that cannot be frozen in time is left
 * behind: its files are unpreserved, and the kexec proceeds. Its devices are then
 * ordinary ones: they are quiesced when the kernel shuts down, and the IOMMU does not
 * translate for them. The log names the session.
 *
 * If /sys/kernel/liveupdate/strict is 1, reboot(2) fails with the error of the first
 * such session instead, and everything is unfrozen.
 *
 * A session is tried again for a while if the error may pass (EBUSY, EAGAIN), all
 * others first, so that a stubborn session costs no other session its time. Files are
 * unpreserved by a work item, for which the kexec waits for a limited time: the memory
 * of a VM may be large. Without that time the next kernel isolates the devices, and the
 * memory stays in use until the update after the next.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kexec.h>
#include <linux/kho_record.h>
#include <linux/kobject.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "luo_internal.h"

/* A kexec waits for this time for sessions to be frozen, and to be unpreserved */
#define LUO_FREEZE_WAIT		HZ
#define LUO_UNPRESERVE_WAIT	(HZ / 2)
/* Pauses between tries, each one twice the one before it: 50 to 400 ms */
#define LUO_FREEZE_TRIES	5
#define LUO_FREEZE_PAUSE_MS	50

static bool luo_strict;

/* Sessions that are left behind and not unpreserved yet */
static atomic_t luo_leaving = ATOMIC_INIT(0);
static DECLARE_WAIT_QUEUE_HEAD(luo_left);

/* Never waits for the mutex: a call on the session may take any time */
static int luo_try_lock(struct luo_session *session)
{
	if (mutex_trylock(&session->mutex))
		return 0;
	pr_info("session [%s]: not frozen: call on the session does not return\n", session->name);
	return -EBUSY;
}

static int luo_freeze_files(struct luo_session *session)
{
	int err;

	lockdep_assert_held(&session->mutex);
	memset(&session->ser, 0, sizeof(session->ser));
	err = luo_file_freeze(&session->file_set, &session->ser);
	session->frozen = !err;
	return err;
}

/* Undoes luo_freeze_files() */
static void luo_unfreeze_files(struct luo_session *session)
{
	lockdep_assert_held(&session->mutex);
	luo_file_unfreeze(&session->file_set, &session->ser);
	session->frozen = false;
}

static int luo_freeze_session(struct luo_session *session)
{
	int err = luo_try_lock(session);

	if (err)
		return err;
	err = luo_freeze_files(session);
	mutex_unlock(&session->mutex);
	return err;
}

static void luo_unfreeze_session(struct luo_session *session)
{
	if (!session->frozen)
		return;
	guard(mutex)(&session->mutex);
	luo_unfreeze_files(session);
}

static bool luo_may_pass(int err)
{
	return err == -EBUSY || err == -EAGAIN;
}

/*
 * Try each session that is not frozen; after @end only those that had no try. Returns
 * true if another try may succeed.
 */
static bool luo_freeze_round(struct list_head *sessions, unsigned long end)
{
	struct luo_session *session;
	bool again = false;

	list_for_each_entry(session, sessions, list) {
		if (session->frozen || (session->error && !luo_may_pass(session->error)) ||
		    (session->error && time_after(jiffies, end)))
			continue;
		session->error = luo_freeze_session(session);
		again |= luo_may_pass(session->error);
	}
	return again;
}

static void luo_unpreserve_work(struct work_struct *work)
{
	struct luo_session *session = container_of(work, struct luo_session, unpreserve);

	scoped_guard(mutex, &session->mutex) {
		session->unpreserved = true;
		luo_file_unpreserve_files(&session->file_set);
	}
	if (atomic_dec_and_test(&luo_leaving))
		wake_up_all(&luo_left);
}

static void luo_leave_behind(struct list_head *sessions)
{
	struct luo_session *session;

	list_for_each_entry(session, sessions, list) {
		if (session->frozen)
			continue;
		atomic_inc(&luo_leaving);
		INIT_WORK(&session->unpreserve, luo_unpreserve_work);
		queue_work(system_dfl_wq, &session->unpreserve);
	}
	if (!wait_event_timeout(luo_left, !atomic_read(&luo_leaving), LUO_UNPRESERVE_WAIT))
		pr_warn("sessions are left behind before all of their files are unpreserved\n");
}

/* Returns the error of the first session that is not frozen */
static int luo_report(struct list_head *sessions)
{
	struct luo_session *session;
	int err = 0;

	list_for_each_entry(session, sessions, list) {
		if (session->frozen)
			continue;
		pr_warn("session [%s] cannot be frozen, %s: %pe\n", session->name,
			luo_strict ? "no kexec" : "left behind", ERR_PTR(session->error));
		err = err ?: session->error;
	}
	return err;
}

/**
 * luo_freeze_sessions() - Freeze sessions, and leave behind those that cannot be.
 * @sessions: List of struct luo_session. The caller keeps it from changing, and other
 *	tasks from beginning calls on a session.
 *
 * Context: Process context, from reboot(2). Sleeps, for less than two seconds.
 * Return: 0; struct luo_session::frozen tells which ones are frozen. If sessions must
 * not be left behind, the error of the first one that cannot be frozen; none is then.
 */
int luo_freeze_sessions(struct list_head *sessions)
{
	unsigned long end = jiffies + LUO_FREEZE_WAIT;
	struct luo_session *session;
	unsigned int i;
	int err;

	list_for_each_entry(session, sessions, list)
		session->error = 0;
	for (i = 1; luo_freeze_round(sessions, end) && i < LUO_FREEZE_TRIES; i++)
		msleep(LUO_FREEZE_PAUSE_MS << (i - 1));

	err = luo_report(sessions);
	if (!err)
		return 0;
	if (luo_strict) {
		list_for_each_entry(session, sessions, list)
			luo_unfreeze_session(session);
		return err;
	}
	luo_leave_behind(sessions);
	return 0;
}

/**
 * luo_check_next_kernel() - Check that the next kernel gets the sessions.
 *
 * A kernel that was loaded with kexec_load(2) gets no KHO data.
 *
 * Context: From reboot(2), which holds the lock of kexec.
 * Return: 0 or -EINVAL.
 */
int luo_check_next_kernel(void)
{
	if (kexec_image && kexec_image->kho.fdt)
		return 0;
	pr_warn("not frozen: next kernel was not loaded with kexec_file_load(2)\n");
	return -EINVAL;
}

/**
 * luo_check_session() - Check that a session could be frozen now.
 * @session: The session; the caller keeps it from being freed.
 *
 * No other call on the session finds its files frozen.
 *
 * Context: Process context, may sleep.
 * Return: 0, or the error for which a kexec would leave it behind.
 */
int luo_check_session(struct luo_session *session)
{
	int err = luo_try_lock(session);

	if (err)
		return err;
	err = luo_freeze_files(session);
	if (!err)
		luo_unfreeze_files(session);
	mutex_unlock(&session->mutex);
	return err;
}

static ssize_t strict_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(luo_strict));
}

static ssize_t strict_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	bool strict;
	int err = kstrtobool(buf, &strict);

	if (err)
		return err;
	WRITE_ONCE(luo_strict, strict);
	return count;
}

static struct kobj_attribute luo_strict_attr = __ATTR_RW_MODE(strict, 0600);

static int __init luo_freeze_init(void)
{
	if (!liveupdate_enabled() || !liveupdate_kobj)
		return 0;
	return sysfs_create_file(liveupdate_kobj, &luo_strict_attr.attr);
}
late_initcall(luo_freeze_init);
