// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * vmm NAME BDF IMAGE: a VM with one passed-through NIC that lives through kernel updates.
 *
 * It is started in the same way in each kernel. If the previous kernel left a VM of this name,
 * that VM continues; otherwise a new VM starts from IMAGE. BDF is the NIC's PCI address, bound
 * to vfio-pci.
 *
 *	SIGUSR1	save the VM for a kexec and wait for it, vCPU stopped
 *	SIGUSR2	there was no kexec: cancel the save, the vCPU continues
 *	SIGTERM	end
 *
 * The guest's console is the standard output; messages of the VMM go to standard error. Only
 * the main thread uses the library's handle; the other thread runs the vCPU.
 *
 * The guest is stopped from stop_and_seal() to run() in resume(). Preserve comes before that,
 * adopt after it. The NIC never stops.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "vcpu.h"
#include "world.h"

#define VCPU	"vcpu0"		/* name of the blob with its state */

struct vmm {
	struct iolu_vm *vm;
	const char *bdf;
	struct machine machine;
	struct vcpu cpu;
};

void die(const char *format, ...)
{
	va_list args;

	fputs("vmm: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

/* For calls of the library, which has the reason of a failure. */
static void must(struct vmm *v, int rc)
{
	if (rc < 0)
		die("%s (%s)", iolu_vm_reason(v->vm), strerror(-rc));
}

static void open_machine(struct vmm *v)
{
	machine_open(&v->machine, iolu_vm_memfd(v->vm, WORLD_MEMORY),
		     iolu_vm_device_fd(v->vm, v->bdf));
	vcpu_open(&v->cpu, &v->machine);
}

static void run(struct vmm *v)
{
	machine_route(&v->machine, iolu_vm_vector_fd(v->vm, v->bdf, IOLU_IRQ_MSIX, 0));
	vcpu_start(&v->cpu);
	fputs("vmm: the vCPU runs\n", stderr);
}

static void begin(struct vmm *v, const char *image)
{
	int rc;

	must(v, world_build(v->vm, v->bdf));
	open_machine(v);
	machine_load(&v->machine, image);
	rc = vcpu_reset(&v->cpu, &v->machine);
	if (rc)
		die("the vCPU cannot start: %s", strerror(-rc));
	run(v);
}

/* Restore the VM of the previous kernel. It runs before its page tables are adopted. */
static void resume(struct vmm *v)
{
	const void *state;
	size_t size;
	int rc;

	must(v, iolu_vm_rearm(v->vm));
	must(v, iolu_vm_blob(v->vm, VCPU, &state, &size));
	open_machine(v);
	rc = vcpu_load(&v->cpu, state, size);
	if (rc)
		die("the state of the vCPU cannot be restored: %s", strerror(-rc));
	run(v);
	must(v, iolu_vm_adopt(v->vm));
	must(v, iolu_vm_finish(v->vm));
	fputs("vmm: the update is finished\n", stderr);
}

static void start(struct vmm *v, const char *image)
{
	int rc = iolu_vm_retrieve(v->vm);

	if (rc == -ENOENT)
		begin(v, image);
	else if (!rc)
		resume(v);
	else
		must(v, rc);
}

/*
 * Stop the vCPU and seal its state into the session. Returns NULL, or the reason of a failure.
 * An interrupt that comes after the state was read must not reach this kernel's KVM, so it
 * stays pending in the device.
 */
static const char *stop_and_seal(struct vmm *v)
{
	const void *state;
	size_t size;

	vcpu_stop(&v->cpu);
	if (iolu_vm_mask(v->vm))
		return iolu_vm_reason(v->vm);
	if (vcpu_save(&v->cpu, &state, &size))
		return "KVM does not tell the vCPU's state";
	if (iolu_vm_set_blob(v->vm, VCPU, state, size) || iolu_vm_seal(v->vm))
		return iolu_vm_reason(v->vm);
	return NULL;
}

/* True if the VM is saved; otherwise it continues to run. */
static bool save(struct vmm *v)
{
	const char *why;

	if (iolu_vm_preserve(v->vm)) {		/* the guest still runs */
		fprintf(stderr, "vmm: not saved: %s\n", iolu_vm_reason(v->vm));
		return false;
	}
	why = stop_and_seal(v);
	if (!why) {
		fputs("vmm: saved\n", stderr);
		return true;
	}
	fprintf(stderr, "vmm: not saved: %s\n", why);
	iolu_vm_unsave(v->vm);
	vcpu_start(&v->cpu);
	return false;
}

/* True if the VM is still saved, because another process has its session open. */
static bool cancel(struct vmm *v)
{
	if (iolu_vm_unsave(v->vm)) {
		fprintf(stderr, "vmm: not cancelled: %s\n", iolu_vm_reason(v->vm));
		return true;
	}
	vcpu_start(&v->cpu);
	fputs("vmm: cancelled, the vCPU runs\n", stderr);
	return false;
}

static void serve(struct vmm *v, const sigset_t *signals)
{
	bool saved = false;
	int signal;

	while ((signal = sigwaitinfo(signals, NULL)) != SIGTERM) {
		if (signal == SIGUSR1 && !saved)
			saved = save(v);
		else if (signal == SIGUSR2 && saved)
			saved = cancel(v);
	}
	if (!saved)
		vcpu_stop(&v->cpu);
}

int main(int argc, char **argv)
{
	struct vmm v = { .bdf = argc == 4 ? argv[2] : NULL };
	sigset_t signals;

	if (argc != 4) {
		fputs("usage: vmm NAME BDF IMAGE\n"
		      "SIGUSR1 saves the VM for a kexec, SIGUSR2 cancels that, SIGTERM ends it\n",
		      stderr);
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (iolu_vm_new(argv[1], &v.vm))
		die("\"%s\" is not a name for a VM", argv[1]);
	start(&v, argv[3]);
	serve(&v, &signals);
	iolu_vm_free(v.vm);
	return 0;
}
