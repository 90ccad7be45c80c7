/* SPDX-License-Identifier: GPL-2.0 */
/* Steps of an operator on a host whose process 1 is systemd. See operator.c. */
#ifndef TESTOS_OPERATOR_H
#define TESTOS_OPERATOR_H

#include "device/pci.h"

#define VMM	"vmm@vm0.service"
#define VMMS	"vmm@*.service"

/* Kernel parameters of such scenarios; KHO cannot guess the size of the initramfs. */
#define OPERATOR_CMDLINE	"lu.rate=300 kho_scratch=16M,128M,128M " \
				"systemd.unit=operator.service systemd.show_status=no " \
				"systemd.tty.term.console=dumb systemd.minimum_uptime_sec=0"

void operator_find(char bdf[BDF_LEN]);		/* the NIC, which is then vfio-pci's */
/* Start the VMM, or make it preserve; then it must report that status. */
void operator_start(const char *status);
void operator_preserve(const char *status);
void operator_stop(const char *fact);
void operator_refuses(const char *words, const char *fact);	/* iolu kexec does */
void operator_load(void);
_Noreturn void operator_jump(void);

#endif /* TESTOS_OPERATOR_H */
