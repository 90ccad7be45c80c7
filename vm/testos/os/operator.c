// SPDX-License-Identifier: GPL-2.0
/*
 * Steps of an operator with systemctl and iolu. The operator's process is a service itself.
 *
 * Invariant: a failing systemctl ends the run, as the remaining steps would show nothing.
 */
#include <string.h>
#include <unistd.h>

#include "device/dma_device.h"
#include "kapi/kexec.h"
#include "os/command.h"
#include "os/operator.h"
#include "os/report.h"
#include "story/story.h"

static void must(const char *verb, const char *fact)
{
	if (!ok(!systemctl(verb, VMM, NULL), fact, "%s", iolu_said()))
		bail_out("systemctl %s " VMM, verb);
}

void operator_find(char bdf[BDF_LEN])
{
	if (!dma_device_find(0, bdf))
		bail_out("there is no NIC");
	pci_bind_vfio(bdf);
}

static void has_status(const char *status, const char *fact)
{
	ok(!systemctl("show", "-P", "StatusText", VMM, NULL) && strstr(iolu_said(), status),
	   fact, "not \"%s\" but \"%s\"", status, iolu_said());
}

void operator_start(const char *status)
{
	must("start", "systemd starts the VMM");
	has_status(status, "which reports the state of its session");
}

void operator_preserve(const char *status)
{
	ok(!systemctl("reload", VMMS, NULL), "systemctl reload makes all VMMs preserve", "%s",
	   iolu_said());
	has_status(status, "which say whether they could");
}

void operator_stop(const char *fact)
{
	must("stop", fact);
}

void operator_refuses(const char *words, const char *fact)
{
	iolu_tells(iolu("kexec", "--dry-run", NULL), 1, words, fact);
}

void operator_load(void)
{
	char line[2048];

	mark("load.begin");
	kexec_next_cmdline(line, sizeof(line), story_stage());
	iolu("load", NEXT_KERNEL, "--initrd", NEXT_INITRD, "--cmdline", line, NULL);
	mark("load.end");
}

/* Until systemd ends this process; the next kernel's knows nothing of its facts. */
_Noreturn void operator_jump(void)
{
	report_plan();
	if (iolu("kexec", NULL))
		bail_out("iolu kexec: %s", iolu_said());
	for (;;)
		pause();
}
