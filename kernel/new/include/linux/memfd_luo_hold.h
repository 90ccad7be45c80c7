/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_MEMFD_LUO_HOLD_H
#define _LINUX_MEMFD_LUO_HOLD_H

#include <linux/mm.h>

#ifdef CONFIG_LIVEUPDATE_MEMFD
long memfd_luo_do_pin(struct file *memfd, loff_t start, loff_t end, struct folio **folios,
		      unsigned int max_folios, pgoff_t *offset);
#else
static inline long memfd_luo_do_pin(struct file *memfd, loff_t start, loff_t end,
				    struct folio **folios, unsigned int max_folios,
				    pgoff_t *offset)
{
	return memfd_pin_folios(memfd, start, end, folios, max_folios, offset);
}
#endif

#endif /* _LINUX_MEMFD_LUO_HOLD_H */
