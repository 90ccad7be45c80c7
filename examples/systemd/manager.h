/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* What a VMM gets from systemd, and tells it. See manager.c. */
#ifndef MANAGER_H
#define MANAGER_H

/* The descriptor that was passed under @name, now O_CLOEXEC and the caller's; or -ENOENT. */
int manager_fd(const char *name);

/*
 * Tells systemd what @state says, "READY=1" for example, and passes @fd along unless it is -1.
 * It remains the caller's. Returns 0 or -errno; -ENOENT: nobody wants to be told.
 */
int manager_tell(const char *state, int fd);

/* "RELOADING=1", with the time that systemd wants to be told with it. 0 or -errno. */
int manager_reloading(void);

/*
 * Puts a fresh session, asked for at the socket at @path, into the store under @name in place of
 * the one that is there. Returns the session, which the caller closes, or -errno.
 */
int manager_renew(const char *name, const char *path);

/* Sends @fd over the socket @to, for those who serve such a socket. 0 or -errno. */
int manager_send_fd(int to, int fd);

#endif /* MANAGER_H */
