/* SPDX-License-Identifier: GPL-2.0 */
/* The NIC, an Intel 82576 ("igb"). See nic.c. */
#ifndef GUEST_NIC_H
#define GUEST_NIC_H

#include <stdbool.h>
#include <stdint.h>

void nic_start(void);
/* The next frame that has come, or NULL; nic_give_back() before the one after it. */
const void *nic_frame(void);
void nic_give_back(void);
void nic_refill(void);		/* the NIC learns what was given back */

#endif /* GUEST_NIC_H */
