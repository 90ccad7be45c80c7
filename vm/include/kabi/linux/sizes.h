/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_KABI_SIZES_H
#define VM_KABI_SIZES_H

#define SZ_4K	4096

#endif /* VM_KABI_SIZES_H */
