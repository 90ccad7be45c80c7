/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOLU_CLI_IOMMU_DMAR_H
#define IOLU_CLI_IOMMU_DMAR_H

#include <stdbool.h>

#include "iommu/iommu.h"

/* The use of the ATS of @bdf, below root port @port ("" if none), by the firmware's table */
enum ats_use dmar_ats_use(const char *bdf, const char *port, bool legacy);

#endif /* IOLU_CLI_IOMMU_DMAR_H */
