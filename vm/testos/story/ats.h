/* SPDX-License-Identifier: GPL-2.0 */
/* The story of a NIC with ATS. See ats.c. */
#ifndef TESTOS_ATS_H
#define TESTOS_ATS_H

#include <stdbool.h>

_Noreturn void ats_before(bool scalable);
void ats_after(void);
void ats_is_on(const char *when);

#endif /* TESTOS_ATS_H */
