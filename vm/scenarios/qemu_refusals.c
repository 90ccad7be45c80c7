// SPDX-License-Identifier: GPL-2.0
/*
 * A VM of QEMU that cannot be handed over: iolu-cpr says why, and QEMU continues; or QEMU says it. A
 * VM that never ran can be handed over, and so can one whose BARs are mapped, or with a display.
 *
 * promise: vm
 * red when: an area without a memfd of QEMU is passed over (`import_area` in `cpr/put.c`): the kernel
 *   refuses the iommufd, in words that do not name an option of QEMU
 * red when: BARs are taken from the kernel (`learn_bar` in `lib/area.c`): a VM whose BARs are mapped is
 *   not saved
 * red when: a VM without a device is saved (`check_can_be_repeated` in `cpr/put.c`): it is saved
 * red when: a device without function level reset is saved (`cpr_check_reset` in `cpr/put.c`)
 * red when: the command registers are not written back (`watch` in `cpr/start.c`): after the refusal
 *   the device may not write to memory
 */
#define _GNU_SOURCE 1

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "lib/library.h"
#include "lib/qemu.h"
#include "lib/vmm.h"
#include "os/image.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define LOOKS		600

/* Not by QEMU: another program that has its iommufd */
static bool map_more(int iommufd, uint32_t ioas)
{
	const struct area area = { .iova = 16384 * MIB, .length = 4096, .writable = true };
	int memfd = memfd_create("more", 0);
	bool mapped = memfd >= 0 && !ftruncate(memfd, area.length) &&
		      !ioas_map(iommufd, ioas, memfd, &area);

	close(memfd);
	return mapped;
}

static unsigned int nic;

static const char *bdf(void)
{
	return state_get()->vm[nic].device[0].bdf;
}

static void await(bool (*done)(int iommufd, uint32_t ioas), const char *fact)
{
	unsigned int look, ioas;
	int iommufd;
	bool is = false;

	qemu_await();
	iommufd = vmm_copy_fd("iommu");
	for (look = 0; look < LOOKS && !is; look++) {
		sleep_ms(50);
		for (ioas = 0; ioas < QEMU_IOASES && !is; ioas++)
			is = done(iommufd, ioas);
	}
	close(iommufd);
	ok(is, fact, "no IOAS of %u", QEMU_IOASES);
}

static void start(const struct qemu_option *options)
{
	qemu_change(options);
	vmm_run(qemu_command(bdf(), NULL), false);
}

static const char *const *save_command(const char *device)
{
	return qemu_behind(device, (const char *[]){ "/bin/iolu-cpr", "save", "vm0", QEMU_STATE,
						     NULL });
}

static void try_to_save(void)
{
	qemu_exec(save_command(bdf()));
}

static void refuse_foreign_memory(void)
{
	start(NULL);
	await(map_more, "another program maps memory");
	try_to_save();
	vmm_must_say("at IOVA 0x400000000 devices reach memory that QEMU has not made as a memfd",
		     "memory that QEMU has not mapped is refused");
	vmm_must_say("not saved, QEMU continues", "QEMU is executed again");
	vmm_must_say("the VM runs", "and the VM runs");
	vmm_end(SIGKILL);
}

/* QEMU refuses that itself. */
static void refuse_memory_without_memfd(void)
{
	static const struct qemu_option options[] = {
		{ QEMU_MEMORY, "memory-backend-ram,id=ram0,size=128M" }, {},
	};

	start(options);
	qemu_must_refuse(save_command(bdf()), "pre-save failed: iommufd",
			 "QEMU itself refuses memory without a memfd");
	vmm_end(SIGKILL);
}

/* Its session would end with the process that has retrieved it. */
static void refuse_without_device(void)
{
	qemu_change(NULL);
	vmm_run(qemu_command(NULL, NULL), false);
	qemu_exec(save_command(NULL));
	vmm_must_say("the VM has no device, and a restore that fails would lose its memory",
		     "a VM without a device is refused");
	vmm_must_say("the VM runs", "and the VM runs");
	vmm_end(SIGKILL);
}

/* Memory that QEMU cannot seal; the firmware has not hidden its ROM yet. */
static void save_before_the_firmware_runs(void)
{
	static const struct qemu_option options[] = {
		{ QEMU_MEMORY, "memory-backend-ram,id=ram0,size=128M,share=on" }, { NULL, "-S" }, {},
	};

	start(options);
	qemu_await();
	try_to_save();
	vmm_must_say("iolu-cpr: saved",
		     "a VM that never ran is saved, in memory without a memfd of its own");
	vmm_signal(SIGUSR2);
	vmm_must_say("the VM is paused, as it was", "called off, it is paused as it was");
	vmm_end(SIGKILL);
}

/*
 * They keep neither QEMU from executing a program, nor the kernel from preserving the table. Nor
 * does the memory of a display.
 */
static void save_bars_and_display(void)
{
	static const struct qemu_option options[] = {
		{ NULL, "-device" }, { NULL, "VGA,romfile=" }, {},
	};

	start(options);
	await(qemu_maps_bars, "QEMU maps BARs");
	try_to_save();
	vmm_must_say("iolu-cpr: saved", "the VM is saved with them, and with its display");
	vmm_signal(SIGUSR2);
	vmm_must_say("the VM runs", "called off, it runs");
	vmm_end(SIGKILL);
}

static void set_up(unsigned int n)
{
	nic = n;
	pci_bind_vfio(bdf());
}

/* QEMU switches off the bus mastering of such a device, e1000e, when it is executed. */
static void refuse_without_reset(void)
{
	set_up(1);
	start(NULL);
	qemu_await();
	qemu_look_inside();
	ok(qemu_is_ready() && pci_bus_master(bdf()), "a guest uses a device without function level reset",
	   "its driver does not receive");
	try_to_save();
	vmm_must_say("has no function level reset: QEMU ends its DMA whenever it is executed",
		     "such a device is refused");
	vmm_must_say("the VM runs", "the VM runs");
	ok(pci_bus_master(bdf()), "and the device may write to memory again", "it may not");
	vmm_end(SIGKILL);
}

static void before(void)
{
	image_unpack();
	lib_plan(state_create(), 2);
	set_up(0);
	luo_let_go();
	refuse_foreign_memory();
	refuse_memory_without_memfd();
	refuse_without_device();
	save_before_the_firmware_runs();
	save_bars_and_display();
	refuse_without_reset();
}

SCENARIO(.name = "qemu_refusals", .nics = "igb,e1000e", .image = true, .smp = 1, .timeout = 120,
	 .cmdline = QEMU_CMDLINE, .before = before);
