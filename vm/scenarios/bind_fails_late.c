// SPDX-License-Identifier: GPL-2.0
/*
 * A guest reads the expansion ROM of its device all the time, up to the kexec; the enable bit of
 * the ROM changes with each read and tells nothing about the device. In the next kernel the VMM
 * binds the device, and the answer cannot be written to its memory: the device is closed again and
 * still receives. Then it is bound and taken over as usual.
 *
 * promise: 1, 6
 * red when: closing leaves an incoming device as it is (`vfio_pci_liveupdate_disable`): the device is
 *   reset; without a mask for the enable bit in `pci_lu_same_function` the device is isolated in 2
 *   of 6 runs
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "device/pci.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

static void read_rom_forever(int dev)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_ROM_REGION_INDEX,
	};
	uint32_t word;

	must_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, &info, "get the ROM region");
	ok(info.size > 0, "the device has a ROM", "it has none");
	if (fork())
		return;
	for (;;)
		if (pread(dev, &word, sizeof(word), info.offset) < 0)
			sleep_ms(1);
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	read_rom_forever(story_vm(0)->device[0].dev);
	story_preserve();
	story_leave();
}

static bool receiving(const struct vm *vm, const char *bdf)
{
	volatile uint32_t *regs = pci_map_bar0(bdf);
	bool on = vm->device[0].ops->running(regs);

	vfio_unmap_bar0(regs);
	return on;
}

/* The answer goes to a page that can only be read. */
static int bind_without_answer(struct vm *vm)
{
	struct vfio_device_bind_iommufd *arg;
	int rc;

	arg = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (arg == MAP_FAILED)
		bail_out("no page for the argument");
	arg->argsz = sizeof(*arg);
	arg->iommufd = vm->iommufd;
	mprotect(arg, PAGE, PROT_READ);
	rc = try_ioctl(vm->device[0].dev, VFIO_DEVICE_BIND_IOMMUFD, arg);
	munmap(arg, PAGE);
	return rc;
}

static void take_regs(struct vm *vm)
{
	struct dma_device *nic = &vm->device[0];

	nic->regs = vfio_map_bar0(nic->dev);
	ok_nic(0, nic->ops->running(nic->regs), "it receives when it is taken over", "it does not");
}

static void after(void)
{
	struct vm *vm = story_vm(0);
	const char *bdf;

	story_arrive();
	bdf = state_get()->vm[0].device[0].bdf;
	pci_bind_vfio(bdf);
	ok_rc(vm_retrieve(vm, &state_get()->vm[0]), "all is retrieved");
	ok_errno(bind_without_answer(vm), EFAULT, "a bind whose answer cannot be written fails");
	ok(pci_bus_master(bdf), "the device is still bus master", "it is not");
	ok(receiving(vm, bdf), "it still receives", "it was reset");
	ok_rc(vm_bind(vm), "it can be bound again");
	take_regs(vm);
	story_adopt();
	story_finish();
	story_end();
}

SCENARIO(.name = "bind_fails_late", .nics = "e1000e", .cmdline = "lu.rate=300",
	 .before = before, .after = after);
