/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LIVEUPDATE_DISCARD_H
#define _UAPI_LIVEUPDATE_DISCARD_H

#include <linux/liveupdate.h>

/**
 * struct liveupdate_session_discard - ioctl(LIVEUPDATE_SESSION_DISCARD)
 * @size:     Input; sizeof(struct liveupdate_session_discard)
 * @reserved: Input; Must be zero.
 *
 * An ioctl of a session, next to those of linux/liveupdate.h. Gives a retrieved
 * session up, in whatever state it is: devices are stopped, memory that nobody
 * has retrieved is freed. Files that were retrieved stay what they are to
 * whoever holds them. Cannot be refused; afterwards the session is as if it had
 * been finished.
 *
 * Return: 0 on success, negative error code on failure.
 */
struct liveupdate_session_discard {
	__u32		size;
	__u32		reserved;
};

#define LIVEUPDATE_SESSION_DISCARD					\
	_IO(LIVEUPDATE_IOCTL_TYPE, LIVEUPDATE_CMD_SESSION_BASE + 0x10)

#endif /* _UAPI_LIVEUPDATE_DISCARD_H */
