/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The interface between a VMM and systemd. See manager.c. */
#ifndef MANAGER_H
#define MANAGER_H

/* Return the descriptor passed as @name, with O_CLOEXEC, for the caller to close; or -ENOENT. */
int manager_fd(const char *name);

/*
 * Send @state to systemd, for example "READY=1", with @fd unless it is -1. The caller keeps
 * @fd. Returns 0 or -errno; -ENOENT: there is no notification socket.
 */
int manager_tell(const char *state, int fd);

/* Send "RELOADING=1" with the time that systemd requires. Returns 0 or -errno. */
int manager_reloading(void);

/*
 * Request a new session at the socket @path and put it into the store as @name, in place of
 * the present one. Returns the session, which the caller closes, or -errno.
 */
int manager_renew(const char *name, const char *path);

/* Send @fd over the socket @to, for servers of such a socket. Returns 0 or -errno. */
int manager_send_fd(int to, int fd);

#endif /* MANAGER_H */
