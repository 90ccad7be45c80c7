/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_HOST_CHANNEL_H
#define VM_HOST_CHANNEL_H

#include "run.h"

void channel_line(struct run *r, char *line, int64_t arrived);

#endif /* VM_HOST_CHANNEL_H */
