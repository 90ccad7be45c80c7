// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: may this kernel load another one? Three settings forbid it, also to root. Linux
 * lets none of them be undone before the next boot.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "rules/rules.h"

#define SYSCTL	"/proc/sys/kernel/"

/* "[none] integrity confidentiality": the mode in brackets is on. */
static bool locked_down(void)
{
	char text[128];

	return !host_text(text, sizeof(text), "/sys/kernel/security/lockdown") &&
	       strchr(text, '[') && !strstr(text, "[none]");
}

void check_loading(struct json_object *items)
{
	uint64_t disabled = 0;
	char limit[32] = "-1";

	host_number(&disabled, SYSCTL "kexec_load_disabled");
	host_text(limit, sizeof(limit), SYSCTL "kexec_load_limit_reboot");
	if (disabled)
		out_item(items, "target", "loading", NO,
			 "reboot, and do not set the sysctl kernel.kexec_load_disabled",
			 "kernel.kexec_load_disabled is 1: no kernel can be loaded until a reboot");
	else if (!atoi(limit))
		out_item(items, "target", "loading", NO,
			 "reboot; the limit cannot be raised",
			 "kernel.kexec_load_limit_reboot is 0: no further kernel can be loaded");
	else if (locked_down())
		out_item(items, "target", "loading", UNKNOWN, "sign the image with a trusted key",
			 "the kernel is locked down and loads signed images only");
	else
		out_item(items, "target", "loading", YES, NULL, "no setting forbids kexec_file_load(2)");
}
