// SPDX-License-Identifier: GPL-2.0
/*
 * A machine with two NUMA nodes; a VM and a session of files without a device have huge pages of
 * 2 MiB and 1 GiB on both nodes, most of them on the second node. Two updates: hugepages= on the
 * command line says how many pages there are, fewer than before, and in the second update how many
 * each node has.
 *
 * Each page stays on its node. The pools of the nodes count pages before they are retrieved: as
 * many as the command line asks for, divided as evenly as those that come allow. All are free when
 * the VM and the files are gone.
 *
 * promise: 1, 5, 9
 * red when: the rest of the pool is divided among the nodes (`memfd_hugetlb_divide`): 16 and 24 pages
 *   in the first update, not 18 and 22
 * red when: pages that come are taken off those that their node asks for (`per_node` in
 *   `hugetlb_liveupdate_boot_alloc`): 30 and 47 pages in the second update, not 17 and 25
 */
#define _GNU_SOURCE 1

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/numa.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define UPDATES		2
#define NODES		2
#define SESSION		"files"
#define GIGANTIC	"hugepagesz=1G hugepages=2 hugepagesz=2M hugepages="
#define FIRST		GIGANTIC "52"
#define TOTAL		GIGANTIC "40"
#define PER_NODE	"hugepagesz=1G hugepages=0:1,1:1 hugepagesz=2M hugepages=0:17,1:25"

/* Pages of 2 MiB that the command line asks for */
static const uint64_t total = 40, per_node[NODES] = { 17, 25 };

static const struct vm_shape shape = {
	.session = "vm0", .first_device = 0, .ndevices = 1, .nspaces = 1, .ram_page = POOL_2M,
};

/* Page i is on node[i % 2]. */
static const struct file {
	uint64_t page;
	unsigned int pages;
	unsigned int node[2];
} files[] = {
	{ POOL_2M, 6, { 0, 1 } },
	{ POOL_2M, 17, { 1, 1 } },
	{ POOL_1G, 1, { 0, 0 } },
};

static int file_fd[ARRAY_SIZE(files)];
static uint8_t *file_at[ARRAY_SIZE(files)];

static uint64_t word(unsigned int file, unsigned int page)
{
	return (file + 1) * 0x9e3779b97f4a7c15ull + page;
}

static void make_files(void)
{
	const struct file *f;
	unsigned int i, page;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		f = &files[i];
		file_fd[i] = vm_huge_memfd(f->pages * f->page, f->page, 0);
		file_at[i] = must_map(file_fd[i], f->pages * f->page, 0, "huge pages");
		for (page = 0; page < f->pages; page++) {
			numa_prefer(f->node[page % 2]);
			*(uint64_t *)(file_at[i] + page * f->page) = word(i, page);
		}
	}
	numa_prefer(NUMA_ANY);
}

static void preserve_files(void)
{
	int session = luo_create(SESSION), rc = 0;
	unsigned int i;

	for (i = 0; !rc && i < ARRAY_SIZE(files); i++)
		rc = luo_preserve_fd(session, file_fd[i], TOKEN_MEM(i));
	ok_rc(rc, "the files are preserved in a session");
}

static void retrieve_files(void)
{
	int session = luo_retrieve(SESSION);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		file_fd[i] = luo_retrieve_fd(session, TOKEN_MEM(i));
		if (file_fd[i] < 0)
			bail_out("retrieve file %u: %s", i, strerror(-file_fd[i]));
		file_at[i] = must_map(file_fd[i], files[i].pages * files[i].page, 0, "huge pages");
	}
	ok_rc(luo_finish(session), "the files are retrieved");
	close(session);
}

static void files_are_in_place(void)
{
	unsigned int i, page, moved = 0, changed = 0;
	const struct file *f;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		f = &files[i];
		for (page = 0; page < f->pages; page++) {
			changed += *(uint64_t *)(file_at[i] + page * f->page) != word(i, page);
			moved += numa_node_of(file_at[i] + page * f->page) != f->node[page % 2];
		}
	}
	ok(!moved && !changed, "each page of the files is on its node, with its contents",
	   "%u on another node, %u changed", moved, changed);
}

/* The RAM is on node 1. The rest is where preserve or the device has put it, on node 0. */
static void vm_is_in_place(const struct vm *vm)
{
	unsigned int moved = 0, i;
	uint64_t at;

	for (i = 0; i < vm->data->nmems; i++)
		for (at = 0; at < vm->data->mem_size[i]; at += POOL_2M)
			moved += numa_node_of(vm->mem[i] + at) != (i == VM_RAM);
	ok(!moved, "each page of the VM is on its node", "%u on another node", moved);
}

/* Pages of 2 MiB that the VM and the files have on a node */
static uint64_t used_2m(unsigned int node)
{
	const struct vm_data *data = &state_get()->vm[0];
	uint64_t pages = 0;
	unsigned int i, page;

	for (i = 0; i < data->nmems; i++)
		pages += (i == VM_RAM) == node ? data->mem_size[i] / POOL_2M : 0;
	for (i = 0; i < ARRAY_SIZE(files); i++)
		for (page = 0; files[i].page == POOL_2M && page < files[i].pages; page++)
			pages += files[i].node[page % 2] == node;
	return pages;
}

/* Those that the pool of a node has in this kernel */
static uint64_t pages_2m(unsigned int node)
{
	const uint64_t share = total / NODES, other = used_2m(!node), own = used_2m(node);

	if (state_get()->updates == UPDATES)
		return per_node[node];
	return own > share ? own : other > share ? total - other : share;
}

static void node_has(unsigned int node, uint64_t page, uint64_t pages, uint64_t in_use, const char *when)
{
	struct pool is;
	char name[120];

	pool_read_node(&is, page, node);
	snprintf(name, sizeof(name), "%s the pool of %llu MiB pages on node %u has as many as it should",
		 when, (unsigned long long)(page / MIB), node);
	ok(is.pages == pages && is.free + in_use == pages && !is.surplus, name,
	   "%llu pages, %llu free, %llu surplus; not %llu with %llu in use",
	   (unsigned long long)is.pages, (unsigned long long)is.free,
	   (unsigned long long)is.surplus, (unsigned long long)pages,
	   (unsigned long long)in_use);
}

static void nodes_have(bool in_use, const char *when)
{
	unsigned int node;

	for (node = 0; node < NODES; node++) {
		node_has(node, POOL_2M, pages_2m(node), in_use ? used_2m(node) : 0, when);
		node_has(node, POOL_1G, 1, in_use && !node, when);
	}
}

static void leave(void)
{
	preserve_files();
	story_preserve();
	if (state_get()->updates)
		kexec_replace_words(TOTAL, PER_NODE);
	else
		kexec_replace_words(FIRST, TOTAL);
	story_leave();
}

static void before(void)
{
	if (numa_nodes() != NODES)
		bail_out("%u NUMA nodes", numa_nodes());
	make_files();
	numa_prefer(1);
	story_begin(&shape, 1);
	numa_prefer(NUMA_ANY);
	kexec_keep_next();
	files_are_in_place();
	vm_is_in_place(story_vm(0));
	leave();
}

static void all_gone(const struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		munmap(file_at[i], files[i].pages * files[i].page);
		close(file_fd[i]);
	}
	for (i = 0; i < vm->data->nmems; i++) {
		munmap(vm->mem[i], vm->data->mem_size[i]);
		close(vm->mem_fd[i]);
	}
	nodes_have(false, "when VM and files are gone");
}

static void after(void)
{
	struct vm *vm = story_vm(0);

	story_arrive();
	nodes_have(true, "before anything is retrieved");
	retrieve_files();
	story_take_over(vm);
	files_are_in_place();
	vm_is_in_place(vm);
	ok(vm_ram_intact(vm), "the RAM has its contents", "it has not");
	nodes_have(true, "then");
	if (state_get()->updates < UPDATES)
		leave();
	story_end();
	all_gone(vm);
}

SCENARIO(.name = "huge_pages_nodes", .mem = 8192, .nodes = NODES, .cmdline = "lu.rate=300 " FIRST,
	 .updates = UPDATES, .timeout = 150, .before = before, .after = after);
