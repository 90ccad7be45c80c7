/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_KABI_BITS_H
#define VM_KABI_BITS_H

#define BIT(n)	(1ul << (n))

#endif /* VM_KABI_BITS_H */
