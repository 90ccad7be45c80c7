/* SPDX-License-Identifier: GPL-2.0 */
/* The stories of devices with ATS. Each is told in scalable mode and in legacy mode. */
#ifndef TESTOS_ATS_H
#define TESTOS_ATS_H

#include <stdbool.h>

/* Two NICs that are carried, ats.c */
_Noreturn void ats_before(bool scalable);
void ats_after(void);
void ats_is_on(const char *when);

/* A NIC whose session is discarded, ats_discarded.c */
void ats_discarded_before(bool scalable);
void ats_discarded_after(void);

/* A physical function and its virtual function, ats_virtual.c */
_Noreturn void ats_virtual_before(bool scalable);
void ats_virtual_after(void);

#endif /* TESTOS_ATS_H */
