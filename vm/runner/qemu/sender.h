/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_SENDER_H
#define VM_RUNNER_SENDER_H

#include "core/run.h"

void sender_open(struct sender *s, int nic, int *qemu_fd);
void sender_start(struct sender *s, unsigned int rate, unsigned int len);
void sender_stop(struct sender *s);
void sender_end(struct sender *s);
void sender_close(struct sender *s);

#endif /* VM_RUNNER_SENDER_H */
