/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_LUO_ENDING_H
#define _LINUX_LUO_ENDING_H

struct liveupdate_file_op_args;
struct liveupdate_file_ops;
struct luo_file_set;
struct luo_session;
struct luo_ucmd;

/**
 * enum luo_ending - Why an incoming file_set ends.
 * @LUO_FINISH:  Userspace has restored everything.
 * @LUO_CLOSE:   Nobody has the session any more.
 * @LUO_DISCARD: Userspace gives it up; nothing can refuse.
 */
enum luo_ending {
	LUO_FINISH,
	LUO_CLOSE,
	LUO_DISCARD,
};

void luo_file_end(struct luo_file_set *file_set, const struct liveupdate_file_ops *ops,
		  struct liveupdate_file_op_args *args);
int luo_session_close(struct luo_session *session);
int luo_session_discard(struct luo_session *session, struct luo_ucmd *ucmd);

#endif /* _LINUX_LUO_ENDING_H */
