/* SPDX-License-Identifier: GPL-2.0-only */
/* The note about the image that iolu has loaded. */
#ifndef IOLU_CLI_TARGET_LOADED_IMAGE_H
#define IOLU_CLI_TARGET_LOADED_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Both return 0 or -errno. */
int loaded_note(const char *image);
/* -ENOENT if nothing was noted since this kernel was booted */
int loaded_read(char *image, size_t room);

#endif /* IOLU_CLI_TARGET_LOADED_IMAGE_H */
