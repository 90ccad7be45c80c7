/* SPDX-License-Identifier: GPL-2.0-only */
/* How things stand, as data for status and metrics. */
#ifndef IOLU_CLI_HOST_SNAPSHOT_H
#define IOLU_CLI_HOST_SNAPSHOT_H

#include <stdbool.h>

#include "iolu.h"

/**
 * state_collect() - All that can be seen of live updates.
 * @complete: Out: nothing was left out for lack of permission, and debugfs is mounted.
 *
 * Return: An object with kernel, preserved, incoming, sessions, tokens, devices, as iolu(1)
 * describes it. What cannot be seen is null.
 */
struct json_object *state_collect(bool *complete);

/* Does this kernel carry IOMMU state at all? */
bool state_is_there(void);

#endif /* IOLU_CLI_HOST_SNAPSHOT_H */
