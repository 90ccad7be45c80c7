/* SPDX-License-Identifier: GPL-2.0-only */
/* The note of iolu kexec for the iolu of the next kernel */
#ifndef IOLU_CLI_HOST_UPDATE_NOTE_H
#define IOLU_CLI_HOST_UPDATE_NOTE_H

#include <stdint.h>

struct json_object;

/**
 * update_note_leave() - Put a note into a session of its own, right before the kexec.
 *
 * Return: The session, to be kept open until the kexec, or -errno.
 */
int update_note_leave(void);

/**
 * update_note_take() - Read the note of the previous kernel's iolu.
 *
 * The first call in a boot takes it out of its session, which needs root and a free
 * /dev/liveupdate, and writes the result to a file below /run. Later calls read that file and
 * leave /dev/liveupdate alone, also if there was no note.
 *
 * Return: release, sessions and steps as update_note_leave() wrote them, and the times: tsc,
 * and clock_ns in the previous kernel's clock, which are absent if its clock was not the TSC.
 * Release it with json_object_put(). NULL if there is no note or it cannot be read.
 */
struct json_object *update_note_take(void);

#endif /* IOLU_CLI_HOST_UPDATE_NOTE_H */
