/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM as far as this test needs one: memory in memfds, an iommufd with IOASes and HWPTs, and
 * NICs that receive into its memory. See vm.c (building) and vm_update.c (updating it).
 */
#ifndef TESTOS_VM_H
#define TESTOS_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "device/dma_device.h"
#include "story/state.h"

struct vm_shape {
	const char *session;
	unsigned int first_device;
	unsigned int ndevices;
	unsigned int nspaces;	/* 1: all NICs share a domain; else one for each NIC */
	unsigned int nvirtual;	/* virtual functions of its first device, for the VMs after it */
	bool unpreserved;	/* only its memory is preserved */
	uint64_t ram_page;	/* RAM in huge pages of this size, devices' memory in those of 2 MiB */
};

struct vm {
	struct vm_data *data;
	int session;
	int iommufd;
	int mem_fd[VM_MEMS];
	uint8_t *mem[VM_MEMS];
	uint32_t ioas[VM_SPACES];
	uint32_t hwpt[VM_SPACES];
	struct dma_device device[VM_DEVICES];
};

#define VM_RAM			0		/* index of the memfd that no NIC writes to */
#define VM_RAM_SIZE		(4ull << 20)
#define VM_RAM_IOVA		0x100000000ull	/* all of it, writable */
#define VM_RAM_RO_IOVA		0x140000000ull	/* its first MiB again, read-only */
#define VM_FREE_IOVA		0x180000000ull	/* never mapped by vm_create() */
#define VM_NIC_STRIDE		0x2000000ull

/* the VMs of the story, in both kernels */
struct vm *story_vm(unsigned int i);

#define for_each_vm(vm) \
	for (vm = story_vm(0); vm < story_vm(0) + state_get()->nvms; vm++)

#define for_each_device(vm, d) \
	for (d = (vm)->device; d < (vm)->device + (vm)->data->ndevices; d++)

/* building, in any kernel */
void vm_create(struct vm *vm, struct vm_data *data, const struct vm_shape *shape);
int vm_memfd(uint64_t size, unsigned int seals);
int vm_huge_memfd(uint64_t size, uint64_t page, unsigned int seals);
void vm_map_space(struct vm *vm, unsigned int s);
extern const struct area vm_spare;	/* a range that is free in the first IOAS */
int vm_map_spare(struct vm *vm, int memfd);
int vm_unmap_spare(struct vm *vm);
int vm_bind_device(struct vm *vm, struct dma_device *d);
void vm_enable_virtual(struct vm *vm, unsigned int n);
void vm_start_reception(struct vm *vm);
void vm_ram_fill(struct vm *vm);
bool vm_ram_intact(const struct vm *vm);
void *device_memory(const struct vm *vm, unsigned int i);
int vm_arm(struct dma_device *d);
bool vm_interrupt_arrives(struct dma_device *d);
bool vm_interrupt_comes(const struct dma_device *d);
bool vm_interrupt_came(struct dma_device *d);
uint64_t vm_interrupts(struct dma_device *d);

/* updating it, vm_update.c */
int vm_mark(struct vm *vm);
int vm_preserve_memory(struct vm *vm);
int vm_preserve(struct vm *vm);
void vm_call_off(struct vm *vm);
void vm_retrieve_memory(struct vm *vm, struct vm_data *data);
int vm_retrieve(struct vm *vm, struct vm_data *data);
int vm_bind(struct vm *vm);
int vm_adopt(struct vm *vm);
int vm_attach(struct vm *vm);
int vm_restore(struct vm *vm, struct vm_data *data);	/* these four */
int vm_finish(struct vm *vm);

/* tokens in a VM's session */
#define TOKEN_IOMMUFD		0x10ull
#define TOKEN_MEM(i)		(0x100ull + (i))
#define TOKEN_DEVICE(i)		(0x200ull + (i))

#define SEALS_FIXED		(F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

#endif /* TESTOS_VM_H */
