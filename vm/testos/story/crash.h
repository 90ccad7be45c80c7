/* SPDX-License-Identifier: GPL-2.0 */
/* A VMM that is killed on its way through the restore. See crash.c. */
#ifndef TESTOS_CRASH_H
#define TESTOS_CRASH_H

#include "story/vm.h"

enum crash_step {
	CRASH_SESSION = 1, CRASH_MEMORY, CRASH_IOMMUFD, CRASH_DEVICE, CRASH_BIND, CRASH_MAP,
	CRASH_ADOPT, CRASH_ATTACH, CRASH_ARM,
};

void crash_after(struct vm_data *data, enum crash_step last);

#endif /* TESTOS_CRASH_H */
