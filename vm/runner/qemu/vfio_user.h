/* SPDX-License-Identifier: GPL-2.0 */
/* A PCI function outside the emulator that supports PASIDs. See vfio_user.c. */
#ifndef VM_RUNNER_VFIO_USER_H
#define VM_RUNNER_VFIO_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outside.h"

#define VFIO_USER_CONFIG	4096

enum page_requests_event { PRI_ENABLED, PRI_DISABLED, PRI_STOPPED };

struct page_requests {
	int64_t t;
	enum page_requests_event what;
};

struct vfio_user {
	struct outside outside;
	uint8_t config[VFIO_USER_CONFIG];
	int64_t *changes;		/* when PASIDs or ATS were switched */
	size_t nchanges, changes_cap;
	struct page_requests *pri;	/* what happened to its page request interface */
	size_t npri, pri_cap;
	unsigned int looks;		/* at its status, until it says that it has stopped */
	char why[128];			/* of the end of the protocol, "": it was regular */
};

/* Wait for the emulator at the socket @path. */
void vfio_user_open(struct vfio_user *v, const char *path);
void vfio_user_close(struct vfio_user *v);

#endif /* VM_RUNNER_VFIO_USER_H */
