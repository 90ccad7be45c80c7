/* SPDX-License-Identifier: GPL-2.0 */
/* The iommufd ioctls that testos uses; all return -errno. See iommufd.c. */
#ifndef TESTOS_IOMMUFD_H
#define TESTOS_IOMMUFD_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/iommufd.h>

#include "story/state.h"

int iommufd_open(void);
int ioas_alloc(int iommufd, uint32_t *ioas);
int ioas_map(int iommufd, uint32_t ioas, int memfd, const struct area *a);
int ioas_map_user(int iommufd, uint32_t ioas, const void *at, const struct area *a);
int ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t length);
int hwpt_alloc(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt);
int hwpt_alloc_pasid(int iommufd, uint32_t dev, uint32_t ioas, uint32_t *hwpt);
int iommufd_destroy(int iommufd, uint32_t id);

int hwpt_mark(int iommufd, uint32_t hwpt, uint64_t token);
int hwpt_unmark(int iommufd, uint32_t hwpt);

struct adoption {
	uint32_t hwpt;
	uint64_t bad_iova;
	uint64_t bytes;
};

int hwpt_adopt(int iommufd, uint32_t ioas, uint64_t token, struct adoption *out);
int hwpt_verify(int iommufd, uint32_t ioas, uint64_t token, struct adoption *out);

/* An HWPT without an IOAS; nothing is compared */
int hwpt_take(int iommufd, uint32_t ioas, uint64_t token, uint32_t *hwpt);

/* Would moving the device to the HWPT leave no gap? 1, 0 or -errno */
int hwpt_may_replace(int iommufd, uint32_t dev, uint32_t hwpt);

/* -ENOENT when there are not so many tokens */
int hwpt_query(int iommufd, uint32_t index, struct iommu_liveupdate_query *out);

#endif /* TESTOS_IOMMUFD_H */
