/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_LIVEUPDATE_DAMAGE_H
#define _LINUX_LIVEUPDATE_DAMAGE_H

#include <linux/types.h>

struct device;

/* For tests only, see kernel/liveupdate/kho_damage.c */
#ifdef CONFIG_KHO_DAMAGE
bool kho_damage_hides(u8 bus, int devfn);
int kho_damage_fail_probe(struct device *dev);
#else
static inline bool kho_damage_hides(u8 bus, int devfn)
{
	return false;
}

static inline int kho_damage_fail_probe(struct device *dev)
{
	return 0;
}
#endif

#endif /* _LINUX_LIVEUPDATE_DAMAGE_H */
