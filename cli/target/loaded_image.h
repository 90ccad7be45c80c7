/* SPDX-License-Identifier: GPL-2.0-only */
/* Which image iolu has loaded */
#ifndef IOLU_CLI_TARGET_LOADED_IMAGE_H
#define IOLU_CLI_TARGET_LOADED_IMAGE_H

#include <stddef.h>

/* Both return 0 or -errno. */
int loaded_image_note(const char *image);
/* -ENOENT if iolu has loaded none since this kernel was booted */
int loaded_image_read(char *image, size_t room);

#endif /* IOLU_CLI_TARGET_LOADED_IMAGE_H */
