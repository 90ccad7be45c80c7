// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The state of a vCPU as bytes that the next kernel's KVM understands.
 *
 * It consists of KVM's own structures, which are stable uAPI. One table lists them in the
 * order of restoring: CPUID before everything that depends on it, the APIC base (among the
 * special registers) before the APIC.
 *
 * CPUID is saved, although KVM could report it again: a newer kernel may offer more features,
 * and CPUID must not change under a running guest.
 *
 * The TSC is restored by its offset from the host's TSC. The host's TSC continues across a
 * kexec, so the guest's clock includes the time in which the vCPU was stopped.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "board.h"
#include "machine.h"
#include "vcpu.h"

#define CPUID_ENTRIES	256
#define SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* MSRs of 64-bit code without a paravirtual clock, besides the special registers */
static const uint32_t msr_numbers[] = {
	0x174, 0x175, 0x176,				/* SYSENTER */
	0x277,						/* PAT */
	0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,	/* SYSCALL */
	0xc0000102,					/* KERNEL_GS_BASE */
};

struct vcpu_state {
	struct {		/* struct kvm_cpuid2 and its entries */
		uint32_t nent, padding;
		struct kvm_cpuid_entry2 entries[CPUID_ENTRIES];
	} cpuid;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_xcrs xcrs;
	uint8_t xsave[4096];	/* struct kvm_xsave */
	struct kvm_debugregs debugregs;
	struct kvm_lapic_state lapic;
	struct {		/* struct kvm_msrs and its entries */
		uint32_t nmsrs, pad;
		struct kvm_msr_entry entries[SIZE(msr_numbers)];
	} msrs;
	struct kvm_mp_state mp_state;
	struct kvm_vcpu_events events;
	uint64_t tsc_offset;
};

static const struct part {
	unsigned long get, set;
	size_t at;
	int done;		/* return value of a complete call */
} parts[] = {
#define PART(name, field, done) \
	{ KVM_GET_##name, KVM_SET_##name, offsetof(struct vcpu_state, field), done }
	PART(CPUID2, cpuid, 0),
	PART(SREGS, sregs, 0),
	PART(REGS, regs, 0),
	PART(XCRS, xcrs, 0),
	PART(XSAVE, xsave, 0),
	PART(DEBUGREGS, debugregs, 0),
	PART(LAPIC, lapic, 0),
	PART(MSRS, msrs, SIZE(msr_numbers)),
	PART(MP_STATE, mp_state, 0),
	PART(VCPU_EVENTS, events, 0),
};

/* The program has one vCPU and so one buffer. */
static struct vcpu_state buffer;

static int tsc_offset(struct vcpu *cpu, unsigned long get_or_set, uint64_t *value)
{
	const struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL, .attr = KVM_VCPU_TSC_OFFSET, .addr = (uintptr_t)value,
	};

	return ioctl(cpu->fd, get_or_set, &attr) ? -errno : 0;
}

int vcpu_save(struct vcpu *cpu, const void **state, size_t *size)
{
	size_t i;
	int rc;

	memset(&buffer, 0, sizeof(buffer));
	buffer.cpuid.nent = CPUID_ENTRIES;
	buffer.msrs.nmsrs = SIZE(msr_numbers);
	for (i = 0; i < SIZE(msr_numbers); i++)
		buffer.msrs.entries[i].index = msr_numbers[i];
	for (i = 0; i < SIZE(parts); i++) {
		rc = ioctl(cpu->fd, parts[i].get, (uint8_t *)&buffer + parts[i].at);
		if (rc != parts[i].done)
			return rc < 0 ? -errno : -EIO;
	}
	*state = &buffer;
	*size = sizeof(buffer);
	return tsc_offset(cpu, KVM_GET_DEVICE_ATTR, &buffer.tsc_offset);
}

int vcpu_load(struct vcpu *cpu, const void *state, size_t size)
{
	size_t i;
	int rc;

	if (size != sizeof(buffer))
		return -EBADMSG;
	memcpy(&buffer, state, size);
	for (i = 0; i < SIZE(parts); i++) {
		rc = ioctl(cpu->fd, parts[i].set, (uint8_t *)&buffer + parts[i].at);
		if (rc != parts[i].done)
			return rc < 0 ? -errno : -EIO;
	}
	return tsc_offset(cpu, KVM_SET_DEVICE_ATTR, &buffer.tsc_offset);
}

/* 64-bit code, flat segments, at the start of the image */
static void enter_long_mode(struct kvm_sregs *sregs)
{
	const struct kvm_segment data = {
		.limit = ~0u, .type = 3, .present = 1, .db = 1, .s = 1, .g = 1,
	};

	sregs->cs = (struct kvm_segment){
		.limit = ~0u, .selector = BOARD_CS, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
	};
	sregs->ds = sregs->es = sregs->fs = sregs->gs = sregs->ss = data;
	sregs->cr3 = BOARD_TABLES;
	sregs->cr4 = 1 << 5;			/* PAE */
	sregs->cr0 = 1u << 31 | 1 << 4 | 1;	/* paging, protection */
	sregs->efer = 1 << 10 | 1 << 8;		/* long mode */
}

int vcpu_reset(struct vcpu *cpu, const struct machine *m)
{
	const struct kvm_regs regs = { .rip = BOARD_RAM, .rsp = BOARD_STACK, .rflags = 2 };

	buffer.cpuid.nent = CPUID_ENTRIES;
	if (ioctl(m->kvm, KVM_GET_SUPPORTED_CPUID, &buffer.cpuid) ||
	    ioctl(cpu->fd, KVM_SET_CPUID2, &buffer.cpuid) ||
	    ioctl(cpu->fd, KVM_GET_SREGS, &buffer.sregs))
		return -errno;
	enter_long_mode(&buffer.sregs);
	if (ioctl(cpu->fd, KVM_SET_SREGS, &buffer.sregs) ||
	    ioctl(cpu->fd, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}
