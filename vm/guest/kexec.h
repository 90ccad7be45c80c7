/* SPDX-License-Identifier: GPL-2.0 */
/* Loading the next kernel and going there. See kexec.c. */
#ifndef GUEST_KEXEC_H
#define GUEST_KEXEC_H

void kexec_keep_next(void);
void kexec_load_next(int stage);
_Noreturn void kexec_go(void);
int kexec_load_untold(void);
int kexec_try(void);

#endif /* GUEST_KEXEC_H */
