/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_PICTURE_H
#define VM_RUNNER_PICTURE_H

#include "core/run.h"

/* Writes dma.svg; nothing to draw if no frame was sent. */
void picture_write(const struct run *r, bool good);

#endif /* VM_RUNNER_PICTURE_H */
