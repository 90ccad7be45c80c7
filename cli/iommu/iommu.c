// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units in /sys/class/iommu. A unit is listed when its driver uses it, so an empty directory
 * means that the IOMMU is off.
 */
#include <stdio.h>

#include "host/files.h"
#include "iommu/iommu.h"

const struct iommu_kind *const iommu_kinds[] = { &iommu_vtd, &iommu_amd, NULL };

const struct iommu_kind *iommu_of(const char *unit, const struct cmdline *now,
				  struct iommu_caps *caps)
{
	const struct iommu_kind *const *kind;

	for (kind = iommu_kinds; *kind; kind++)
		if ((*kind)->caps(unit, now, caps))
			return *kind;
	return NULL;
}

struct iommu_units iommu_units_find(void)
{
	struct names names = host_names("/sys/class/iommu");
	static const struct cmdline none;
	struct iommu_units units = {};
	struct iommu_caps caps;
	int i;

	for (i = 0; i < names.n; i++) {
		const struct iommu_kind *kind = iommu_of(names.name[i], &none, &caps);

		if (kind && (!units.kind || kind == units.kind)) {
			units.kind = kind;
			units.n++;
		} else {
			snprintf(units.other, sizeof(units.other), "%s", names.name[i]);
		}
	}
	host_names_free(&names);
	return units;
}
