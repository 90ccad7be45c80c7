/* SPDX-License-Identifier: GPL-2.0 */
/* Loading the next kernel, and kexec. See kexec.c. */
#ifndef TESTOS_KEXEC_H
#define TESTOS_KEXEC_H

#include <stdbool.h>
#include <stddef.h>

#define NEXT_KERNEL	"/next/bzImage"
#define NEXT_BACK	"/next/back"
#define NEXT_INITRD	"/next/initrd"

void kexec_next_cmdline(char *out, size_t room, int stage);
void kexec_replace_words(const char *words, const char *by);	/* in the next command line */
void kexec_keep_next(void);
int kexec_next_kernel(int stage);	/* the file, to be closed */
void kexec_load_next(int stage);
_Noreturn void kexec_go(void);
int kexec_load_untold(void);
int kexec_try(void);

/* Strict: a session that cannot be frozen is not left behind, reboot(2) fails */
void kexec_strict(bool strict);

#endif /* TESTOS_KEXEC_H */
