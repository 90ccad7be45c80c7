/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's modules, in numbered directories of /usr/lib/modules/RELEASE; none in a kernel
 * that has all built in.
 */
#ifndef TESTOS_MODULES_H
#define TESTOS_MODULES_H

/* Load all that are not loaded, in order. */
void modules_load(void);

/* For the kernel, which runs /sbin/modprobe: the same if one of them has the alias */
void modules_be_modprobe(void);
int modules_modprobe(const char *alias);

/* References on a module, those of modules that need it included; -errno */
int module_users(const char *name);

/* Unload a module, or return -errno. */
int module_unload(const char *name);

#endif /* TESTOS_MODULES_H */
