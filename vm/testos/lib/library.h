/* SPDX-License-Identifier: GPL-2.0 */
/* VMs that are built by libiolu, for its scenarios. See library.c. */
#ifndef TESTOS_LIBRARY_H
#define TESTOS_LIBRARY_H

#include <stdbool.h>

#include <iolu.h>

#include "story/state.h"

#define LIB_RAM		"ram"
#define LIB_RING	"ring"
#define LIB_VECTORS	2		/* the NIC uses the first one only */
#define LIB_RW		(IOLU_MAP_READ | IOLU_MAP_WRITE)

/* A fact about a call: it did not fail, or was refused with that errno and words. */
bool lib_holds(struct iolu_vm *vm, int rc, const char *fact);
void lib_must(struct iolu_vm *vm, int rc, const char *fact);
bool lib_refuses(struct iolu_vm *vm, int rc, int expected, const char *words, const char *fact);

struct iolu_vm *lib_new(unsigned int i);		/* a handle with the name of VM i */
void lib_plan(struct state *state, unsigned int n);	/* n VMs, each with the NIC of its number */
struct iolu_vm *lib_build(unsigned int i);		/* in the first kernel */
/* The same in a handle that is there; @device: a vfio device that is open already, or -1. */
void lib_furnish(struct iolu_vm *vm, unsigned int i, int device);
/* Calls between are noted in the state; returns how many different ones there are so far. */
void lib_called(const char *name);
void lib_count(bool on);
unsigned int lib_calls(void);
void lib_watch(struct iolu_vm *vm);			/* steps are marks; for one handle */
void lib_expect(unsigned int i);				/* story_vm(i) before it is there */
void lib_show(struct iolu_vm *vm, unsigned int i);	/* to testos' helpers, as story_vm(i) */
void lib_receive(unsigned int n);			/* frames come to the VMs shown */

#endif /* TESTOS_LIBRARY_H */
