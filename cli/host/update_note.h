/* SPDX-License-Identifier: GPL-2.0-only */
/* What iolu kexec tells the iolu of the next kernel. */
#ifndef IOLU_CLI_HOST_UPDATE_NOTE_H
#define IOLU_CLI_HOST_UPDATE_NOTE_H

#include <stdint.h>

struct json_object;

/**
 * note_leave() - Put a note into a session of its own, right before the jump.
 *
 * Return: The session, to be kept open until the jump, or -errno.
 */
int note_leave(void);

/**
 * note_take() - The note that the old kernel's iolu has left.
 *
 * The first one who asks takes it out of its session, which needs root and a free
 * /dev/liveupdate; then it is in a file below /run.
 *
 * Return: release, sessions and steps as note_leave() wrote them, and the times: tsc, and
 * clock_ns in the old kernel's clock, which are missing if its clock was another. To be put
 * by the caller. NULL if there is no note, or none that can be had.
 */
struct json_object *note_take(void);

#endif /* IOLU_CLI_HOST_UPDATE_NOTE_H */
