/* SPDX-License-Identifier: GPL-2.0 */
/* The example's VMM as a process, watched from outside. See vmm.c. */
#ifndef TESTOS_VMM_H
#define TESTOS_VMM_H

#include <stdbool.h>

/* Starts a VMM; @held: its main thread is held at its first instruction. */
void vmm_run(const char *const *args, bool held);	/* @args[0] is its path */
void vmm_start(const char *name, const char *bdf, bool held);
void vmm_pass(int session);	/* to those that are started from now on, as systemd's store does */
void vmm_use(int process);	/* instead: it was started by systemd; it cannot be heard */
void vmm_signal(int signal);
int vmm_end(int signal);	/* returns its exit code, or 128 + signal */

/* Has it, or its guest, said these words since the last ones that were found? Waits a while. */
bool vmm_says(const char *words);
void vmm_must_say(const char *words, const char *fact);	/* a fact; without it the story ends */

/*
 * Lets the main thread of a held VMM run until it is about to do this ioctl, and holds it there.
 * Its other threads run all the time. False: it has started, or ended, without.
 */
bool vmm_go_to(unsigned long request);
void vmm_step_over(void);	/* to the end of that ioctl */
void vmm_hold_child(void);	/* in its place, as soon as it makes one */
void vmm_kill(void);		/* the process that is held, or was held last */
void vmm_go_on(void);		/* is not held any more */

/* Hold the program by which a running VMM replaces itself, at its first instruction. */
void vmm_hold_next(void);	/* before that */
void vmm_await_next(void);	/* after that */

/* The guest's memory, as long as this kernel runs; a copy of a descriptor of the VMM. */
void *vmm_memory(unsigned long long size);
int vmm_copy_fd(const char *name);
int vmm_copy_held_fd(const char *name);		/* of the process that is held */

/* Was it started with this variable in its environment? */
bool vmm_has_variable(const char *name, const char *value);

#endif /* TESTOS_VMM_H */
