/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM whose only device has PASIDs, beside the VMs of the story. It is attached to two HWPTs of
 * the VM's IOAS: to the first one without PASID and with a large one, to the second with a small
 * one. See pasids.c.
 */
#ifndef TESTOS_PASIDS_H
#define TESTOS_PASIDS_H

#include "device/pci.h"
#include "story/vm.h"

#define PASID_SMALL		5u
#define PASID_LARGE		0x54321u	/* in another table of the directory */
#define PASIDS_HWPTS		2

struct pasids {
	struct vm vm;
	char bdf[BDF_LEN];
	int dev;
	uint32_t id;
	uint32_t hwpt[PASIDS_HWPTS];
};

/* Its part of the state, which travels; it counts to no VM of the story. */
struct vm_data *pasids_data(void);

void pasids_create(struct pasids *p);
int pasids_preserve(struct pasids *p);
void pasids_record(const struct pasids *p);
void pasids_retrieve(struct pasids *p);		/* the device may be isolated */
void pasids_adopt(struct pasids *p);
void pasids_close(struct pasids *p);

void pasids_unchanged(const struct pasids *p, const char *when);

/* The physical address of an entry, 0 if there is no table for it; is it present? */
uint64_t pasid_entry(const struct pasids *p, uint32_t pasid);
bool pasid_is_present(const struct pasids *p, uint32_t pasid);

#endif /* TESTOS_PASIDS_H */
