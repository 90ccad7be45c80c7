/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of live updates on this host, as data for status and metrics */
#ifndef IOLU_CLI_HOST_SNAPSHOT_H
#define IOLU_CLI_HOST_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "iolu.h"

/**
 * snapshot_take() - Collect all that is visible.
 * @complete: Out: nothing was left out for lack of permission.
 * @with_note: Also read the note of the previous kernel's iolu, which may open
 *	       /dev/liveupdate once per boot.
 *
 * Return: An object with kernel, preserved, incoming, sessions, previous_sessions, tokens, devices, as
 * iolu(1) describes it. A value that is not visible is null, and so is an empty list that may
 * be incomplete.
 */
struct json_object *snapshot_take(bool *complete, bool with_note);

/* Has this kernel the feature at all? */
bool kernel_has_feature(void);

/* The numbers in /sys/kernel/liveupdate/iommu; 0 or -errno */
struct update_numbers {
	uint64_t preserved_devices, incoming_domains, incoming_devices, incoming_isolated;
};

int update_numbers_read(struct update_numbers *numbers);

#endif /* IOLU_CLI_HOST_SNAPSHOT_H */
