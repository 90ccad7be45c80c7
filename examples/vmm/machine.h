/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The KVM side of the VM, without its vCPU. See machine.c. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdint.h>

struct machine {
	int kvm;		/* /dev/kvm */
	int vm;
	uint8_t *ram;
};

/* These functions end the program on failure; the session stays and can be retrieved again. */
void machine_open(struct machine *m, int memory, int device);
void machine_load(struct machine *m, const char *image);
void machine_route(struct machine *m, int eventfd);

/* Print an error that cannot be handled. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* VMM_MACHINE_H */
