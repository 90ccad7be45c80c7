/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of iolu check, which load uses as well. */
#ifndef IOLU_CLI_RULES_RULES_H
#define IOLU_CLI_RULES_RULES_H

#include "out/print.h"
#include "target/cmdline.h"

/* The running kernel and the host's IOMMUs */
void check_host(struct json_object *items);

/**
 * check_target() - The kernel that is to come.
 * @items: Gets the items.
 * @image: Its file; NULL if it was not named.
 * @line: Its command line; NULL if it was not named.
 */
void check_target(struct json_object *items, const char *image, const char *line);

/* Each function named by --device, or else each that is bound to vfio-pci */
void check_devices(struct json_object *items, const struct call *call);

/*
 * The target's command line as --cmdline and --reuse-cmdline say it: in @room, or NULL if
 * neither was given or the running one's cannot be read.
 */
const char *check_line(const struct call *call, char *room, size_t size);

/* Adds the verdict in front of the items, prints both, and returns the exit code. */
int check_print(const struct call *call, struct json_object *items);

#endif /* IOLU_CLI_RULES_RULES_H */
