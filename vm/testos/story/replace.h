/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMM that builds its page tables anew: devices leave the restored HWPT for HWPTs of the next
 * kernel. See replace.c.
 */
#ifndef TESTOS_REPLACE_H
#define TESTOS_REPLACE_H

/*
 * All of it. The first VM has NICs 0 and 1 and one table, and moves them 1,000 times. The second,
 * if there is one, has NIC 2, and moves it from an adopted HWPT; or, if @check has discarded the
 * VM, from a restored one, and unmaps its memory in the end. @check: of the machine, or NULL.
 */
void replace_before(unsigned int vms, void (*check)(void));
void replace_after(void);

#endif /* TESTOS_REPLACE_H */
