// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU as Debian packages it runs in the host under test: a Linux guest on KVM receives through
 * the NIC's own driver, behind vfio-pci and iommufd. Then QEMU replaces itself by cpr-exec, the
 * mode on which an update of the host relies, and the guest counts on.
 *
 * promise: vm
 * red when: KVM's clock agrees with the host's (`kvm.tsc_tolerance_ppm`): no timer of the guest
 *   fires, its driver never gets ready
 */
#include <signal.h>

#include "device/pci.h"
#include "lib/library.h"
#include "lib/qemu.h"
#include "lib/vmm.h"
#include "os/image.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define FEW		30	/* frames */

static void replace_itself(const char *bdf)
{
	uint64_t number;

	qemu_exec(qemu_command(bdf, "file:" QEMU_STATE));
	sleep_ms(1000);
	number = qemu_received();
	ok(qemu_reaches(number + FEW), "and receives after QEMU has replaced itself",
	   "it stands at %llu frames", (unsigned long long)number);
}

static void before(void)
{
	const char *bdf;

	image_unpack();
	lib_plan(state_create(), 1);
	bdf = state_get()->vm[0].device[0].bdf;
	pci_bind_vfio(bdf);
	qemu_start(bdf);
	tx_start(0, story_rate(), cmdline_number("lu.len", 200));
	ok(qemu_reaches(FEW), "the guest receives", "%llu frames",
	   (unsigned long long)qemu_received());
	replace_itself(bdf);
	tx_stop(0);
	qemu_await_silence();
	qemu_judge();
	ok(!vmm_end(SIGTERM), "QEMU ends on SIGTERM", "not as it should");
}

SCENARIO(.name = "qemu_runs_a_guest", .image = true, .smp = 1, .timeout = 120,
	 .cmdline = QEMU_CMDLINE "lu.rate=150", .before = before);
