// SPDX-License-Identifier: GPL-2.0
/*
 * Building a VM: memory, iommufd, address spaces, NICs.
 *
 * Memfd 0 is the VM's RAM, which no device writes to; it is mapped twice, all of it writable
 * and its first MiB read-only, so that a table has more than one kind of entry. Each NIC has
 * a memfd of its own with ring and buffers, mapped at an IOVA that the runner's number of the
 * NIC fixes; the guard lies at the same physical address.
 *
 * Invariant: everything that a later kernel must know is in struct vm_data, which travels;
 * struct vm holds the objects of this kernel only: descriptors, ids, mappings.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/vm.h"

struct vm *story_vm(unsigned int i)
{
	static struct vm vms[STATE_VMS];

	return &vms[i];
}

/* @page: size of its huge pages, or 0 */
int vm_huge_memfd(uint64_t size, uint64_t page, unsigned int seals)
{
	unsigned int huge = page ? MFD_HUGETLB | __builtin_ctzll(page) << MAP_HUGE_SHIFT : 0;
	int fd = memfd_create("vm-memory", MFD_CLOEXEC | MFD_ALLOW_SEALING | huge);

	if (fd < 0 || ftruncate(fd, size) || (seals && fcntl(fd, F_ADD_SEALS, seals)))
		bail_out("memfd of %llu bytes: %s", (unsigned long long)size, strerror(errno));
	return fd;
}

int vm_memfd(uint64_t size, unsigned int seals)
{
	return vm_huge_memfd(size, 0, seals);
}

static uint64_t ram_word(uint64_t at)
{
	return (at + 1) * 0xbf58476d1ce4e5b9ull;
}

void vm_ram_fill(struct vm *vm)
{
	uint64_t *word = (uint64_t *)vm->mem[VM_RAM], i;

	for (i = 0; i < VM_RAM_SIZE / 8; i++)
		word[i] = ram_word(i);
}

bool vm_ram_intact(const struct vm *vm)
{
	const uint64_t *word = (const uint64_t *)vm->mem[VM_RAM];
	uint64_t i;

	for (i = 0; i < VM_RAM_SIZE / 8; i++)
		if (word[i] != ram_word(i))
			return false;
	return true;
}

static uint32_t add_mem(struct vm_data *data, uint64_t size, uint64_t page)
{
	data->mem_size[data->nmems] = size;
	data->mem_page[data->nmems] = page;
	return data->nmems++;
}

static void add_area(struct space *space, const struct area *area)
{
	space->area[space->nareas++] = *area;
}

static void plan_space(struct space *space, unsigned int s, uint64_t ram_size)
{
	const struct area ram = {
		.iova = VM_RAM_IOVA, .length = ram_size, .mem = VM_RAM, .writable = 1,
	};
	static const struct area ram_read_only = {
		.iova = VM_RAM_RO_IOVA, .length = MIB, .mem = VM_RAM,
	};

	space->token = 0xd0d000ull + s;
	add_area(space, &ram);
	add_area(space, &ram_read_only);
}

/* In huge pages all of each mapped page is mapped, and the last page of the file is not. */
static void plan_device(struct vm_data *data, unsigned int i, unsigned int index, bool huge)
{
	const uint64_t page = huge ? 2 * MIB : 0;
	struct device_place *d = &data->device[i];
	uint64_t size;

	if (!dma_device_find(index, d->bdf))
		bail_out("there is no NIC number %u", index);
	snprintf(d->model, sizeof(d->model), "%s", dma_device_model(d->bdf));
	size = dma_device_ops(d->model)->memory_size;
	if (huge)
		size = (size + page - 1) / page * page;
	d->index = index;
	d->token = pci_wants_token(d->bdf);
	d->space = data->nspaces == 1 ? 0 : i;
	d->mem = add_mem(data, size + page, page);
	d->iova = SCENARIO_GUARD_BASE + index * VM_NIC_STRIDE;
	add_area(&data->space[d->space], &(struct area){
		.iova = d->iova, .length = size, .mem = d->mem, .writable = 1 });
}

static void plan(struct vm_data *data, const struct vm_shape *shape)
{
	uint64_t ram_size = shape->ram_page > VM_RAM_SIZE ? shape->ram_page : VM_RAM_SIZE;
	unsigned int i;

	memset(data, 0, sizeof(*data));
	snprintf(data->session, sizeof(data->session), "%s", shape->session);
	data->preserved = !shape->unpreserved;
	data->nspaces = shape->nspaces;
	data->ndevices = shape->ndevices;
	add_mem(data, ram_size, shape->ram_page);
	for (i = 0; i < data->nspaces; i++)
		plan_space(&data->space[i], i, ram_size);
	for (i = 0; i < data->ndevices; i++)
		plan_device(data, i, shape->first_device + i, shape->ram_page);
	if (shape->nvirtual)
		data->device[0].token = true;
}

static void make_memory(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->data->nmems; i++) {
		vm->mem_fd[i] = vm_huge_memfd(vm->data->mem_size[i], vm->data->mem_page[i],
					      SEALS_FIXED);
		vm->mem[i] = must_map(vm->mem_fd[i], vm->data->mem_size[i], 0, "VM memory");
	}
	vm_ram_fill(vm);
}

void vm_map_space(struct vm *vm, unsigned int s)
{
	const struct space *space = &vm->data->space[s];
	unsigned int i;
	int rc = ioas_alloc(vm->iommufd, &vm->ioas[s]);

	for (i = 0; !rc && i < space->nareas; i++)
		rc = ioas_map(vm->iommufd, vm->ioas[s], vm->mem_fd[space->area[i].mem],
			      &space->area[i]);
	if (rc)
		bail_out("map memory into an IOAS: %s", strerror(-rc));
}

const struct area vm_spare = {
	.iova = VM_FREE_IOVA, .length = MIB, .mem = VM_RAM, .writable = 1,
};

int vm_map_spare(struct vm *vm, int memfd)
{
	return ioas_map(vm->iommufd, vm->ioas[0], memfd, &vm_spare);
}

int vm_unmap_spare(struct vm *vm)
{
	return ioas_unmap(vm->iommufd, vm->ioas[0], vm_spare.iova, vm_spare.length);
}

int vm_bind_device(struct vm *vm, struct dma_device *d)
{
	return d->place->token ? vfio_bind_token(d->dev, vm->iommufd, &d->id) :
				   vfio_bind(d->dev, vm->iommufd, &d->id);
}

static void open_device(struct vm *vm, struct dma_device *d)
{
	int rc;

	d->ops = dma_device_ops(d->place->model);
	d->dev = vfio_open(d->place->bdf);
	rc = d->dev < 0 ? d->dev : vm_bind_device(vm, d);
	if (rc < 0)
		bail_out("open %s through vfio: %s", d->place->bdf, strerror(-rc));
	d->event = -1;
}

static void attach_device(struct vm *vm, struct dma_device *d)
{
	unsigned int s = d->place->space;
	int rc = 0;

	if (!vm->hwpt[s])
		rc = hwpt_alloc(vm->iommufd, d->id, vm->ioas[s], &vm->hwpt[s]);
	if (!rc)
		rc = vfio_attach(d->dev, vm->hwpt[s]);
	if (rc)
		bail_out("attach %s to its HWPT: %s", d->place->bdf, strerror(-rc));
}

void vm_create(struct vm *vm, struct vm_data *data, const struct vm_shape *shape)
{
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->session = -1;
	vm->data = data;
	plan(data, shape);
	make_memory(vm);
	vm->iommufd = iommufd_open();
	for (i = 0; i < data->nspaces; i++)
		vm_map_space(vm, i);
	for (i = 0; i < data->ndevices; i++) {
		vm->device[i].place = &data->device[i];
		open_device(vm, &vm->device[i]);
		attach_device(vm, &vm->device[i]);
	}
}

/* Virtual functions of the VM's device, for other VMs */
void vm_enable_virtual(struct vm *vm, unsigned int n)
{
	const char *bdf = vm->device[0].place->bdf;
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	ok_rc(pci_set(bdf, "sriov_numvfs", text), "the NIC gets virtual functions");
}

void *device_memory(const struct vm *vm, unsigned int i)
{
	return vm->mem[vm->data->device[i].mem];
}

int vm_arm(struct dma_device *d)
{
	if (d->event < 0)
		d->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return vfio_arm_msix(d->dev, d->event);
}

/* Interrupts since the last call. */
uint64_t vm_interrupts(struct dma_device *d)
{
	uint64_t n;

	return read(d->event, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

/*
 * Is an interrupt there, or on its way? After a pause of the whole emulator the time of one look is
 * over before the interrupt is delivered.
 */
bool vm_interrupt_comes(const struct dma_device *d)
{
	struct pollfd wait = { .fd = d->event, .events = POLLIN };
	unsigned int look;

	for (look = 0; look < 40; look++)
		if (poll(&wait, 1, 50) == 1)
			return true;
	return false;
}

/* The same, and the interrupt is taken. */
bool vm_interrupt_came(struct dma_device *d)
{
	return vm_interrupt_comes(d) && vm_interrupts(d);
}

/* Inject one interrupt and wait for it; later ones are of transfers. */
bool vm_interrupt_arrives(struct dma_device *d)
{
	vm_interrupts(d);
	d->ops->irq_inject(d);
	return vm_interrupt_came(d);
}

/* The processes that have physical functions of running VMs */
static void serve_virtual(void)
{
	struct vm *vm;
	struct dma_device *d;

	for_each_vm(vm) {
		if (!vm->data)
			continue;
		for_each_device(vm, d)
			if (d->regs && d->ops->serve)
				d->ops->serve(d);
	}
}

void vm_start_reception(struct vm *vm)
{
	unsigned int i;
	int rc;

	for (i = 0; i < vm->data->ndevices; i++) {
		struct dma_device *d = &vm->device[i];
		struct device_place *at = d->place;

		d->memory = device_memory(vm, i);
		d->ops->prepare(at, d->memory);
		dma_device_map(d);
		vfio_enable_bus_master(d->dev);
		rc = vm_arm(d);
		if (rc < 0)
			bail_out("arm MSI-X of %s: %s", at->bdf, strerror(-rc));
		at->msix = 1;
		d->ops->start(d);
		d->ops->irq_enable(d);
	}
	serve_virtual();
}
