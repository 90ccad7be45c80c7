/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions that the kernel's headers of handover records need. */
#ifndef VM_KABI_BUILD_BUG_H
#define VM_KABI_BUILD_BUG_H

#include <assert.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define __packed	__attribute__((packed))

#endif /* VM_KABI_BUILD_BUG_H */
