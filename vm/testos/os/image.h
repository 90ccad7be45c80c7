/* SPDX-License-Identifier: GPL-2.0 */
/* The image of a scenario that has .image: unpacked into the root file system. See image.c. */
#ifndef TESTOS_IMAGE_H
#define TESTOS_IMAGE_H

void image_unpack(void);

#endif /* TESTOS_IMAGE_H */
