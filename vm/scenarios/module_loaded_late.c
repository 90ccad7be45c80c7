// SPDX-License-Identifier: GPL-2.0
/*
 * iommufd and vfio-pci are modules, and the next kernel starts without them. The NIC runs on, a
 * session of memfds is restored, the VM's session waits and loses nothing. When a program loads
 * modules at the kernel's request, the VM's session is restored as well. The kernel after that
 * one has the modules from the start. Until a program opens /dev/liveupdate vfio-pci can be
 * unloaded, and the NIC runs on; from then on it cannot, until the session is finished.
 *
 * What is built in keeps other drivers and resets from the NIC, before there are modules.
 *
 * promise: 1, 5, 7
 * red when: the kernel asks for no module when a file needs its handler (`luo_need_handler()`):
 *   ENOPKG, also with all modules at hand
 * red when: a preserved file keeps no module (no `try_module_get()` in `luo_preserve_file()`): the
 *   modules have no more users than before
 * red when: a file that waits keeps no module (no `try_module_get()` in `luo_get_handler()`):
 *   vfio-pci is unloaded
 * red when: the rules begin with the driver of vfio-pci (`pci_liveupdate_may_probe()`,
 *   `pci_liveupdate_no_reset()`): another driver is bound, and the NIC is reset
 */
#include <errno.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/modules.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

/* The users of both modules. Whatever the files are, vfio uses iommufd as long as it is loaded. */
struct users {
	int iommufd, vfio_pci;
};

static struct users users(void)
{
	return (struct users){ module_users("iommufd"), module_users("vfio_pci") };
}

static void one_more(struct users before, const char *fact)
{
	struct users now = users();

	ok(now.iommufd == before.iommufd + 1 && now.vfio_pci == before.vfio_pci + 1, fact,
	   "users of iommufd %d and %d, of vfio-pci %d and %d", before.iommufd, now.iommufd,
	   before.vfio_pci, now.vfio_pci);
}

static void stays_loaded(const char *fact)
{
	ok_errno(module_unload("vfio_pci"), EWOULDBLOCK, fact);
}

/* The session keeps them; the NIC is looked at through sysfs from now on. */
static void close_files(struct vm *vm)
{
	struct dma_device *d = &vm->device[0];

	dma_device_unmap(d);
	close(d->dev);
	close(vm->iommufd);
	dma_device_look(d, d->place->bdf, d->place->model);
}

static void before(void)
{
	struct users open;

	story_begin(one_nic_each, 1);
	kexec_keep_next();
	open = users();
	story_preserve();
	one_more(open, "a preserved file keeps its module");
	close_files(story_vm(0));
	stays_loaded("vfio-pci cannot be unloaded while a file of it is preserved and not open");
	story_leave();
}

static void wait_for_modules(int session)
{
	static const char words[] = "no handler for its kind is loaded";

	klog_skip();
	refused(luo_retrieve_fd(session, TOKEN_DEVICE(0)), ENOPKG, words,
		"the device cannot be retrieved without its module");
	refused(luo_retrieve_fd(session, TOKEN_IOMMUFD), ENOPKG, words, "nor the iommufd");
	refused(luo_finish(session), ENOPKG, words, "the session cannot be finished");
	refused(luo_discard(session), ENOPKG, words,
		"nor discarded, since no handler says what its files are");
}

/* No module is loaded. */
static void left_alone(const char *bdf)
{
	pci_set(bdf, "driver_override", "pci-stub");
	ok_errno(pci_bind_to(bdf, "pci-stub"), EBUSY, "no other driver can have the NIC");
	pci_set(bdf, "driver_override", "\n");
	ok_errno(pci_set(bdf, "reset", "1"), EBUSY, "nor can it be reset");
}

static void load_late(void)
{
	int session, iommufd;

	story_arrive();
	left_alone(state_get()->vm[0].device[0].bdf);
	session = luo_retrieve(state_get()->vm[0].session);
	wait_for_modules(session);
	modules_be_modprobe();
	iommufd = luo_retrieve_fd(session, TOKEN_IOMMUFD);
	ok(iommufd >= 0, "the kernel has the modules loaded when a file needs them", "error %d",
	   -iommufd);
	close(iommufd);
	close(session);
}

/* Before a program opens /dev/liveupdate the kernel has not read which files come. */
static void unload_early(const char *bdf)
{
	modules_load();
	pci_bind_vfio(bdf);
	ok_rc(module_unload("vfio_pci"), "vfio-pci can be unloaded before the sessions are read");
	ok_nic(0, pci_update_state(bdf, "incoming") && pci_bus_master_path(bdf),
	       "the NIC runs on without it", "it does not");
	modules_load();
}

/* No process has a file of vfio-pci open, and no device is bound to it. */
static void load_first(void)
{
	char bdf[BDF_LEN];
	struct users none;

	dma_device_find(0, bdf);
	unload_early(bdf);
	none = users();
	story_arrive();
	one_more(none, "a file that waits to be retrieved keeps its module");
	stays_loaded("vfio-pci cannot be unloaded while a file of it waits to be retrieved");
}

static void after(void)
{
	bool last = story_stage() == 3;

	if (last)
		load_first();
	else
		load_late();
	story_retrieve();
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	if (!last) {
		story_preserve();
		story_leave();
	}
	story_judge();
	story_life();
	ok_rc(module_unload("vfio_pci"), "vfio-pci can be unloaded when nothing of it is left");
}

SCENARIO(.name = "module_loaded_late", .kernel = "modules", .cmdline2 = "lu.modules=0",
	 .updates = 2, .timeout = 150, .before = before, .after = after);
