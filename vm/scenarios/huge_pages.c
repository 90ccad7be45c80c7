// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs with memory in huge pages: the first one's RAM is a page of 1 GiB, all other memory
 * is in pages of 2 MiB. Three updates. The VMM of the second VM is killed in each, at another
 * step, its session is discarded, and a new VM takes its place. hugepages= on the command line
 * asks for as many pages as there are.
 *
 * A limit of the cgroup that is too low delays a VM and does not lose it. In the last update two
 * memfds with damaged records come as well; their pages are lost, and taken off the pool. The
 * kernels save the vmemmap of huge pages (HVO).
 *
 * The tables map huge pages with leaves of their size. The pools count pages that come before
 * they are retrieved, and have all of them back when the VMs are gone. The hugetlb cgroup of the
 * process that retrieves a file is charged with its pages. `lurun --updates 25` makes more updates.
 *
 * promise: 1, 2, 5, 7, 9
 * red when: pages that come are counted before the pool is filled
 *   (`hugetlb_liveupdate_boot_alloc`): the pools have more pages than before
 * red when: pages are charged (`memfd_hugetlb_charge`): the cgroup is charged with none
 * red when: pages are counted where they are charged (`memfd_hugetlb_charge_memory`; an earlier
 *   kernel counted them before): memory.stat says 0 while the VM runs
 * red when: a retrieve that failed can be tried again (`can_retry`; an earlier kernel): the VM is
 *   lost when a limit is too low, also after it was raised
 * red when: pages that are still to come do not count as memory (`hugetlb_liveupdate_to_come`): the
 *   limit of committed memory is 561 MiB lower
 * red when: pages that never come are taken off (`memfd_hugetlb_pool_ended`; an earlier kernel
 *   did so for pages in a list that it could read): the pool has 2 pages that are not there
 * red when: a preserved file keeps its size and pages (`MEMFD_HUGETLB_FROZEN`, with `frozen` 0):
 *   a hole can be punched, and the file can shrink and grow
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommu/walk.h"
#include "kapi/damage.h"
#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "os/cgroup.h"
#include "os/klog.h"
#include "os/memory.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/crash.h"
#include "story/story.h"

#define UPDATES	3
#define LIMIT	"limit of the cgroup is below its huge pages"

static const enum crash_step crash[UPDATES] = { CRASH_MEMORY, CRASH_ADOPT, CRASH_SESSION };

static const struct vm_shape shapes[] = {
	{ .session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1, .ram_page = POOL_1G },
	{ .session = "vm1", .first_device = 1, .ndevices = 1, .nspaces = 1, .ram_page = POOL_2M },
};

static const struct {
	const char *session;
	uint64_t pos;		/* of the file, by which its record is found */
	enum damage_huge at;
} damaged[] = {
	{ "unreadable list", 0x5ca1ab1e0001, DAMAGE_HUGE_LIST },
	{ "invalid record", 0x5ca1ab1e0002, DAMAGE_HUGE_SIZE },
};

static void pools_read(struct pool pool[2])
{
	pool_read(&pool[0], POOL_2M);
	pool_read(&pool[1], POOL_1G);
}

static void pools_same(const char *when)
{
	pool_same(&state_get()->pool[0], POOL_2M, when);
	pool_same(&state_get()->pool[1], POOL_1G, when);
}

static void charged_as(bool reserved, uint64_t large, uint64_t small, const char *name)
{
	uint64_t is_large = cgroup_hugetlb(POOL_1G, reserved);
	uint64_t is_small = cgroup_hugetlb(POOL_2M, reserved);

	ok(is_large == large && is_small == small, name,
	   "%llu and %llu bytes%s, not %llu and %llu", (unsigned long long)is_large,
	   (unsigned long long)is_small, reserved ? " reserved" : "",
	   (unsigned long long)large, (unsigned long long)small);
}

/*
 * Huge pages of the retrieving process are charged to its cgroup, as in use and as reserved, and
 * as memory.
 */
static void charged(uint64_t large, uint64_t small, const char *name)
{
	uint64_t memory = cgroup_memory_hugetlb();

	charged_as(false, large, small, name);
	charged_as(true, large, small, name);
	ok(memory == large + small, "and its memory.stat says the same", "%lld bytes, not %llu",
	   (long long)memory, (unsigned long long)(large + small));
}

static uint64_t huge_bytes(const struct vm_data *data, uint64_t page)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < data->nmems; i++)
		bytes += data->mem_page[i] == page ? data->mem_size[i] : 0;
	return bytes;
}

/* Leaves of the size of the pages, but for the first MiB of RAM, which is mapped once more */
static void leaves_are_large(void)
{
	const struct walk *record = state_map(STATE_WALK, sizeof(*record));
	uint64_t expected = 2 * MIB / PAGE;
	struct vm *vm;

	for_each_vm(vm) {
		expected += vm == story_vm(0) ? 1 : VM_RAM_SIZE / POOL_2M;
		expected += vm->data->mem_size[vm->data->device[0].mem] / POOL_2M - 1;
	}
	ok(record->leaves == expected, "huge pages are mapped by leaves of their size",
	   "%llu leaves, not %llu", (unsigned long long)record->leaves,
	   (unsigned long long)expected);
}

/* A file that is preserved keeps its pages; one that is not has given nothing away. */
static void called_off(struct vm *vm)
{
	int fd = vm_huge_memfd(2 * POOL_2M, POOL_2M, 0), session = luo_create("spare");
	struct pool was, is;

	pool_read(&was, POOL_2M);
	ok_rc(luo_preserve_fd(session, fd, 1), "a memfd of two holes is preserved");
	ok_errno(memory_punch_hole(fd, 0, POOL_2M), EPERM, "then no hole can be punched");
	ok_errno(ftruncate(fd, POOL_2M) ? -errno : 0, EPERM, "it cannot shrink");
	ok_errno(ftruncate(fd, 3 * POOL_2M) ? -errno : 0, EPERM, "or grow");
	close(session);
	pool_read(&is, POOL_2M);
	ok(is.free + 2 == was.free, "its holes are filled", "%llu free pages, %llu before",
	   (unsigned long long)is.free, (unsigned long long)was.free);
	ok_rc(memory_punch_hole(fd, 0, POOL_2M), "after unpreserve a hole can be punched");
	ok_rc(ftruncate(fd, POOL_2M) ? -errno : 0, "and it can shrink");
	close(fd);
	ok_rc(vm_preserve_memory(vm), "the VM's memory is preserved");
	pool_read(&was, POOL_2M);
	vm_call_off(vm);
	pool_same(&was, POOL_2M, "after unpreserve");
}

/* The struct pages of a huge page of 2 MiB are 8 pages, and one of them is enough. */
static void vmemmap_is_optimized(void)
{
	uint64_t was = pool_vmemmap(), is;
	struct pool pool;

	pool_read(&pool, POOL_2M);
	pool_resize(POOL_2M, pool.pages + 1);
	is = pool_vmemmap();
	ok(is + 7 == was, "the kernel saves the vmemmap of huge pages", "%llu pages, were %llu",
	   (unsigned long long)is, (unsigned long long)was);
	pool_resize(POOL_2M, pool.pages);
}

static void before(void)
{
	story_begin(shapes, 2);
	kexec_keep_next();
	vmemmap_is_optimized();
	called_off(story_vm(0));
	story_preserve();
	leaves_are_large();
	pools_read(state_get()->pool);
	story_leave();
}

static void discard(struct vm_data *data)
{
	int session = luo_try_retrieve(data->session);
	struct pool was, is;
	uint64_t pages = huge_bytes(data, POOL_2M) / POOL_2M;

	pool_read(&was, POOL_2M);
	ok_rc(luo_discard(session), "the session of the dead VMM is discarded");
	close(session);
	mark_nic(1, "quiet");
	pool_read(&is, POOL_2M);
	ok(is.free == was.free + pages && is.pages == was.pages,
	   "its huge pages are free pages of the pool", "%llu of %llu free, then %llu of %llu",
	   (unsigned long long)was.free, (unsigned long long)was.pages,
	   (unsigned long long)is.free, (unsigned long long)is.pages);
}

/* Pages to come are not part of memory yet, so they are not what huge pages take from it. */
static void commit_limit(void)
{
	const struct pool *pool = state_get()->pool;
	uint64_t present = pool[0].free * POOL_2M + pool[1].free * POOL_1G;
	uint64_t expected = (memory_total() - present) / 2, limit = memory_commit_limit();

	ok(limit <= expected && limit + 2 * PAGE > expected, "half of all other memory can be committed",
	   "%llu of %llu bytes", (unsigned long long)limit, (unsigned long long)expected);
}

static void limited(const struct vm_data *data)
{
	unsigned int i, mem[] = { data->device[0].mem, VM_RAM };
	int session = luo_retrieve(data->session), fd;
	struct pool was;

	pool_read(&was, POOL_2M);
	cgroup_limit("hugetlb.2MB", "4M");
	klog_skip();
	refused(luo_retrieve_fd(session, TOKEN_MEM(mem[0])), EDQUOT, LIMIT,
		"a cgroup without room for huge pages ends retrieve");
	cgroup_limit("hugetlb.2MB", "max");
	cgroup_limit("memory", "64M");
	klog_skip();
	refused(luo_retrieve_fd(session, TOKEN_MEM(mem[1])), EDQUOT, LIMIT,
		"so does one without room for memory");
	cgroup_limit("memory", "max");
	charged(0, 0, "such a cgroup is charged with none");
	pool_same(&was, POOL_2M, "then");
	for (i = 0; i < ARRAY_SIZE(mem); i++) {
		fd = luo_retrieve_fd(session, TOKEN_MEM(mem[i]));
		ok_rc(fd < 0 ? fd : 0, "with a higher limit the memory is retrieved");
		close(fd);
	}
	close(session);
}

static void preserve_damaged(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(damaged); i++) {
		fd = vm_huge_memfd(POOL_2M, POOL_2M, 0);
		lseek(fd, damaged[i].pos, SEEK_SET);
		ok_rc(luo_preserve_fd(luo_create(damaged[i].session), fd, 1),
		      damaged[i].session);
		damage_huge(damaged[i].pos, damaged[i].at);
		state_get()->pool[0].free--;
	}
}

static void discard_damaged(void)
{
	struct pool was, is;
	unsigned int i;
	int session;

	pool_read(&was, POOL_2M);
	for (i = 0; i < ARRAY_SIZE(damaged); i++) {
		session = luo_retrieve(damaged[i].session);
		ok_errno(luo_retrieve_fd(session, 1), EBADMSG, damaged[i].session);
		ok_rc(luo_finish(session), "its session is finished");
		close(session);
	}
	pool_read(&is, POOL_2M);
	ok(is.pages + ARRAY_SIZE(damaged) == was.pages && is.free == was.free,
	   "pages that never come are taken off the pool", "%llu of %llu free, then %llu of %llu",
	   (unsigned long long)was.free, (unsigned long long)was.pages,
	   (unsigned long long)is.free, (unsigned long long)is.pages);
}

static void next_tenant(void)
{
	struct vm *vm = story_vm(1);

	vm_create(vm, &state_get()->vm[1], &shapes[1]);
	mark_nic(1, "used");
	vm_start_reception(vm);
	/* Preserve has filled the hole of the one before */
	vm->mem[vm->data->device[0].mem][vm->data->mem_size[vm->data->device[0].mem] - 1] = 0;
	ok_rc(vm_mark(vm), "the device serves its next VM, which is marked");
}

static void all_gone(void)
{
	struct pool is[2];
	struct vm *vm;
	unsigned int i;

	for_each_vm(vm) {
		for (i = 0; i < vm->data->nmems; i++) {
			munmap(vm->mem[i], vm->data->mem_size[i]);
			close(vm->mem_fd[i]);
		}
	}
	pools_read(is);
	ok(is[0].free == is[0].pages && is[1].free == is[1].pages && !is[0].reserved &&
	   !is[1].reserved, "when the VMs are gone, all huge pages are free",
	   "%llu of %llu, %llu of %llu", (unsigned long long)is[0].free,
	   (unsigned long long)is[0].pages, (unsigned long long)is[1].free,
	   (unsigned long long)is[1].pages);
	charged(0, 0, "and the cgroup is charged with none");
}

static void remember_or_compare(struct state *state)
{
	uint64_t left = memory_left(), records = kho_records();

	if (state->updates == 1) {
		state->left = left;
		state->records = records;
	}
	ok(left + MIB >= state->left && records == state->records,
	   "memory and records in use do not grow", "%lld bytes more, %llu records, not %llu",
	   (long long)(state->left - left), (unsigned long long)records,
	   (unsigned long long)state->records);
}

static void after(void)
{
	unsigned int updates = cmdline_number("lu.updates", UPDATES);
	struct state *state;

	story_arrive();
	state = state_get();
	pools_same("before anything is retrieved");
	commit_limit();
	cgroup_make_hugetlb();
	cgroup_enter();
	crash_after(&state->vm[1], crash[(state->updates - 1) % UPDATES]);
	discard(&state->vm[1]);
	charged(0, 0, "a cgroup is charged with none of the pages that wait or were discarded");
	if (state->updates == 1)
		limited(&state->vm[0]);
	story_take_over(story_vm(0));
	charged(huge_bytes(story_vm(0)->data, POOL_1G), huge_bytes(story_vm(0)->data, POOL_2M),
		"it is charged with those that its process retrieves");
	ok(vm_ram_intact(story_vm(0)), "the RAM has its contents", "it has not");
	next_tenant();
	pools_same("with the next VM");
	remember_or_compare(state);
	if (state->updates < updates) {
		if (state->updates == updates - 1)
			preserve_damaged();
		story_preserve();
		leaves_are_large();
		story_leave();
	}
	discard_damaged();
	story_discard_from(1);
	story_end();
	all_gone();
}

SCENARIO(.name = "huge_pages", .nics = "igb,igb", .discarded = "1", .mem = 2560,
	 .cmdline = "lu.rate=300 hugetlb_free_vmemmap=on hugepagesz=1G hugepages=1 hugepagesz=2M hugepages=48",
	 .updates = UPDATES, .timeout = 200, .before = before, .after = after);
