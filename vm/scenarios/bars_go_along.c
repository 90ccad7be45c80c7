// SPDX-License-Identifier: GPL-2.0
/*
 * A VM's page table maps the registers of its two NICs, as dma-bufs: QEMU does so by default, for
 * peer-to-peer DMA. The device whose BAR is mapped must be in the session, then its leaves serve
 * the next kernel. A device that sleeps, is closed or stops decoding revokes them: they are cleared
 * at once, also in the preserved table, whose pages all stay. A reset would do the same, but is
 * refused.
 *
 * promise: 2, 4, 8
 * red when: freeze looks for the device in the session (`iommufd_lu_has_exporter()`): the VM is
 *   frozen without the device, and with it in another session
 * red when: a revocation keeps the table pages (`iopt_liveupdate_revoke()`): the preserved table
 *   has fewer pages when the device is closed
 * red when: a refused reset revokes no BAR (`vfio_pci_ioctl_reset()`): the registers are not reached
 *   after the first
 * red when: nor one that a guest asks for in configuration space (`vfio_lock_and_reset_function()`):
 *   not after the second
 * red when: nor one of a bus (`vfio_pci_dev_set_hot_reset()`): not after the third
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#include "device/extra.h"
#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#define NOT_IN_SESSION	"device whose registers are mapped is not preserved in the same session"

/* A BAR and where it is mapped */
struct bar {
	const char *bdf;
	int dev;
	unsigned int number;
	uint64_t length, iova;
};

/* A device of another VM: an NVMe drive with buffer memory in BAR 2 */
struct stranger {
	char bdf[BDF_LEN];
	struct bar bar;
	int iommufd;
};

static struct bar nic_bar(const struct vm *vm, unsigned int i)
{
	return (struct bar){
		.bdf = vm->data->device[i].bdf, .dev = vm->device[i].dev, .length = 128 * 1024,
		.iova = VM_FREE_IOVA + 16 * MIB + i * 2 * MIB,
	};
}

static uint64_t address(const struct bar *bar)
{
	const unsigned int at = PCI_BASE_ADDRESS_0 + 4 * bar->number;
	uint32_t low = pci_config(bar->bdf, at, 4);
	uint64_t high = low & PCI_BASE_ADDRESS_MEM_TYPE_64 ? pci_config(bar->bdf, at + 4, 4) : 0;

	return high << 32 | (low & PCI_BASE_ADDRESS_MEM_MASK);
}

static const struct walk *table(const struct vm *vm)
{
	const uint16_t id = pci_source_id(vm->data->device[0].bdf);
	static struct walk now;

	walk_capture(&now, &id, 1);
	return &now;
}

/* Where the VM's NICs reach its last page; 0 if nowhere */
static uint64_t reached(const struct vm *vm, const struct bar *bar)
{
	return walk_translate(table(vm), pci_source_id(vm->data->device[0].bdf),
			      bar->iova + bar->length - PAGE);
}

static void leads_to(const struct vm *vm, const struct bar *bar, const char *name)
{
	uint64_t at = reached(vm, bar), right = address(bar) + bar->length - PAGE;

	ok(at == right, name, "0x%llx, not 0x%llx", (unsigned long long)at,
	   (unsigned long long)right);
}

static void leads_nowhere(const struct vm *vm, const struct bar *bar, const char *name)
{
	uint64_t at = reached(vm, bar);

	ok(!at, name, "to 0x%llx", (unsigned long long)at);
}

static int map_bar(struct vm *vm, const struct bar *bar)
{
	const struct area area = { .iova = bar->iova, .length = bar->length, .writable = 1 };
	int fd = vfio_export_bar(bar->dev, bar->number, bar->length);
	int rc = fd < 0 ? fd : ioas_map(vm->iommufd, vm->ioas[0], fd, &area);

	if (fd >= 0)
		close(fd);
	return rc;
}

static int unmap_bar(struct vm *vm, const struct bar *bar)
{
	return ioas_unmap(vm->iommufd, vm->ioas[0], bar->iova, bar->length);
}

static void map_bars(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->data->ndevices; i++) {
		const struct bar bar = nic_bar(vm, i);

		ok_rc(map_bar(vm, &bar), "the registers of a NIC are mapped");
		leads_to(vm, &bar, "and reached there");
	}
}

/* Mapped in small leaves, in several tables that lead to nothing else */
static void stranger_open(struct stranger *s)
{
	uint32_t id, ioas, hwpt;
	int rc;

	pci_find_device(EXTRA_NVME, 0, s->bdf);
	s->iommufd = iommufd_open();
	s->bar = (struct bar){
		.bdf = s->bdf, .dev = vfio_open_bound(s->bdf, s->iommufd, &id), .number = 2,
		.length = 8 * MIB, .iova = VM_FREE_IOVA + 64 * MIB + PAGE,
	};
	rc = s->bar.dev < 0 ? s->bar.dev : ioas_alloc(s->iommufd, &ioas);
	rc = rc ?: hwpt_alloc(s->iommufd, id, ioas, &hwpt);
	rc = rc ?: vfio_attach(s->bar.dev, hwpt);
	rc = rc ?: hwpt_mark(s->iommufd, hwpt, 1);
	if (rc)
		bail_out("another VM with %s: %s", s->bdf, strerror(-rc));
	vfio_enable_bus_master(s->bar.dev);
}

static void not_in_session(struct vm *vm, const char *name)
{
	klog_skip();
	refused(luo_check(vm->data->session), ENOENT, NOT_IN_SESSION, name);
}

/* Another session is not good enough, since each can be left behind. */
static void in_another_session(struct vm *vm, const struct stranger *s)
{
	int other = luo_create("other");

	ok_rc(luo_preserve_fd(other, s->iommufd, TOKEN_IOMMUFD), "the other VM is preserved");
	ok_rc(luo_preserve_fd(other, s->bar.dev, TOKEN_DEVICE(0)), "with its device");
	not_in_session(vm, "that is not good enough");
	close(other);
}

static void closed(struct vm *vm, const struct stranger *s)
{
	uint32_t pages = table(vm)->npages, now;

	close(s->bar.dev);
	close(s->iommufd);
	leads_nowhere(vm, &s->bar, "when the device is closed its BAR is not reached any more");
	now = table(vm)->npages;
	ok(now == pages, "but the table has all of its pages", "%u, not %u", now, pages);
	ok_rc(luo_check(vm->data->session), "and nothing keeps the VM from being frozen");
}

static void of_a_stranger(struct vm *vm)
{
	struct stranger s;

	stranger_open(&s);
	ok_rc(map_bar(vm, &s.bar), "a BAR of another VM's device is mapped");
	leads_to(vm, &s.bar, "and reached there");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	not_in_session(vm, "it cannot be frozen without that device");
	in_another_session(vm, &s);
	closed(vm, &s);
	vm_call_off(vm);
	ok_rc(unmap_bar(vm, &s.bar), "the BAR is unmapped");
}

static void asleep(struct vm *vm)
{
	const struct bar stays = nic_bar(vm, 0), bar = nic_bar(vm, 1);

	ok_rc(vm_preserve(vm), "the VM is preserved");
	ok_rc(vfio_set_power_state(bar.dev, 3), "a guest sends its NIC to sleep");
	leads_nowhere(vm, &bar, "its registers are not reached any more");
	leads_to(vm, &stays, "those of the other are");
	ok_rc(vfio_set_power_state(bar.dev, 0), "it wakes the NIC");
	leads_nowhere(vm, &bar, "which changes nothing");
	ok_errno(unmap_bar(vm, &bar), EBUSY, "the table does not change");
	vm_call_off(vm);
	ok_rc(unmap_bar(vm, &bar), "until the update is called off");
	ok_rc(map_bar(vm, &bar), "the registers can be mapped again");
	leads_to(vm, &bar, "and are reached");
}

/* The BAR of a device that is not reset is not revoked either. */
static void not_reset(struct vm *vm)
{
	const struct bar bar = nic_bar(vm, 0);

	ok_errno(vfio_reset(bar.dev), EBUSY, "a guest cannot reset its NIC");
	leads_to(vm, &bar, "its registers are reached after that");
	ok_rc(vfio_write_function_reset(bar.dev), "it writes the bit for a function level reset");
	leads_to(vm, &bar, "they are reached after that");
	ok_errno(vfio_hot_reset(bar.dev), EBUSY, "nor can it reset the bus of the NIC");
	leads_to(vm, &bar, "they are reached after that");
}

static void stops_decoding(struct vm *vm, unsigned int i)
{
	const struct bar bar = nic_bar(vm, i);

	ok_rc(vfio_set_memory(bar.dev, false), "a guest turns the registers of its NIC off");
	leads_nowhere(vm, &bar, "they are not reached any more");
	ok_rc(vfio_set_memory(bar.dev, true), "and on again");
}

static void before(void)
{
	static const struct vm_shape two = { .session = "vm0", .ndevices = 2, .nspaces = 1 };
	struct vm *vm = story_vm(0);

	story_begin(&two, 1);
	ok_rc(vm_mark(vm), "the HWPT is marked");
	map_bars(vm);
	of_a_stranger(vm);
	asleep(vm);
	story_preserve();
	not_reset(vm);
	stops_decoding(vm, 1);
	tables_record_again();
	story_leave();
}

static void differs(struct vm *vm, const struct bar *at, const char *name)
{
	struct adoption got;

	ok_errno(hwpt_adopt(vm->iommufd, vm->ioas[0], vm->data->space[0].token, &got), EBADE, name);
	ok(got.bad_iova == at->iova, "and the registers are named", "0x%llx",
	   (unsigned long long)got.bad_iova);
}

static void rebuild(struct vm *vm)
{
	const struct bar bar = nic_bar(vm, 0), revoked = nic_bar(vm, 1);
	struct bar wrong = revoked;

	wrong.iova = bar.iova;
	vm_map_space(vm, 0);
	differs(vm, &bar, "without the registers the table is not adopted");
	ok_rc(map_bar(vm, &wrong), "those of the wrong NIC are mapped");
	differs(vm, &bar, "which differ");
	ok_rc(unmap_bar(vm, &wrong), "they are unmapped");
	ok_rc(map_bar(vm, &bar), "the right ones are mapped");
	ok_rc(map_bar(vm, &revoked), "and those that were revoked");
	differs(vm, &revoked, "which the table lacks");
	ok_rc(unmap_bar(vm, &revoked), "they are unmapped");
}

static void go_on(struct vm *vm)
{
	const struct bar bar = nic_bar(vm, 0), again = nic_bar(vm, 1);

	leads_to(vm, &bar, "the registers are reached as before");
	ok_rc(map_bar(vm, &again), "the others can be mapped again");
	leads_to(vm, &again, "and are reached");
	stops_decoding(vm, 0);
	ok_rc(unmap_bar(vm, &bar), "both can be unmapped");
	ok_rc(unmap_bar(vm, &again), "in the ordinary way");
}

static void after(void)
{
	struct vm *vm = story_vm(0);

	story_arrive();
	story_retrieve();
	rebuild(vm);
	story_adopt();
	not_reset(vm);
	story_finish();
	go_on(vm);
	story_end();
}

SCENARIO(.name = "bars_go_along", .nics = "igb,igb", .timeout = 120,
	 .qemu = "-drive if=none,id=disk,driver=null-co,read-zeroes=on,size=1M"
		 " -device pcie-root-port,id=more,chassis=8,addr=08"
		 " -device nvme,bus=more,serial=more,drive=disk,cmb_size_mb=8",
	 .before = before, .after = after);
