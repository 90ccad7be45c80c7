/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's interfaces that are not files of text: LUO, iommufd, kexec. */
#ifndef IOLU_CLI_HOST_LIVEUPDATE_H
#define IOLU_CLI_HOST_LIVEUPDATE_H

#include <stddef.h>
#include <stdint.h>

#include <linux/iommufd.h>
#include <linux/iommufd_liveupdate.h>

/* Like the system calls below them these give 0 or a descriptor, or -errno. */

/* /dev/liveupdate; only one process can have it open: -EBUSY */
int luo_open(void);
int luo_create(int device, const char *name);
int luo_retrieve(int device, const char *name);
int luo_preserve_fd(int session, int fd, uint64_t token);
int luo_retrieve_fd(int session, uint64_t token);
int luo_finish(int session);
int luo_discard(int session);
int luo_session_name(int session, char *out, size_t room);

enum luo_way { LUO_OUTGOING, LUO_INCOMING };

/* Is a session on its way out, or did it come in? Changes nothing. */
int luo_session_way(int session);

/* The token number @index of an iommufd; -ENOENT if there are not so many. */
int luo_query(int iommufd, unsigned int index, struct iommu_liveupdate_query *query);
const char *luo_state_name(unsigned int state);

/* kexec_file_load(2); @initrd is -1 for none. */
int luo_load(int kernel, int initrd, const char *cmdline);
/* reboot(2) into the loaded kernel; returns only if it is refused. */
int luo_kexec(void);

#endif /* IOLU_CLI_HOST_LIVEUPDATE_H */
