/* SPDX-License-Identifier: GPL-2.0 */
/* A VMM as a service of systemd. See service.c. */
#ifndef TESTOS_SERVICE_H
#define TESTOS_SERVICE_H

/* What vmm@.service runs, in all kernels. Its facts are its own: it says how many they are. */
_Noreturn void service_vmm(void);

#endif /* TESTOS_SERVICE_H */
