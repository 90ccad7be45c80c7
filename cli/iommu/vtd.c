// SPDX-License-Identifier: GPL-2.0-only
/*
 * IOMMUs in /sys/class/iommu. A unit is there when its driver uses it, so an empty directory
 * means that the IOMMU is off. The kernel does not show the mode of VT-d; it follows from what
 * the hardware can and what the command line says, unless the command line says nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "iommu/vtd.h"

int vtd_ecap(const char *name, uint64_t *ecap)
{
	char text[32];

	if (host_text(text, sizeof(text), "/sys/class/iommu/%s/intel-iommu/ecap", name))
		return -ENODEV;
	*ecap = strtoull(text, NULL, 16);
	return 0;
}

int vtd_count(int *others, char *other, size_t room)
{
	struct names names = host_names("/sys/class/iommu");
	uint64_t ecap;
	int i, n = 0;

	*others = 0;
	for (i = 0; i < names.n; i++) {
		if (!vtd_ecap(names.name[i], &ecap)) {
			n++;
		} else {
			++*others;
			snprintf(other, room, "%s", names.name[i]);
		}
	}
	host_names_free(&names);
	return n;
}

/* Does the command line decide about any unit? One that cannot is in legacy mode anyway. */
static bool any_can(void)
{
	struct names names = host_names("/sys/class/iommu");
	uint64_t ecap;
	bool can = false;
	int i;

	for (i = 0; i < names.n; i++)
		can |= !vtd_ecap(names.name[i], &ecap) && (ecap & ECAP_SCALABLE);
	host_names_free(&names);
	return can;
}

enum vtd_mode vtd_mode(const struct words *now)
{
	if (!any_can())
		return VTD_LEGACY_ONLY;
	return now->scalable == WORD_NONE ? VTD_EITHER :
	       now->scalable == WORD_ON ? VTD_SCALABLE : VTD_LEGACY;
}

const char *vtd_mode_name(enum vtd_mode mode)
{
	static const char *const names[] = {
		[VTD_LEGACY_ONLY] = "legacy mode", [VTD_LEGACY] = "legacy mode",
		[VTD_SCALABLE] = "scalable mode", [VTD_EITHER] = "mode not shown",
	};

	return names[mode];
}
