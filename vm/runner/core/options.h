/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VM_RUNNER_OPTIONS_H
#define VM_RUNNER_OPTIONS_H

#include <stdbool.h>

/* The command line; the table in options.c gives the meaning of each field. */
struct options {
	const char *scenario;
	const char *platform;
	const char *out;
	const char *kernel;
	const char *nic;
	const char *iommu;
	const char *qemu_extra;
	const char *append;
	int smp;
	int mem;
	int timeout;
	int updates;
	bool story;
	bool debug;
	bool stock;
	bool without_preserve;
	bool shell;
};

/* Parse the command line; ends the program on an error and after --help. */
void options_parse(struct options *opt, int argc, char **argv);

#endif /* VM_RUNNER_OPTIONS_H */
