// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM as a service of systemd: its VM is built by libiolu, has a NIC that receives all the
 * time, and outlives the process in the unit's file descriptor store.
 *
 * It runs as a user who may open none of these files: session, iommufd and device come from
 * systemd by name. SIGHUP (systemctl reload): preserve, the VM runs on. SIGUSR1: that is called
 * off. SIGTERM: if preserved, seal and leave; else the VM ends, and its NIC is judged.
 *
 * Invariant: but for the moments in which one is used up, the store has one session, a new one
 * after the first start, after each update and after each one that was called off.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/library.h"
#include "lib/service.h"
#include "manager.h"
#include "os/report.h"
#include "story/story.h"

#define SESSION	"vm"
#define SOCKET	"/run/vmm-session"

static struct iolu_vm *vm;
static bool preserved;

/* systemd keeps it, and the library has a copy. */
static void use_session(int session, const char *fact)
{
	if (!ok_rc(session, fact))
		bail_out("a VMM without a session");
	lib_must(vm, iolu_vm_set_session_fd(vm, session), "the library takes it");
	close(session);
}

static void judge_privilege(void)
{
	static const char *const files[] = {
		"/dev/liveupdate", "/dev/iommu", "/dev/vfio/devices/vfio0",
	};
	size_t i;

	ok(geteuid(), "the VMM is not root", "it is");
	for (i = 0; i < sizeof(files) / sizeof(*files); i++)
		ok(access(files[i], R_OK) && errno == EACCES,
		   "it may not open the files itself", "%s: %m", files[i]);
}

/* -- the first kernel -- */

static void build(void)
{
	int iommu = manager_fd("iommu"), device = manager_fd("device");

	ok_rc(iommu, "systemd has opened /dev/iommu for it");
	ok_rc(device, "and the device");
	lib_plan(state_create(), 1);
	lib_must(vm, iolu_vm_set_iommufd(vm, iommu), "the library takes the iommufd");
	lib_furnish(vm, 0, device);
	close(iommu);
	close(device);
	lib_show(vm, 0);
	lib_receive(1);
}

/* A preserve is undone when both the store and the library have closed the session. */
static void renew(void)
{
	use_session(manager_renew(SESSION, SOCKET), "a fresh session comes from the socket unit");
}

static void preserve(void)
{
	char text[600];

	manager_reloading();
	preserved = !iolu_vm_preserve(vm);
	mark("preserve.end");
	if (!preserved)
		renew();
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s",
		 preserved ? "preserved" : iolu_vm_reason(vm));
	manager_tell(text, -1);
}

static void call_off(void)
{
	int fresh = manager_renew(SESSION, SOCKET), rc = iolu_vm_unsave(vm);

	ok(!rc || rc == -EBUSY, "a preserve can be called off", "%s", iolu_vm_reason(vm));
	use_session(fresh, "and then a fresh session comes from the socket unit");
	preserved = false;
	manager_tell("STATUS=called off", -1);
}

/* After the last fact of this process there is only the kexec. */
static void seal(void)
{
	struct state *state = state_get();
	struct dma_device *nic = &story_vm(0)->device[0];

	state->updates++;
	nic->place->head = device_progress(nic);
	lib_must(vm, iolu_vm_set_blob(vm, "state", state, sizeof(*state)), "the VMM's own state");
	lib_must(vm, iolu_vm_seal(vm), "stopped while preserved, it seals the session");
}

/* -- the next kernels -- */

static void find_state(void)
{
	const void *data = NULL;
	size_t size = 0;

	lib_must(vm, iolu_vm_blob(vm, "state", &data, &size), "the VMM's own state is there");
	if (size != sizeof(struct state))
		bail_out("the state has %zu bytes", size);
	memcpy(state_create(), data, size);
}

static void go_on(void)
{
	mark("attach.end");
	find_state();
	lib_show(vm, 0);
	ok_nic(0, vm_interrupt_arrives(&story_vm(0)->device[0]), "its interrupts arrive", "none");
	lib_must(vm, iolu_vm_finish(vm), "the session is finished");
	mark("finish.end");
	renew();
}

/* -- life -- */

static void start(void)
{
	int rc;

	judge_privilege();
	if (iolu_vm_new("vm0", &vm))
		bail_out("no handle");
	lib_watch(vm);
	use_session(manager_fd(SESSION), "systemd passes a session from its store");
	if (story_stage() > 1)
		mark("retrieve.begin");
	rc = iolu_vm_restore(vm);
	if (rc == -ENOENT) {
		build();
	} else {
		lib_must(vm, rc, "the VM is restored from the session that systemd kept");
		go_on();
	}
	manager_tell(rc ? "READY=1\nSTATUS=built" : "READY=1\nSTATUS=restored", -1);
}

_Noreturn static void stop(void)
{
	if (preserved)
		seal();
	else
		story_judge();
	report_plan();
	exit(0);
}

static int signal_fd(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		bail_out("no descriptor for signals: %s", strerror(errno));
	return fd;
}

_Noreturn void service_vmm(void)
{
	struct signalfd_siginfo info;
	int fd = signal_fd();

	start();
	for (;;) {
		if (read(fd, &info, sizeof(info)) != sizeof(info))
			bail_out("no signal: %s", strerror(errno));
		switch (info.ssi_signo) {
		case SIGHUP:
			preserve();
			break;
		case SIGUSR1:
			call_off();
			break;
		case SIGTERM:
			stop();
		}
	}
}
