/* SPDX-License-Identifier: GPL-2.0 */
/* Loading the next kernel, and kexec. See kexec.c. */
#ifndef TESTOS_KEXEC_H
#define TESTOS_KEXEC_H

#include <stddef.h>

#define NEXT_KERNEL	"/next/bzImage"
#define NEXT_BACK	"/next/back"
#define NEXT_INITRD	"/next/initrd"

void kexec_next_cmdline(char *out, size_t room, int stage);
void kexec_keep_next(void);
int kexec_next_kernel(int stage);	/* the file, to be closed */
void kexec_load_next(int stage);
_Noreturn void kexec_go(void);
int kexec_load_untold(void);
int kexec_try(void);

#endif /* TESTOS_KEXEC_H */
