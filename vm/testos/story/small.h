/* SPDX-License-Identifier: GPL-2.0 */
/* A VM as small as can be: a memfd, an iommufd, a device that nobody drives. See small.c. */
#ifndef TESTOS_SMALL_H
#define TESTOS_SMALL_H

#include <stdint.h>

#include "device/pci.h"
#include "os/util.h"

#define SMALL_TOKEN	0xd0f000ull	/* of its HWPT */
#define SMALL_SIZE	(2 * MIB)

struct small {
	char bdf[BDF_LEN];
	char name[16];			/* of its session */
	int session;
	int memfd;
	int iommufd;
	int dev;
	uint32_t id;
	uint32_t ioas;
	uint32_t hwpt;
};

/* bdf and name say which; the device may write, and is told nothing. Gives up if it fails. */
void small_build(struct small *s);
void small_preserve(struct small *s);
int small_map(struct small *s);		/* the same again: in the next kernel */

#endif /* TESTOS_SMALL_H */
