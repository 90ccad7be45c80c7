/* SPDX-License-Identifier: GPL-2.0 */
/* Properties of emulated devices, whose names depend on the version of the emulator. */
#ifndef VM_RUNNER_PROPERTIES_H
#define VM_RUNNER_PROPERTIES_H

/* A property that older versions of the emulator know by another name */
struct renamed_property {
	const char *name;
	const char *older;	/* NULL ends a list */
};

/* The program named by QEMU in the environment, else the one in PATH */
const char *emulator_name(void);

/*
 * The property list "DEVICE,NAME=VALUE,..." with each name of @renamed as the emulator has it.
 * Both names of a property are accepted.
 */
char *properties_fit(const char *list, const struct renamed_property *renamed);

#endif /* VM_RUNNER_PROPERTIES_H */
