/* SPDX-License-Identifier: GPL-2.0-only */
/* The IOMMUs of the host. */
#ifndef IOLU_CLI_IOMMU_VTD_H
#define IOLU_CLI_IOMMU_VTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "target/cmdline.h"

/* Bits of the extended capability register (VT-d specification, section 11.4.3) */
#define ECAP_DEVICE_IOTLB	(1ull << 2)
#define ECAP_PASID		(1ull << 40)
#define ECAP_SCALABLE		(1ull << 43)

/* 0, or -errno if @name is no VT-d unit */
int vtd_ecap(const char *name, uint64_t *ecap);

/* How many units there are, VT-d's and others; one of the others' names */
int vtd_count(int *others, char *other, size_t room);

/* How the units translate; VTD_EITHER if that cannot be told. */
enum vtd_mode { VTD_LEGACY_ONLY, VTD_LEGACY, VTD_SCALABLE, VTD_EITHER };

enum vtd_mode vtd_mode(const struct words *now);
const char *vtd_mode_name(enum vtd_mode mode);

#endif /* IOLU_CLI_IOMMU_VTD_H */
