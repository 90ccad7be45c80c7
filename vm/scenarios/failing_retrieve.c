// SPDX-License-Identifier: GPL-2.0
/*
 * Allocation failures while a session is retrieved. LUO keeps the error of a failed retrieve for
 * good, so an attempt costs a session; there are twenty, each with an iommufd and a device. In the
 * first update retrieving the n-th iommufd fails at the n-th allocation, in the second update
 * retrieving the n-th device. Failed sessions are discarded: the device is stopped and serves
 * another VM, the memory is freed, nothing leaks. The other sessions are restored. A NIC under
 * traffic is not disturbed.
 *
 * promise: 5
 * red when: a damaged iommufd isolates its devices (`iommu_liveupdate_isolate_domains`): the
 *   device of an iommufd that could not be retrieved can be opened
 * red when: a failed retrieve frees its allocations (`kfree(df)` in `vfio_pci_open_file`):
 *   kmemleak names `vfio_allocate_device_file`
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/failing.h"
#include "os/leaks.h"
#include "os/memory.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/minimal_vm.h"
#include "story/story.h"

#define VICTIMS		20u

enum { IOMMUFD_FAILS = 1, DEVICE_FAILS };	/* in which update */

static struct minimal_vm victims[VICTIMS];

#define for_each_victim(v) for (v = victims; v < victims + VICTIMS; v++)

static void find_victims(void)
{
	struct minimal_vm *v;

	for_each_victim(v) {
		pci_find_device(EXTRA_E1000E, v - victims, v->bdf);
		snprintf(v->name, sizeof(v->name), "victim%u", (unsigned int)(v - victims));
	}
}

static void leave(void)
{
	struct minimal_vm *v;

	for_each_victim(v) {
		minimal_vm_build(v);
		minimal_vm_preserve(v);
	}
	story_preserve();
	story_leave();
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	kexec_keep_next();
	find_victims();
	leave();
}

static void is(bool holds, const struct minimal_vm *v, const char *what, int rc)
{
	char name[100];

	snprintf(name, sizeof(name), "%s: %s", v->name, what);
	ok(holds, name, "error %d", rc < 0 ? -rc : 0);
}

/* A failing allocation ends with the right error, if it cannot be done without. */
static int retrieve(struct minimal_vm *v, uint64_t token, unsigned int nth, bool *hit)
{
	int fd;

	if (!nth)
		return luo_retrieve_fd(v->session, token);
	failing_begin(nth);
	fd = luo_retrieve_fd(v->session, token);
	*hit = failing_end();
	is(*hit ? fd >= 0 || fd == -ENOMEM : fd >= 0, v,
	   "there is memory, or the error says that there is none", fd);
	return fd;
}

static void restore(struct minimal_vm *v)
{
	struct adoption got;
	int rc = vfio_bind(v->dev, v->iommufd, &v->id);

	if (!rc)
		rc = minimal_vm_map(v);
	if (!rc)
		rc = hwpt_adopt(v->iommufd, v->ioas, MINIMAL_VM_TOKEN, &got);
	if (!rc)
		rc = vfio_attach(v->dev, got.hwpt);
	if (!rc)
		rc = luo_finish(v->session);
	is(!rc, v, "it is restored", rc);
}

static void discard(struct minimal_vm *v)
{
	int rc = luo_discard(v->session);

	is(!rc, v, "it is discarded", rc);
	is(!pci_bus_master(v->bdf), v, "its device is stopped", 0);
}

static void close_all(struct minimal_vm *v)
{
	close(v->session);
	if (v->dev >= 0)
		close(v->dev);
	if (v->iommufd >= 0)
		close(v->iommufd);
	close(v->memfd);
}

/* Returns the last result of luo_retrieve_fd(). */
static int attempt(struct minimal_vm *v, int fails, bool *hit)
{
	const unsigned int nth = v - victims + 1;

	pci_bind_vfio(v->bdf);
	v->session = luo_retrieve(v->name);
	v->memfd = luo_retrieve_fd(v->session, TOKEN_MEM(0));
	v->iommufd = retrieve(v, TOKEN_IOMMUFD, fails == IOMMUFD_FAILS ? nth : 0, hit);
	v->dev = retrieve(v, TOKEN_DEVICE(0), fails == DEVICE_FAILS ? nth : 0, hit);
	if (v->iommufd < 0)
		is(v->dev == -EIO, v, "its device cannot be had then", v->dev);
	if (v->dev >= 0)
		restore(v);
	else
		discard(v);
	close_all(v);
	return v->dev;
}

static void attempts(int fails)
{
	static const char *const what[] = {
		[IOMMUFD_FAILS] = "each allocation for an iommufd has failed once",
		[DEVICE_FAILS] = "each allocation for a device has failed once",
	};
	uint64_t before = memory_left(), now;
	unsigned int hits = 0, errors = 0;
	struct minimal_vm *v;
	bool hit = false;

	failing_quietly(true);
	for_each_victim(v) {
		errors += attempt(v, fails, &hit) < 0;
		hits += hit;
	}
	failing_quietly(false);
	diag("%u attempts failed, %u allocations of them", errors, hits);
	ok(errors && !hit, what[fails], "%u attempts failed, the last one too", errors);
	now = memory_left();
	ok(now + MINIMAL_VM_SIZE > before + VICTIMS * MINIMAL_VM_SIZE,
	   "the memory of all of them is free again", "%llu bytes before, %llu after",
	   (unsigned long long)before, (unsigned long long)now);
}

static void after(void)
{
	story_arrive();
	find_victims();
	story_take_over(story_vm(0));
	attempts(state_get()->updates);
	if (state_get()->updates < DEVICE_FAILS) {
		leaks_look();
		leave();
	}
	story_end();
}

/* Slots 12 and 13 are those of the virtual functions that the NIC may have. */
#define ON_ROOT(addr)	" -device e1000e,addr=" addr

SCENARIO(.name = "failing_retrieve", .kernel = "debug", .cmdline = "lu.rate=50",
	 .nics = "root:igb",
	 .qemu = ON_ROOT("3") ON_ROOT("4") ON_ROOT("5") ON_ROOT("6") ON_ROOT("7") ON_ROOT("8")
		 ON_ROOT("9") ON_ROOT("a") ON_ROOT("b") ON_ROOT("c") ON_ROOT("d") ON_ROOT("e")
		 ON_ROOT("f") ON_ROOT("10") ON_ROOT("11") ON_ROOT("14") ON_ROOT("15")
		 ON_ROOT("16") ON_ROOT("17") ON_ROOT("18"),
	 .updates = DEVICE_FAILS, .timeout = 200, .before = before, .after = after);
