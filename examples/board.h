/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The machine of the example, as its VMM builds it and its guest expects it. All numbers are
 * guest-physical addresses, and IOVAs of the NIC as well, as in every VM without a vIOMMU.
 *
 * RAM could start at any address. At this one the project's test machine detects untranslated
 * writes, because it keeps its own kernels away from the same physical addresses.
 */
#ifndef BOARD_H
#define BOARD_H

#define BOARD_RAM		0x20000000ull	/* the image is loaded and entered here */
#define BOARD_RAM_SIZE		(16ull << 20)
#define BOARD_STACK		(BOARD_RAM + (1ull << 20))	/* grows down to the image */
#define BOARD_TABLES		(BOARD_RAM + BOARD_RAM_SIZE - 0x2000)	/* made by the VMM */
#define BOARD_NIC		0x80000000ull	/* BAR 0 of the passed-through NIC */
#define BOARD_NIC_VECTOR	0x40		/* its MSI-X vector 0 arrives as this one */
#define BOARD_CONSOLE		0x3f8		/* a byte written here is shown */
#define BOARD_CS		8		/* selector of the code segment at entry */

#endif /* BOARD_H */
