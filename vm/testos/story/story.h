/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The usual story of a live update in chapters that scenarios put together. See story.c for
 * the previous kernel, story_next.c for the new one, story_judge.c for the last look.
 */
#ifndef TESTOS_STORY_H
#define TESTOS_STORY_H

#include <stdbool.h>

#include "story/vm.h"

/* Is this run a control, in which no device is taken along? */
bool story_bare(void);
int story_stage(void);
bool story_any_preserved(void);
void phase(const char *name);		/* mark, unless the run is bare */
unsigned int story_rate(void);
void story_traffic(const char *param);	/* let frames come for that many ms */

/* VMs with a NIC each; most scenarios need the first one only */
extern const struct vm_shape one_nic_each[STATE_VMS];

/* previous kernel */
void story_begin(const struct vm_shape *shapes, unsigned int n);
/* The first VM has a physical function, each of the @n after it one of its virtual functions. */
void story_begin_virtual(unsigned int n);
struct vm *story_alone(void);		/* instead: one VM, no traffic */
void story_preserve(void);
_Noreturn void story_leave(void);

/* next kernel */
void story_arrive(void);
void story_take_over(struct vm *vm);
void story_retrieve(void);
void story_adopt(void);
void story_finish(void);
void story_judge(void);
void story_judge_guard(void);
void story_life(void);
void story_use_again(unsigned int i);
void story_receive_again(unsigned int i);
void story_discard_from(unsigned int first);
void story_close(struct vm *vm);
void story_end(void);			/* more traffic, judge, life */
void story_go_on(void);			/* from retrieve to the end, nothing in between */
void story_stopped(void);		/* instead: no DMA continues */
void story_discard_isolated(unsigned int i);
void story_ats_isolated(unsigned int i);	/* since its ATS differs from the record */
void story_isolated(const char *why);	/* instead: this kernel cannot take the NIC over, and
					 * says why */

/* all of it, for scenarios that differ in their machine only */
void story_before(const struct vm_shape *shapes, unsigned int n);
void story_before_discard(void);
void story_before_series(const struct vm_shape *shapes, unsigned int n);
void story_after(void);

#endif /* TESTOS_STORY_H */
