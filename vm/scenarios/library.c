// SPDX-License-Identifier: GPL-2.0
/*
 * A VM that lives on libiolu alone: built, saved, restored in one call, saved again through
 * the same handle, restored step by step, taken apart. One NIC receives all the time.
 *
 * The guest's own helpers are used for what is no business of the library: registers of the
 * NIC, frames, the way into the next kernel, judging. They look at struct vm, which show()
 * fills from what the library gives out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <iolu.h>

#include "guard.h"
#include "kexec.h"
#include "kho.h"
#include "pci.h"
#include "report.h"
#include "scenario.h"
#include "story.h"
#include "util.h"
#include "vfio.h"

#define RAM	"ram"
#define RING	"ring"
#define RW	(IOLU_MAP_READ | IOLU_MAP_WRITE)

static struct iolu_vm *vm;

static bool holds(int rc, const char *fact)
{
	return ok(rc >= 0, fact, "%s (error %d)", iolu_vm_reason(vm), -rc);
}

static void must(int rc, const char *fact)
{
	if (!holds(rc, fact))
		give_up("%s", iolu_vm_reason(vm));
}

/* The library's steps as the marks that the host makes phases of. */
static void on_step(void *last, const char *step, const char *object)
{
	static const struct {
		const char *step, *end, *begin;
	} marks[] = {
		{ "preserve memfd", NULL, "preserve.begin" },
		{ "retrieve session", NULL, "retrieve.begin" },
		{ "bind device", "retrieve.end", "bind.begin" },
		{ "arm interrupts", "bind.end", "rearm" },
		{ "rebuild IOAS", NULL, "adopt.begin" },
		{ "attach device", "adopt.end", "attach.begin" },
		{ "finish session", NULL, "finish.begin" },
	};
	char *before = last;
	size_t i;

	diag("%s %s", step, object);
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strcmp(marks[i].step, step) || !strcmp(before, step))
			continue;
		if (marks[i].end)
			mark(marks[i].end);
		mark(marks[i].begin);
	}
	snprintf(before, 32, "%s", step);
}

static void new_handle(void)
{
	static char last[32];

	if (iolu_vm_new("vm0", &vm))
		give_up("no handle");
	iolu_vm_set_progress(vm, on_step, last);
}

/* -- the old kernel -- */

static struct nic_place *plan(struct state *state)
{
	struct vm_data *data = &state->vm[0];
	struct nic_place *nic = &data->nic[0];

	state->nvms = 1;
	snprintf(data->session, sizeof(data->session), "vm0");
	data->preserved = data->nspaces = data->nnics = 1;
	data->nmems = 2;
	data->mem_size[VM_RAM] = VM_RAM_SIZE;
	data->mem_size[1] = RING_SIZE;
	if (!pci_find_nic(0, nic->bdf))
		give_up("there is no NIC");
	snprintf(nic->model, sizeof(nic->model), "%s", pci_model(nic->bdf));
	nic->mem = nic->msix = 1;
	nic->entries = RING_ENTRIES;
	nic->ring_iova = SCENARIO_GUARD_BASE;
	nic->buf_iova = nic->ring_iova + RING_BUFS_AT;
	return nic;
}

static void build(const struct nic_place *nic)
{
	int ram = vm_memfd(VM_RAM_SIZE, 0), ring = vm_memfd(RING_SIZE, 0);

	pci_bind_vfio(nic->bdf);
	new_handle();
	must(iolu_vm_add_memfd(vm, RAM, ram), "a memfd is added and sealed");
	must(iolu_vm_add_memfd(vm, RING, ring), "and another");
	close(ram);
	close(ring);
	must(iolu_vm_add_ioas(vm, "guest"), "an IOAS is added");
	must(iolu_vm_map(vm, "guest", RAM, 0, VM_RAM_IOVA, VM_RAM_SIZE, RW), "RAM is mapped");
	must(iolu_vm_map(vm, "guest", RAM, 0, VM_RAM_RO_IOVA, MIB, IOLU_MAP_READ),
	     "some of it again, read-only");
	must(iolu_vm_map(vm, "guest", RING, 0, nic->ring_iova, RING_SIZE, RW),
	     "the ring is mapped");
	must(iolu_vm_add_device(vm, nic->bdf), "the NIC is added");
	must(iolu_vm_add_hwpt(vm, "table", "guest", nic->bdf), "an HWPT is added");
	must(iolu_vm_attach(vm, nic->bdf, "table"), "the NIC is attached");
	must(iolu_vm_arm(vm, nic->bdf, IOLU_IRQ_MSIX, 1), "its interrupt is armed");
	must(iolu_vm_set_blob(vm, "nic", nic, sizeof(*nic)), "the VMM keeps something of its own");
}

/* What the library knows, for the guest's helpers. */
static void show(struct vm *to, struct vm_data *data)
{
	struct nic *nic = &to->nic[0];

	memset(to, 0, sizeof(*to));
	to->data = data;
	to->iommufd = iolu_vm_iommufd(vm);
	to->mem_fd[VM_RAM] = iolu_vm_memfd(vm, RAM);
	to->mem_fd[1] = iolu_vm_memfd(vm, RING);
	to->mem[VM_RAM] = must_map(to->mem_fd[VM_RAM], VM_RAM_SIZE, 0, "RAM");
	to->mem[1] = must_map(to->mem_fd[1], RING_SIZE, 0, "ring");
	nic->place = &data->nic[0];
	nic->ops = nic_ops_of(nic->place->model);
	nic->dev = iolu_vm_device_fd(vm, nic->place->bdf);
	nic->event = iolu_vm_vector_fd(vm, nic->place->bdf, IOLU_IRQ_MSIX, 0);
	nic->regs = vfio_map_bar0(nic->dev);
}

static void receive(struct vm *to)
{
	struct nic *nic = &to->nic[0];

	vm_ram_fill(to);
	nic_ring_fill(nic_ring(to, 0), nic->place->buf_iova, RING_ENTRIES);
	vfio_enable_bus_master(nic->dev);
	nic->ops->rx_start(nic->regs, nic->place->ring_iova, RING_ENTRIES);
	nic->ops->irq_enable(nic->regs);
	mark("rx_on");
	tx_start(0, story_rate(), cmdline_number("lu.len", 200));
	story_traffic("lu.pre");
	ok_nic(0, nic_head(nic->ops, nic->regs) > story_rate() && vm_interrupts(nic),
	       "frames and interrupts arrive in the old kernel", "receive head at %u",
	       nic_head(nic->ops, nic->regs));
}

static void save(void)
{
	must(iolu_vm_save(vm), "one call saves the VM");
	mark("preserve.end");
	ok(iolu_vm_map(vm, "guest", RAM, 0, VM_FREE_IOVA, MIB, RW) == -EBUSY &&
	   strstr(iolu_vm_reason(vm), "iolu_vm_unsave"), "nothing can be mapped then",
	   "%s", iolu_vm_reason(vm));
	tables_record();
	fig("records", kho_records());
}

static void before(void)
{
	struct state *state = state_create();
	struct nic_place *nic = plan(state);

	build(nic);
	show(story_vm(0), &state->vm[0]);
	if (guard_possible())
		guard_fill();
	receive(story_vm(0));
	kexec_keep_next();
	save();
	holds(iolu_vm_unsave(vm), "a save can be called off");
	ok(!kho_records(), "and leaves no trace", "%llu records", (unsigned long long)kho_records());
	save();
	story_leave();
}

/* -- the next kernels -- */

/* The guest's helpers hold /dev/liveupdate open all the time; it can be open only once. */
static int liveupdate_fd(void)
{
	char link[32], target[64];
	ssize_t n;
	int fd;

	for (fd = 0; fd < 64; fd++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		n = readlink(link, target, sizeof(target) - 1);
		if (n > 0 && !strncmp(target, "/dev/liveupdate", n))
			return fd;
	}
	give_up("nobody has /dev/liveupdate open");
}

static const struct nic_place *kept_place(void)
{
	const void *data = NULL;
	size_t size = 0;

	holds(iolu_vm_blob(vm, "nic", &data, &size), "what the VMM kept is there");
	if (size != sizeof(struct nic_place))
		give_up("the blob has %zu bytes", size);
	return data;
}

static void check_interrupt(struct nic *nic)
{
	ok(vm_interrupts(nic) >= 1, "the interrupt was signalled once, as one may be lost",
	   "it was not");
	ok(vm_interrupt_arrives(nic), "an interrupt of the NIC arrives", "none in a second");
}

/* The second kernel: all in one call. */
static void restore_at_once(void)
{
	must(iolu_vm_restore(vm), "one call restores the VM");
	mark("attach.end");
	show(story_vm(0), &state_get()->vm[0]);
	check_interrupt(&story_vm(0)->nic[0]);
}

/* The third: the VM could run, with its interrupts, before anything is adopted. */
static void restore_in_steps(void)
{
	must(iolu_vm_retrieve(vm), "the VM is retrieved");
	must(iolu_vm_rearm(vm), "its interrupts are armed");
	show(story_vm(0), &state_get()->vm[0]);
	check_interrupt(&story_vm(0)->nic[0]);
	ok(iolu_vm_finish(vm) == -EBUSY && strstr(iolu_vm_reason(vm), "\"table\" is not adopted"),
	   "it cannot be finished yet", "%s", iolu_vm_reason(vm));
	tables_compare("before adoption");
	must(iolu_vm_adopt(vm), "its tables are adopted");
	mark("attach.end");
}

static void finish(void)
{
	tables_compare("after adoption");
	must(iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	tables_compare("after finish");
}

static int remove_all(enum iolu_kind kind)
{
	const char *name;
	int rc = 0;

	while (!rc && (name = iolu_vm_next(vm, kind, NULL)))
		rc = iolu_vm_remove(vm, kind, name);
	return rc;
}

static void life(void)
{
	holds(iolu_vm_map(vm, "guest", RAM, 0, VM_FREE_IOVA, MIB, RW), "more can be mapped");
	holds(iolu_vm_unmap(vm, "guest", VM_FREE_IOVA, MIB), "and unmapped");
	ok(iolu_vm_remove(vm, IOLU_MEMFD, RAM) == -EBUSY, "what is mapped cannot be removed",
	   "%s", iolu_vm_reason(vm));
	nic_write(story_vm(0)->nic[0].regs, NIC_RCTL, 0);
	vfio_unmap_bar0(story_vm(0)->nic[0].regs);
	holds(remove_all(IOLU_DEVICE), "the device goes");
	holds(remove_all(IOLU_HWPT), "the HWPT goes");
	holds(remove_all(IOLU_IOAS), "the IOAS goes");
	holds(remove_all(IOLU_MEMFD), "the memory goes");
	iolu_vm_free(vm);
}

static void after(void)
{
	bool last;

	story_arrive();
	last = state_get()->updates == 2;
	new_handle();
	iolu_vm_set_liveupdate_fd(vm, liveupdate_fd());
	if (last)
		restore_in_steps();
	else
		restore_at_once();
	ok(!strcmp(kept_place()->bdf, state_get()->vm[0].nic[0].bdf), "and names the same NIC",
	   "it names %s", kept_place()->bdf);
	finish();
	story_traffic("lu.post");
	if (!last) {
		save();
		story_leave();
	}
	story_judge();
	life();
}

SCENARIO(.name = "library", .updates = 2, .timeout = 150, .before = before, .after = after);
