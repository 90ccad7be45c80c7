/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_FIRMWARE_VTD_H
#define VM_RUNNER_FIRMWARE_VTD_H

#include "platform.h"

/* As the operation firmware_table() of a platform */
size_t vtd_firmware_table(const struct needs *needs, uint8_t table[TABLE_SIZE]);

#endif /* VM_RUNNER_FIRMWARE_VTD_H */
