/* SPDX-License-Identifier: GPL-2.0-only */
/* The questions of iolu check, each a function that appends items; load and kexec ask them too */
#ifndef IOLU_CLI_RULES_RULES_H
#define IOLU_CLI_RULES_RULES_H

#include "out/print.h"

struct devices;

#define AS_ROOT		"run iolu as root"

/* The running kernel and the IOMMUs of the host */
void check_running_kernel(struct json_object *items);

/*
 * The options of the kernel @release. No item if /boot does not have its configuration, since
 * what counts is found elsewhere. @running: release of the kernel whose VMs it must be able to
 * take over, NULL for none.
 */
void check_options(struct json_object *items, const char *group, const char *release,
		   const char *running);

/* May this kernel load another one? */
void check_loading(struct json_object *items);

/**
 * struct next - The next kernel.
 * @image: The file, NULL if not named.
 * @initrd: Its initrd, NULL if not named.
 * @no_initrd: None is needed.
 * @line: Its command line, NULL if not named.
 */
struct next {
	const char *image, *initrd, *line;
	bool no_initrd;
};

void check_next_kernel(struct json_object *items, const struct next *next);

/* The parts of check_next_kernel() */
struct image;

void check_image(struct json_object *items, const struct image *image);
void check_cmdline(struct json_object *items, const char *line, unsigned long limit);
void check_initrd(struct json_object *items, const struct next *next);
void check_scratch(struct json_object *items, const struct next *next,
		   const struct image *image);

/**
 * check_devices() - The devices named by --device, or all that matter.
 * @items: Gets the items.
 * @call: The call.
 *
 * Without --device these are the devices with a vfio driver and those in a live update.
 */
void check_devices(struct json_object *items, const struct call *call);

/* The devices among these that are preserved */
void check_preserved_devices(struct json_object *items, const struct devices *devices);

/* Is each value of --device a PCI address? If not the error is printed. */
bool check_addresses(const struct call *call);

/* The next kernel's command line as the options give it; NULL if they give none. */
const char *check_line(const struct call *call, char *room, size_t size);

/*
 * Print the items and the verdict, and release the items; returns the exit code. @not_checked
 * names the part that was not checked, NULL for none.
 */
int check_print(const struct call *call, struct json_object *items, const char *not_checked);

#endif /* IOLU_CLI_RULES_RULES_H */
