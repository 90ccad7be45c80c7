/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state that one kernel's init hands to the next one's: the VMs and where their parts are.
 * Lives in a memfd of its own session; plain data only, read and written in place.
 */
#ifndef TESTOS_STATE_H
#define TESTOS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "device/dma_device.h"
#include "os/pool.h"

#define STATE_MAGIC	0x6574617473756c2eull	/* ".lustate" */
#define STATE_VERSION	1u

#define STATE_VMS	5
#define VM_MEMS		5
#define VM_SPACES	4
#define VM_DEVICES		4
#define SPACE_AREAS	6
#define STATE_PASIDS	3	/* the first is for requests without PASID */

/* one IOAS_MAP_FILE */
struct area {
	uint64_t iova;
	uint64_t offset;
	uint64_t length;
	uint32_t mem;		/* index of the memfd in the VM */
	uint32_t writable;
};

/* one IOAS with one HWPT over it */
struct space {
	uint64_t token;		/* mark of the HWPT */
	uint32_t nareas;
	uint32_t reserved;
	struct area area[SPACE_AREAS];
};

struct vm_data {
	char session[32];
	uint32_t preserved;	/* device and IOMMU state asked for, not just memory */
	uint32_t discarded;	/* or isolated: judged by the scenario itself */
	uint32_t nmems;
	uint32_t nspaces;
	uint32_t ndevices;
	uint32_t reserved;
	uint64_t mem_size[VM_MEMS];
	uint64_t mem_page[VM_MEMS];	/* size of its huge pages; 0: ordinary memory */
	struct space space[VM_SPACES];
	struct device_place device[VM_DEVICES];
};

struct state {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	uint32_t updates;	/* kexecs begun so far */
	uint32_t nvms;
	uint32_t bare;		/* a control: devices are left behind */
	uint32_t reserved;
	uint64_t iommu_pages;	/* nr_iommu_pages at a moment the scenario chose */
	uint64_t left;		/* memory_left() then */
	uint64_t slab;		/* memory in objects of the kernel then, bytes */
	uint64_t records;	/* handover records then */
	uint64_t tsc;		/* likewise */
	struct pool pool[2];	/* pools of huge pages of 2 MiB and of 1 GiB then */
	uint64_t pasid_entry[STATE_PASIDS][8];	/* of the device with PASIDs */
	uint64_t context_entry[4];		/* likewise */
	char calls[512];	/* of the library, each once; see lib/library.c */
	struct vm_data vm[STATE_VMS];
};

struct state *state_create(void);
struct state *state_retrieve(void);
struct state *state_get(void);

/* Files that travel with the state: the record of the table walk and the next kernels. */
enum state_file { STATE_SELF, STATE_WALK, STATE_KERNEL, STATE_BACK, STATE_INITRD, STATE_FILES };

int state_file(enum state_file which);
void *state_map(enum state_file which, uint64_t size);
void state_keep_file(enum state_file which, const char *path);

void state_preserve(void);	/* right before kexec */
void state_finish(void);	/* in the next kernel */

#endif /* TESTOS_STATE_H */
