// SPDX-License-Identifier: GPL-2.0
/*
 * Memory errors in memfds of 4 KiB pages and of huge pages, mapped for a device or not. Such a
 * memfd is refused until the page is punched out. If the error comes after preserve, the session
 * cannot be frozen: `iolu kexec --dry-run` says so, a strict host stays, and a host that is not
 * strict leaves the session behind. A VM beside them loses no frame.
 *
 * promise: 5, 7
 * red when: preserve looks for memory errors (`memfd_luo_check_error`): the memfds are preserved
 * red when: so does freeze (`memfd_luo_check_errors`): a strict host makes the kexec
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/command.h"
#include "os/klog.h"
#include "os/memory.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"

#define HAS_ERROR	"page of the memfd has a memory error"
#define SIZE		(2 * POOL_2M)

/* A memfd in a session, with a device or alone. Its first page breaks before preserve. */
static struct tenant {
	struct minimal_vm vm;
	bool device;
	uint64_t page;		/* size of its huge pages, or 0 */
	uint8_t *at;
} tenants[] = {
	{ .vm = { .name = "pages", .size = SIZE } },
	{ .vm = { .name = "huge pages", .size = SIZE }, .page = POOL_2M },
	{ .vm = { .name = "VM", .size = SIZE }, .device = true },
	{ .vm = { .name = "VM of huge pages", .size = SIZE }, .device = true, .page = POOL_2M },
};

#define for_each_tenant(t) for (t = tenants; t < tenants + ARRAY_SIZE(tenants); t++)

static const struct area mapped = { .iova = VM_RAM_IOVA, .length = SIZE, .writable = 1 };

static void find_device(struct tenant *t)
{
	pci_find_device(EXTRA_E1000E, t->page ? 1 : 0, t->vm.bdf);
}

static void make(struct tenant *t)
{
	t->vm.memfd = vm_huge_memfd(SIZE, t->page, 0);
	t->at = must_map(t->vm.memfd, SIZE, 0, "a memfd");
	memset(t->at, 1, SIZE);
	if (!t->device)
		return;
	find_device(t);
	minimal_vm_build_on(&t->vm);
}

static void punch_out(const struct tenant *t)
{
	if (t->device)
		ok_rc(ioas_unmap(t->vm.iommufd, t->vm.ioas, mapped.iova, SIZE), "it is unmapped");
	ok_rc(memory_punch_hole(t->vm.memfd, 0, t->page ? t->page : PAGE), "the page is punched out");
	if (t->device)
		ok_rc(ioas_map(t->vm.iommufd, t->vm.ioas, t->vm.memfd, &mapped), "it is mapped again");
}

static void preserve(struct tenant *t)
{
	int session = luo_create(t->vm.name);

	diag("%s", t->vm.name);
	memory_break(t->at);
	klog_skip();
	refused(luo_preserve_fd(session, t->vm.memfd, TOKEN_MEM(0)), EHWPOISON, HAS_ERROR,
		"a memfd with a memory error is refused");
	close(session);
	punch_out(t);
	if (t->device) {
		minimal_vm_preserve(&t->vm);
	} else {
		t->vm.session = luo_create(t->vm.name);
		ok_rc(luo_preserve_fd(t->vm.session, t->vm.memfd, TOKEN_MEM(0)), "then it is preserved");
	}
	ok_rc(luo_check(t->vm.name), "its session could be frozen");
}

static void cannot_be_frozen(const struct tenant *t)
{
	memory_break(t->at + SIZE - PAGE);
	klog_skip();
	refused(luo_check(t->vm.name), EHWPOISON, HAS_ERROR,
		"a session with another memory error cannot be frozen");
}

static void host_stays(void)
{
	kexec_load_next(story_stage());
	luo_let_go();
	iolu_tells(iolu("kexec", "--dry-run", NULL), 3, "session VM of huge pages cannot be frozen",
		   "the command tells beforehand");
	kexec_strict(true);
	klog_skip();
	reboot(RB_KEXEC);
	refused(-errno, EHWPOISON, "cannot be frozen, no kexec", "a strict host stays");
	kexec_strict(false);
}

static void before(void)
{
	struct tenant *t;

	story_begin(one_nic_each, 1);
	story_preserve();
	for_each_tenant(t) {
		make(t);
		preserve(t);
	}
	for_each_tenant(t)
		cannot_be_frozen(t);
	ok_rc(luo_check(story_vm(0)->data->session), "that of the VM beside them can");
	host_stays();
	story_leave();
}

static void after(void)
{
	struct tenant *t;
	struct pool pool;

	story_arrive();
	for_each_tenant(t) {
		ok_errno(luo_try_retrieve(t->vm.name), ENOENT, "the session was left behind");
		if (!t->device)
			continue;
		find_device(t);
		ok(!pci_bus_master(t->vm.bdf) && pci_update_state(t->vm.bdf, "none"),
		   "its device is an ordinary one", "it is not");
	}
	pool_read(&pool, POOL_2M);
	ok(pool.free == pool.pages && pool.pages == cmdline_number("hugepages", 0),
	   "the pool has all pages that the command line asks for", "%llu of %llu are free",
	   (unsigned long long)pool.free, (unsigned long long)pool.pages);
	story_go_on();
}

SCENARIO(.name = "memory_errors", .cmdline = "lu.rate=300 hugepagesz=2M hugepages=8",
	 .qemu = "-device pcie-root-port,id=a,chassis=8,addr=08 -device e1000e,bus=a"
		 " -device pcie-root-port,id=b,chassis=9,addr=09 -device e1000e,bus=b",
	 .command = true, .timeout = 120, .before = before, .after = after);
