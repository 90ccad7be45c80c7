// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM that manages its iommufd itself: memfds, IOAS, mappings, HWPT, device and interrupt are
 * made with plain ioctls. Before each update it imports them into a handle and saves; after the
 * update it takes descriptors and ids out of the handle, frees it, and manages them itself again.
 * Two updates: the first with as few calls as possible, which are counted; in the second RAM is in
 * the VMM's own session under a token of its own. The IOAS maps a BAR, too, which the device revokes
 * after the second save.
 *
 * promise: library
 * red when: the library does not record the vectors (`dup_vectors`): no interrupt arrives after
 *           the restore
 * red when: it preserves an imported memfd itself (`put_memfds`): the save is refused, its token is
 *           in use
 * red when: the bytes alone are compared (`iolu_check_areas`): VMs that could not be restored are
 *           accepted, and a VM whose device has revoked a BAR is not
 * red when: a restore maps no BAR (`iolu_map_bars`): restored page table and IOAS differ where the BAR
 *           was
 * red when: a BAR that was revoked after the save stays mapped (`iolu_unmap_revoked`): the same, in the
 *           second update
 * red when: a call more is made (`restore_counted`): it is not one of those that the guide lists
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"
#include "story/tables.h"

#include "iolu_counted.h"

#define TOKEN		TOKEN_MEM(VM_RAM)
#define BAR_IOVA	(VM_FREE_IOVA + 16 * MIB)
#define BAR_LENGTH	(4 * PAGE)

static const char *const memfds[] = { LIB_RAM, LIB_RING };

/* What is wrong in the VMM's own list */
enum error { NOTHING, OFFSETS_SWAPPED, ALL_WRITABLE };

static int import_map(struct iolu_vm *vm, const struct area *area, uint64_t first, uint64_t length,
		      bool writable)
{
	return iolu_vm_import_map(vm, "guest", memfds[area->mem], area->offset + first, area->iova,
				  length, writable ? LIB_RW : IOLU_MAP_READ);
}

/* In two pieces, though the kernel has one */
static int import_area(struct iolu_vm *vm, const struct area *area, enum error error)
{
	uint64_t length = area->length / 2 & ~(PAGE - 1), rest = area->length - length;
	bool writable = area->writable || error == ALL_WRITABLE;
	struct area second = *area;
	int rc = import_map(vm, area, error == OFFSETS_SWAPPED ? rest : 0, length, writable);

	second.iova += length;
	return rc ?: import_map(vm, &second, error == OFFSETS_SWAPPED ? 0 : length, rest, writable);
}

static int map_bar(const struct vm *vm)
{
	const struct area area = { .iova = BAR_IOVA, .length = BAR_LENGTH, .writable = 1 };
	int fd = vfio_export_bar(vm->device[0].dev, 0, area.length);
	int rc = fd < 0 ? fd : ioas_map(vm->iommufd, vm->ioas[0], fd, &area);

	close(fd);
	return rc;
}

static void import_objects(struct iolu_vm *vm, const struct vm *from, enum error error)
{
	const struct space *space = &from->data->space[0];
	const struct dma_device *d = &from->device[0];
	unsigned int i;

	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RING, from->mem_fd[1]), "another is added");
	lib_must(vm, iolu_vm_import_ioas(vm, "guest", from->ioas[0]), "the IOAS is imported");
	for (i = 0; i < space->nareas; i++)
		lib_must(vm, import_area(vm, &space->area[i], error), "and a mapping of it");
	lib_must(vm, iolu_vm_import_hwpt(vm, "table", "guest", from->hwpt[0]), "the HWPT is imported");
	lib_must(vm, iolu_vm_import_device(vm, d->place->bdf, d->dev, d->id, "table"),
		 "the device is imported");
	lib_must(vm, iolu_vm_import_irq(vm, d->place->bdf, IOLU_IRQ_MSIX, 1, &d->event),
		 "and its interrupt");
}

static struct iolu_vm *import_with(const struct vm *from, enum error error)
{
	struct iolu_vm *vm = lib_new(0);

	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_must(vm, iolu_vm_set_iommufd(vm, from->iommufd), "the iommufd is given");
	lib_must(vm, iolu_vm_import_memfd(vm, LIB_RAM, from->mem_fd[VM_RAM], TOKEN),
		 "a memfd is imported that the VMM preserves itself");
	import_objects(vm, from, error);
	return vm;
}

static struct iolu_vm *import(const struct vm *from)
{
	return import_with(from, NOTHING);
}

/* The calls that a VM needs, and no other: here, and in restore_counted() */
#define CALLS									\
	" iolu_vm_new iolu_vm_set_iommufd iolu_vm_add_memfd iolu_vm_import_ioas"	\
	" iolu_vm_import_map iolu_vm_import_hwpt iolu_vm_import_device"		\
	" iolu_vm_import_irq iolu_vm_save"					\
	" iolu_vm_restore iolu_vm_finish iolu_vm_free "

static void save_counted(const struct vm *from)
{
	struct iolu_vm *vm;

	luo_let_go();
	lib_count(true);
	vm = lib_new(0);
	lib_must(vm, iolu_vm_set_iommufd(vm, from->iommufd), "the iommufd is given");
	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, from->mem_fd[VM_RAM]), "a memfd is added");
	import_objects(vm, from, NOTHING);
	mark("preserve.begin");
	lib_must(vm, iolu_vm_save(vm), "the VM is saved");
	mark("preserve.end");
	lib_count(false);
	tables_record();
}

static void save(const struct vm *from)
{
	struct iolu_vm *vm = import(from);
	int session = luo_create(from->data->session);

	ok(!iolu_vm_check(vm), "the VM could be preserved", "%s", iolu_vm_reason(vm));
	ok_rc(luo_preserve_fd(session, from->mem_fd[VM_RAM], TOKEN), "the VMM preserves its RAM");
	ok(iolu_vm_check(vm) == 1, "then that cannot be tried any more", "%s", iolu_vm_reason(vm));
	lib_must(vm, iolu_vm_set_session_fd(vm, session), "the library gets the VMM's session");
	mark("preserve.begin");
	lib_must(vm, iolu_vm_save(vm), "and saves the VM in it");
	mark("preserve.end");
	tables_record();
}

static void turn_bar_off(const struct vm *vm)
{
	int dev = vm->device[0].dev;

	ok(!vfio_set_memory(dev, false) && !vfio_set_memory(dev, true), "a guest turns the BAR off and on",
	   "an error");
}

/* -- imports that are refused -- */

static void refuses_save(struct iolu_vm *vm, int expected, const char *words, const char *fact)
{
	lib_refuses(vm, iolu_vm_check(vm), expected, words, fact);
	lib_refuses(vm, iolu_vm_save(vm), expected, words, "  nor is it");
	ok(!kho_records(), "  nothing is left of it", "%llu records",
	   (unsigned long long)kho_records());
	iolu_vm_free(vm);
}

/* Saved, these VMs could not be restored. */
static void test_wrong_maps(const struct vm *from)
{
	struct iolu_vm *vm = import(from);

	lib_must(vm, iolu_vm_import_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW),
		 "a mapping cannot be checked alone");
	refuses_save(vm, EBADE, "IOAS \"guest\": not preserved: mappings were changed without libiolu "
		     "(IOVA 0x180000000: the kernel maps no memory, the handle memfd \"ram\")",
		     "but a VM with a mapping too many could not be preserved");
	refuses_save(import_with(from, OFFSETS_SWAPPED), EBADE, "changed without libiolu (IOVA "
		     "0x20000000: the kernel maps offset 0x0 of memfd \"ring\", the handle offset 0x",
		     "a VM with two mappings exchanged could not be preserved");
	refuses_save(import_with(from, ALL_WRITABLE), EBADE, "changed without libiolu (IOVA "
		     "0x140000000: devices may read in the kernel, read and write in the handle)",
		     "a VM that may write to read-only memory could not be preserved");
}

/* No call of the VMM takes a BAR away that its device revokes. */
static void test_revoked_bar(const struct vm *from)
{
	struct iolu_vm *vm = import(from);

	turn_bar_off(from);
	ok(!iolu_vm_check(vm), "a VM whose device has revoked a BAR could be preserved", "%s",
	   iolu_vm_reason(vm));
	ok_rc(ioas_unmap(from->iommufd, from->ioas[0], BAR_IOVA, BAR_LENGTH), "the VMM unmaps it");
	ok_rc(map_bar(from), "and maps it again");
	ok(!iolu_vm_check(vm), "so it could then", "%s", iolu_vm_reason(vm));
	iolu_vm_free(vm);
}

static void test_wrong_id(const struct vm *from)
{
	const struct dma_device *d = &from->device[0];
	struct iolu_vm *vm = lib_new(0);

	lib_refuses(vm, iolu_vm_import_device(vm, d->place->bdf, d->dev, d->id + 1, NULL), EINVAL,
		    "has the id", "a device under another id is not imported");
	iolu_vm_free(vm);
}

static void test_refusals(const struct vm *from)
{
	const struct area *ram = &from->data->space[0].area[0];
	const char *bdf = from->data->device[0].bdf;
	struct iolu_vm *vm = import(from);

	lib_refuses(vm, iolu_vm_import_ioas(vm, "more", from->ioas[0]), EEXIST, "\"guest\" has the id",
		    "an IOAS is imported once");
	lib_refuses(vm, iolu_vm_import_ioas(vm, "more", 4711), ENOENT, "no IOAS with id 4711",
		    "an IOAS that is not there is not imported");
	lib_refuses(vm, import_area(vm, ram, NOTHING), EEXIST, "has a mapping at IOVA",
		    "a mapping is imported once");
	lib_refuses(vm, iolu_vm_import_hwpt(vm, "more", "guest", from->hwpt[0]), EEXIST,
		    "\"table\" has the id", "so is an HWPT");
	lib_refuses(vm, iolu_vm_import_device(vm, "0000:ff:00.0", from->device[0].dev, 1, NULL), EINVAL,
		    bdf, "a device under another address is not imported");
	lib_refuses(vm, iolu_vm_import_device(vm, bdf, from->iommufd, 1, NULL), EINVAL,
		    "not a device that is bound", "nor a descriptor that is no device");
	lib_refuses(vm, iolu_vm_import_memfd(vm, "more", from->mem_fd[1], 0x696f6c7500000000ull),
		    EINVAL, "one of the library", "nor a memfd under a token of the library");
	lib_refuses(vm, iolu_vm_import_irq(vm, bdf, IOLU_IRQ_MSI, 1, &from->device[0].event), EBUSY,
		    "interrupts armed", "nor a second interrupt type");
	lib_must(vm, iolu_vm_import_hwpt(vm, "more", "guest", 4711), "an HWPT cannot be checked then");
	refuses_save(vm, ENODEV, "\"more\": not preserved", "but one without device is refused");
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	kexec_keep_next();
	ok_rc(map_bar(story_vm(0)), "a BAR is mapped");
	test_refusals(story_vm(0));
	test_wrong_id(story_vm(0));
	test_wrong_maps(story_vm(0));
	test_revoked_bar(story_vm(0));
	save_counted(story_vm(0));
	story_leave();
}

/* -- the next kernel -- */

/* The VMM takes over all that it needs, and does without the library until the next update. */
static void take_out(struct iolu_vm *vm)
{
	struct vm *to = story_vm(0);

	lib_show(vm, 0);
	to->iommufd = dup(iolu_vm_iommufd(vm));
	to->mem_fd[VM_RAM] = dup(iolu_vm_memfd(vm, LIB_RAM));
	to->mem_fd[1] = dup(iolu_vm_memfd(vm, LIB_RING));
	to->ioas[0] = iolu_vm_ioas_id(vm, "guest");
	to->hwpt[0] = iolu_vm_hwpt_id(vm, "table");
	to->device[0].dev = dup(iolu_vm_device_fd(vm, to->data->device[0].bdf));
	to->device[0].id = iolu_vm_device_id(vm, to->data->device[0].bdf);
	to->device[0].event = dup(to->device[0].event);
}

static void judge_calls(void)
{
	const char *calls = state_get()->calls;

	fig("library_calls", lib_calls());
	ok(!strcmp(calls, CALLS), "a save and restore has needed the calls that the guide lists",
	   "%s", calls);
	ok(lib_calls() <= 12, "they are 12 at most", "%u", lib_calls());
}

static void restore_counted(void)
{
	struct iolu_vm *vm;

	luo_let_go();
	lib_count(true);
	vm = lib_new(0);
	lib_count(false);
	lib_watch(vm);
	lib_count(true);
	mark("retrieve.begin");
	lib_must(vm, iolu_vm_restore(vm), "the VM is restored");
	mark("attach.end");
	tables_compare("after adoption");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	lib_count(false);
	take_out(vm);
	lib_count(true);
	iolu_vm_free(vm);
	lib_count(false);
	judge_calls();
}

/* A second handle finds the IOAS adopted, perhaps without the BAR that its journal has. */
static struct iolu_vm *restore_again(struct iolu_vm *vm, int session)
{
	iolu_vm_free(vm);
	vm = lib_new(0);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	lib_must(vm, iolu_vm_set_session_fd(vm, session), "a second handle gets the session");
	lib_must(vm, iolu_vm_restore(vm), "and finds the VM restored");
	return vm;
}

static void restore(void)
{
	const char *name = state_get()->vm[0].session;
	int session = luo_retrieve(name), ram = luo_retrieve_fd(session, TOKEN);
	struct iolu_vm *vm = lib_new(0);

	ok(ram >= 0, "the VMM retrieves its RAM itself", "%s", strerror(-ram));
	lib_watch(vm);
	mark("retrieve.begin");
	lib_must(vm, iolu_vm_set_session_fd(vm, session), "the library gets the incoming session");
	lib_must(vm, iolu_vm_restore(vm), "and restores the VM");
	mark("attach.end");
	vm = restore_again(vm, session);
	tables_compare("after adoption");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	close(session);
	close(ram);
	ok(!iolu_vm_check(vm), "it could be preserved again", "%s", iolu_vm_reason(vm));
	take_out(vm);
	iolu_vm_free(vm);
}

static void after(void)
{
	story_arrive();
	if (state_get()->updates < 2)
		restore_counted();
	else
		restore();
	ok(vm_interrupt_arrives(&story_vm(0)->device[0]), "an interrupt arrives", "none");
	story_traffic("lu.post");
	if (state_get()->updates < 2) {
		save(story_vm(0));
		turn_bar_off(story_vm(0));
		tables_record_again();
		story_leave();
	}
	ok_rc(map_bar(story_vm(0)), "the BAR is not mapped, and can be");
	story_judge();
	story_life();
}

SCENARIO(.name = "library_import", .updates = 2, .timeout = 150, .before = before, .after = after);
