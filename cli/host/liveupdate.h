/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls and ioctls: LUO, iommufd, kexec */
#ifndef IOLU_CLI_HOST_LIVEUPDATE_H
#define IOLU_CLI_HOST_LIVEUPDATE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/iommufd.h>

/* Each returns 0 or a descriptor, or -errno. */

/* Open /dev/liveupdate. Only one process can have it open: -EBUSY. */
int luo_open(void);
int luo_create(int device, const char *name);
int luo_retrieve(int device, const char *name);
/* An outgoing session, by its name: unpreserve its files; could it be frozen now? */
int luo_unpreserve(int device, const char *name);
int luo_check(int device, const char *name);
int luo_preserve_fd(int session, int fd, uint64_t token);
int luo_retrieve_fd(int session, uint64_t token);
int luo_finish(int session);
int luo_discard(int session);
int luo_session_name(int session, char *out, size_t room);

enum luo_direction { LUO_OUTGOING, LUO_INCOMING };

/* The direction of a session. Changes nothing. */
int luo_session_direction(int session);

/* The token number @index of an iommufd; -ENOENT behind the last one */
int luo_query(int iommufd, unsigned int index, struct iommu_liveupdate_query *query);
const char *luo_state_name(unsigned int state);

/* kexec_file_load(2); @initrd is -1 for none. */
int luo_load(int kernel, int initrd, const char *cmdline);
/* reboot(2) into the loaded kernel; returns only if the kernel refuses. */
int luo_kexec(void);

#endif /* IOLU_CLI_HOST_LIVEUPDATE_H */
