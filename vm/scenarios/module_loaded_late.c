// SPDX-License-Identifier: GPL-2.0
/*
 * iommufd and vfio-pci are modules, and the next kernel starts without them. The NIC runs on, a
 * session of memfds is restored, the VM's session waits and loses nothing. When a program loads
 * modules at the kernel's request, the VM's session is restored as well. The kernel after that
 * one has the modules from the start: they cannot be unloaded until the session is finished.
 *
 * promise: 1, 5, 7
 * red when: the kernel asks for no module when a file needs its handler (`luo_need_handler()`):
 *   ENOPKG, also with all modules at hand
 */
#include <errno.h>
#include <unistd.h>

#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "os/klog.h"
#include "os/modules.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

static void stay_loaded(const char *fact)
{
	int vfio = module_unload("vfio_pci"), iommufd = module_unload("iommufd");

	ok(vfio == -EWOULDBLOCK && iommufd == -EWOULDBLOCK, fact, "errors %d and %d", -vfio,
	   -iommufd);
}

static void before(void)
{
	story_begin(one_nic_each, 1);
	kexec_keep_next();
	story_preserve();
	stay_loaded("no module can be unloaded while a file of it is preserved");
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

static void load_late(void)
{
	int session, iommufd;

	story_arrive();
	session = luo_retrieve(state_get()->vm[0].session);
	wait_for_modules(session);
	modules_be_modprobe();
	iommufd = luo_retrieve_fd(session, TOKEN_IOMMUFD);
	ok(iommufd >= 0, "the kernel has the modules loaded when a file needs them", "error %d",
	   -iommufd);
	close(iommufd);
	close(session);
}

/* No process has a file of vfio-pci open, and no device is bound to it. */
static void load_first(void)
{
	modules_load();
	story_arrive();
	stay_loaded("no module can be unloaded while a file of it waits to be retrieved");
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
