// SPDX-License-Identifier: GPL-2.0
/*
 * No session of the host can be frozen: the only VM is behind a bridge that lets nothing through.
 * The kexec leaves its session behind, and the next kernel boots without any. No traffic.
 *
 * promise: 7
 * red when: the last blocks of the list of sessions stay although they have no entry
 *   (`luo_session_write`): the next kernel panics, "Block contains invalid entry count: 0"
 */
#include <errno.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void before(void)
{
	struct vm *vm = story_alone();
	struct pci_path path;

	ok_rc(vm_mark(vm), "the HWPT is marked");
	ok_rc(vm_preserve(vm), "the VM is preserved");
	pci_path(vm->device[0].place->bdf, &path);
	pci_set_bus_master(path.bdf[0], false);
	kexec_load_next(story_stage());
	kexec_go();
}

static void after(void)
{
	char bdf[BDF_LEN];

	ok_errno(luo_try_retrieve("vm0"), ENOENT, "the session was left behind");
	ok(dma_device_find(0, bdf) && pci_update_state(bdf, "none"),
	   "its device is an ordinary one", "it is not");
	ok(luo_create("next") >= 0, "a session can be created", "it cannot");
}

SCENARIO(.name = "all_left_behind", .unpreserved = "0", .before = before, .after = after);
