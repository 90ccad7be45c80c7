/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The handover records as the kernel defines them, and their members as places of a damage.
 * Files that include this are compiled with the kernel's ABI headers, see the Makefile.
 */
#ifndef TESTOS_RECORDS_H
#define TESTOS_RECORDS_H

#include <stddef.h>

#include <linux/kho/abi/iommu.h>
#include <linux/kho/abi/iommufd.h>
#include <linux/kho/abi/pci.h>
#include <linux/kho/abi/vfio_pci.h>

/* fields of struct damage: a member of a record, an entry of a table of 64-bit entries */
#define MEMBER(record, member)						\
	.at = offsetof(struct record, member),				\
	.bytes = sizeof(((struct record *)NULL)->member)
/* a member of the tail that an IOMMU driver has in a record */
#define TAIL(record, hw, member)	TAIL_BIT(record, hw, member, 0)
/* a bit of it */
#define TAIL_BIT(record, hw, member, bit)				\
	{ offsetof(struct record, hw_data) + offsetof(struct hw, member), \
	  sizeof(((struct hw *)NULL)->member), bit }
#define TABLE_ENTRY(n)	.at = (n) * sizeof(u64), .bytes = sizeof(u64)

#endif /* TESTOS_RECORDS_H */
