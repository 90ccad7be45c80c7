/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IOLU_CLI_VERBS_DEVICE_FAILED_H
#define IOLU_CLI_VERBS_DEVICE_FAILED_H

#include "iolu.h"

/* Say why /dev/liveupdate could not be opened, @rc of luo_open(); returns the exit code. */
int device_failed(const struct call *call, int rc);

#endif /* IOLU_CLI_VERBS_DEVICE_FAILED_H */
