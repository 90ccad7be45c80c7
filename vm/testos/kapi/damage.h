/* SPDX-License-Identifier: GPL-2.0 */
/* Damage to handover records and to the objects they describe. See damage.c. */
#ifndef TESTOS_DAMAGE_H
#define TESTOS_DAMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "iommu/platform.h"
#include "story/vm.h"

enum damage_where {
	DAMAGE_DOMAIN,		/* records ... */
	DAMAGE_DEVICE,
	DAMAGE_CTX,
	DAMAGE_VFIO,
	DAMAGE_PCI,
	DAMAGE_IOMMU_INDEX,
	DAMAGE_PCI_INDEX,
	DAMAGE_UNIT,
	DAMAGE_SLOT_OF_DEVICE,	/* ... an entry of an index ... */
	DAMAGE_TOP_TABLE,	/* ... and tables that the IOMMU reads */
	DAMAGE_LAST_ENTRY,	/* the entry that points to the top table */
	DAMAGE_FIRST_ENTRY,	/* the first entry in the gap; its session was frozen once */
};

/* One change */
struct damage {
	const char *what;
	enum damage_where where;
	uint32_t at;		/* bytes from the beginning of that */
	uint32_t bytes;
	enum hw_place hw;	/* if not HW_NONE: there, instead of these two */
	uint64_t value;
	bool flip;		/* @value is a mask of bits to change, else the new number */
	bool table;		/* add the bits of an entry that points to a table */
	bool seal;		/* correct the record's checksum afterwards */
	enum damage_address {	/* @value is added to this address */
		DAMAGE_NOTHING,
		DAMAGE_ITSELF,		/* of the damaged object */
		DAMAGE_ITS_DOMAIN,	/* of the record of its domain */
		DAMAGE_ITS_FUNCTION,	/* of that of the PCI core */
		DAMAGE_OTHER_TABLE,	/* of the other VM's top table */
		DAMAGE_OTHER_MEMORY,	/* of the other VM's memory */
		DAMAGE_OTHER_CTX,	/* of the record of its iommufd */
		DAMAGE_OTHER_DOMAIN,	/* no address: the slot of the record of its domain */
	} address;
};

/* Remove all pages that look like a record; to be called while no record is in use. */
void damage_forget_records(void);

/* Damage the state of @data's VM after the last freeze; @other is a healthy VM. */
void damage_order(const struct damage *damage, const struct vm_data *data,
		  const struct vm_data *other);

/* Members of struct memfd_hugetlb_ser, whose header needs more than the records' */
enum damage_huge {
	DAMAGE_HUGE_SIZE = 8,		/* of the file */
	DAMAGE_HUGE_LIST = 32,		/* address of the list of pages */
};

/* Damage what LUO hands over of the memfd with huge pages that has this position. */
void damage_huge(uint64_t pos, enum damage_huge at);

#endif /* TESTOS_DAMAGE_H */
