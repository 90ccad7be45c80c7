// SPDX-License-Identifier: GPL-2.0
/* The platforms that testos knows, and which of them this machine is. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "iommu/platform.h"
#include "os/report.h"
#include "os/util.h"

static const struct platform *const all[] = { &platform_vtd, &platform_amd };

const struct platform *platform_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

const struct platform *platform(void)
{
	static const struct platform *found;
	size_t i;

	for (i = 0; !found && i < ARRAY_SIZE(all); i++)
		if (!access(all[i]->acpi_table, F_OK))
			found = all[i];
	if (!found)
		bail_out("this machine has no IOMMU that testos knows");
	return found;
}

void platform_expand(const struct platform *p, const char *text, char *out, size_t room)
{
	const struct { const char *word, *by; } words[] = {
		{ IOMMU_OFF, p->cmdline_off }, { IOMMU_FAILS, p->cmdline_fails },
		{ PLAIN_MODE, p->plain_mode }, { XAPIC_MODE, p->xapic_mode },
	};
	size_t i, n = 0;

	while (*text && n + 1 < room) {
		for (i = 0; i < ARRAY_SIZE(words); i++)
			if (!strncmp(text, words[i].word, strlen(words[i].word)))
				break;
		if (i == ARRAY_SIZE(words)) {
			out[n++] = *text++;
			continue;
		}
		n += snprintf(out + n, room - n, "%s", words[i].by);
		text += strlen(words[i].word);
	}
	out[n < room ? n : room - 1] = '\0';
}
