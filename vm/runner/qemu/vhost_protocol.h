/* SPDX-License-Identifier: GPL-2.0 */
/* The messages between a NIC outside the emulator and the emulator. See vhost_protocol.c. */
#ifndef VM_RUNNER_VHOST_PROTOCOL_H
#define VM_RUNNER_VHOST_PROTOCOL_H

#include "vhost.h"

/* End the protocol with a reason. */
void vhost_fail(struct vhost *v, const char *why);

/* Ask for the translation of a page, unless that was just done. */
void vhost_miss(struct vhost *v, uint64_t page, uint8_t perm);

/* Read and answer one message; false at the end. */
bool vhost_serve(struct vhost *v);

#endif /* VM_RUNNER_VHOST_PROTOCOL_H */
