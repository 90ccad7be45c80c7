/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A scenario: one story across the kexec, told by one file in vm/scenarios.
 *
 * The machine it needs is data, which the runner on the host reads through
 * `init --needs NAME`. before() runs in the first kernel and ends in a kexec; after() runs
 * in each kernel that follows (lu.stage tells which) and the last one ends the run. A
 * scenario without after() never leaves the first kernel.
 *
 * Invariant: fields left out of SCENARIO() mean "the usual machine": one igb behind a root
 * port of its own, 1 GiB, two CPUs, one update, the patched kernel, no frame lost. The
 * memory of the guard (see below) is kept away from the kernel in every scenario.
 */
#ifndef VM_SCENARIO_H
#define VM_SCENARIO_H

#include <stdbool.h>

struct scenario {
	const char *name;	/* the file name without .c */
	const char *nics;	/* "igb,e1000e": models in index order; "root:igb" on the root
				 * bus, "switch:igb" in a switch */
	const char *unpreserved; /* "1,2": NICs that are left behind on purpose */
	const char *stranger;	/* the same, and they go on trying to write */
	const char *given_up;	/* "1,2": preserved, but from mark "nic1.quiet" on cut off */
	const char *cmdline;	/* extra words for the first kernel, inherited by the next ones */
	const char *cmdline2;	/* extra words for the next kernels only */
	const char *qemu;	/* extra emulator options */
	const char *iommu;	/* extra properties of the intel-iommu device */
	const char *mem;	/* MiB */
	const char *kernel;	/* "patched", "stock" or "debug" */
	const char *next;	/* SERIES "-other": the build of out/build to go to, if another */
	bool older;		/* Linux OLDER_SERIES boots first and takes turns with that kernel */
	int smp;
	int updates;		/* number of kexecs */
	int timeout;		/* seconds on a quiet machine, all kernels together */
	bool expect_lost;	/* negative control: the run must lose frames */
	bool command;		/* /bin/iolu is there, in all kernels */
	bool systemd;		/* and systemd, as process 1; before() and after() are a service */
	bool kvm;		/* /bin/vmm and its /guest.bin are there, the example on KVM */
	bool kselftest;		/* the kernel's own selftests are in /kselftest, in all kernels */
	void (*before)(void);
	void (*after)(void);
	void (*vmm)(void);	/* what /usr/bin/vmm is there; does not return */
};

/*
 * The receive rings are mapped at IOVAs whose physical addresses the kernel keeps its
 * hands off, so that a guard pattern there shows every write that was not translated.
 */
#define SCENARIO_GUARD_BASE	0x20000000ull
#define SCENARIO_GUARD_CMDLINE	"memmap=64M$0x20000000"

#define SCENARIO_POINTER(s) \
	static const struct scenario *const s##_entry \
		__attribute__((used, section("scenarios"))) = &(s)

/* Defines and registers the scenario; the fields follow as designated initialisers. */
#define SCENARIO(...)							\
	static const struct scenario scenario_here = { __VA_ARGS__ };	\
	SCENARIO_POINTER(scenario_here)

#endif /* VM_SCENARIO_H */
