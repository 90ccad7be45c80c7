/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/* The KVM side of the VM that is not its vCPU. See machine.c. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdint.h>

struct machine {
	int kvm;		/* /dev/kvm */
	int vm;
	uint8_t *ram;
};

/* All of these end the program if they fail; the session stays for another try. */
void machine_open(struct machine *m, int memory, int device);
void machine_load(struct machine *m, const char *image);
void machine_route(struct machine *m, int eventfd);

/* For what has no answer but to say so. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif /* VMM_MACHINE_H */
