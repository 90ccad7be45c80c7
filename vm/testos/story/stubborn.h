/* SPDX-License-Identifier: GPL-2.0 */
/* Processes with a call that does not return until they are killed. See stubborn.c. */
#ifndef TESTOS_STUBBORN_H
#define TESTOS_STUBBORN_H

#include <sys/types.h>

pid_t stubborn_call(int dev);		/* on a device, which cannot be frozen meanwhile */
pid_t stubborn_write(int memfd);	/* holds the lock of the file's inode */

#endif /* TESTOS_STUBBORN_H */
