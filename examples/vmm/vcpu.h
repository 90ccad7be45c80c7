/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* One vCPU: a thread that runs it, and its state as bytes. See vcpu.c and state.c. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <pthread.h>
#include <stddef.h>

#include <linux/kvm.h>

struct machine;

struct vcpu {
	int fd;
	volatile struct kvm_run *run;
	pthread_t thread;
};

void vcpu_open(struct vcpu *cpu, const struct machine *m);
void vcpu_start(struct vcpu *cpu);
void vcpu_stop(struct vcpu *cpu);	/* returns when the vCPU is stopped */

/* For a stopped vCPU. These return 0 or -errno. */
int vcpu_reset(struct vcpu *cpu, const struct machine *m);	/* to its initial state */
int vcpu_save(struct vcpu *cpu, const void **state, size_t *size);	/* until the next call */
int vcpu_load(struct vcpu *cpu, const void *state, size_t size);

#endif /* VMM_VCPU_H */
