/* SPDX-License-Identifier: GPL-2.0 */
/* A VMM as a service of systemd. See service.c. */
#ifndef TESTOS_SERVICE_H
#define TESTOS_SERVICE_H

/* The program of vmm@.service, in all kernels. It states facts and their number by itself. */
_Noreturn void service_vmm(void);

#endif /* TESTOS_SERVICE_H */
