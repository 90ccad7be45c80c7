/* SPDX-License-Identifier: GPL-2.0 */
/* The vCPU the guest runs on, and the console. See cpu.c. */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdint.h>

void cpu_start(void);
void cpu_wait(void);		/* for an interrupt; they are disabled otherwise */
uint64_t cpu_clock(void);
void cpu_keep(void);		/* set XCR0, XMM0, DR0, CR2 and an MSR; */
uint32_t cpu_forgotten(void);	/* a bit for each changed one, in this order */

void say(const char *text);
void say_number(uint64_t number);

#endif /* GUEST_CPU_H */
