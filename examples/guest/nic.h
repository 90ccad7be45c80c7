/* SPDX-License-Identifier: GPL-2.0 */
/* The NIC, an Intel 82576 ("igb"). See nic.c. */
#ifndef GUEST_NIC_H
#define GUEST_NIC_H

#include <stdbool.h>
#include <stdint.h>

void nic_start(void);
/* Return the next received frame, or NULL; call nic_give_back() before the next call. */
const void *nic_frame(void);
void nic_give_back(void);
void nic_refill(void);		/* pass returned descriptors to the NIC */

#endif /* GUEST_NIC_H */
