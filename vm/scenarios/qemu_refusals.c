// SPDX-License-Identifier: GPL-2.0
/*
 * VMs of QEMU that cannot be handed over because of an option of its command line: iolu-cpr names
 * the option, and QEMU continues. No guest runs, but in two cases the firmware must have run.
 *
 * promise: vm
 * red when: iolu-cpr does not look at the memory itself (`check_memory` in `cpr/put.c`): it says that
 *   a memfd "memory.10" is not sealed against shrinking
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

#define ROMS		0xc0000
#define VGA_MEMORY	(16 * MIB)
#define IOASES		8u
#define LOOKS		600

struct refused {
	const char *fact, *words;
	struct qemu_option options[4];
	bool (*ready)(int iommufd, uint32_t ioas);	/* NULL: vCPUs do not run */
};

/* The area that contains @iova */
static bool find_area(int iommufd, uint32_t ioas, uint64_t iova,
		      struct iommu_ioas_liveupdate_area *area)
{
	*area = (struct iommu_ioas_liveupdate_area){
		.size = sizeof(*area), .ioas_id = ioas, .iova = iova,
	};
	return !try_ioctl(iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, area) && area->iova <= iova;
}

/* The firmware has copied itself: there is RAM at the place of the ROMs. */
static bool roms_are_hidden(int iommufd, uint32_t ioas)
{
	struct iommu_ioas_liveupdate_area rom, ram;

	return find_area(iommufd, ioas, ROMS, &rom) && find_area(iommufd, ioas, 0, &ram) &&
	       rom.out_inode == ram.out_inode;
}

/* An area without a file */
static bool bars_are_mapped(int iommufd, uint32_t ioas)
{
	struct iommu_ioas_liveupdate_area area = { .size = sizeof(area), .ioas_id = ioas };

	while (!try_ioctl(iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, &area)) {
		if (!(area.out_flags & IOMMU_LIVEUPDATE_AREA_FILE))
			return true;
		area.iova += area.out_length;
	}
	return false;
}

static bool adapter_is_mapped(int iommufd, uint32_t ioas)
{
	struct iommu_ioas_liveupdate_area area = { .size = sizeof(area), .ioas_id = ioas };

	while (!try_ioctl(iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, &area)) {
		if (area.out_length == VGA_MEMORY)
			return true;
		area.iova += area.out_length;
	}
	return false;
}

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

static const struct refused refused[] = {
	{
		"firmware of -bios is refused",
		"\"pc.bios\", which cannot be sealed: "
		"give the firmware with -drive if=pflash instead of -bios",
		{
			{ "-drive", "-bios" },
			{ "if=pflash,format=raw,readonly=on,file=/usr/share/seabios/bios-256k.bin",
			  "/usr/share/seabios/bios-256k.bin" },
		},
		roms_are_hidden
	}, {
		"a save before the firmware has run is refused",
		"\"pc.rom\", which cannot be sealed: the firmware has not hidden it yet",
		{ { NULL, "-S" } },
		NULL
	}, {
		"memory that is not in a memfd is refused",
		"\"ram0\", which cannot be sealed: use memory-backend-memfd,share=on",
		{
			{ "memory-backend-memfd,id=ram0,size=128M,share=on",
			  "memory-backend-ram,id=ram0,size=128M,share=on" },
			{ NULL, "-S" },
		},
		NULL
	}, {
		"a VGA adapter is refused",
		"vga.vram\", which cannot be sealed: leave the VGA adapter out",
		{ { NULL, "-device" }, { NULL, "VGA,romfile=" } },
		adapter_is_mapped
	}, {
		"memory that QEMU has not mapped is refused",
		"at IOVA 0x400000000 devices reach memory that QEMU has not made as a memfd",
		{ { NULL, NULL } },
		map_more
	},
};

static const char *bdf(void)
{
	return state_get()->vm[0].device[0].bdf;
}

static void await(bool (*ready)(int iommufd, uint32_t ioas))
{
	unsigned int look, ioas;
	int iommufd;
	bool is = false;

	qemu_await();
	iommufd = vmm_copy_fd("iommu");
	for (look = 0; look < LOOKS && !is; look++) {
		sleep_ms(50);
		for (ioas = 0; ioas < IOASES && !is; ioas++)
			is = ready(iommufd, ioas);
	}
	close(iommufd);
	ok(is, "the firmware has run", "it has not");
}

static void try_to_save(void)
{
	qemu_exec(qemu_behind(bdf(), (const char *[]){ "/bin/iolu-cpr", "save", "vm0", QEMU_STATE,
						       NULL }));
}

static void refuse(const struct refused *r)
{
	qemu_change(r->options);
	vmm_run(qemu_command(bdf(), NULL), false);
	if (r->ready)
		await(r->ready);
	try_to_save();
	ok(vmm_says(r->words), r->fact, "it does not say \"%s\"", r->words);
	ok(vmm_says("not saved, QEMU continues"), "QEMU is executed again", "it is not");
	ok(vmm_says(r->ready ? "the VM runs" : "the VM is paused, as it was"),
	   "and continues as it was", "it does not say so");
	vmm_end(SIGKILL);
}

/* Such areas keep QEMU from executing any program. */
static void refuse_bars(void)
{
	static const struct qemu_option options[] = { { "x-no-mmap=on", "x-no-mmap=off" }, {} };

	qemu_change(options);
	vmm_run(qemu_command(bdf(), NULL), false);
	await(bars_are_mapped);
	try_to_save();
	ok(vmm_says("some memory regions do not support IOMMU_IOAS_CHANGE_PROCESS"),
	   "QEMU itself refuses while BARs are mapped", "it does not");
	vmm_end(SIGKILL);
}

static void before(void)
{
	size_t i;

	image_unpack();
	lib_plan(state_create(), 1);
	pci_bind_vfio(bdf());
	luo_let_go();
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		refuse(&refused[i]);
	refuse_bars();
}

SCENARIO(.name = "qemu_refusals", .image = true, .smp = 1, .timeout = 120,
	 .cmdline = QEMU_CMDLINE, .before = before);
