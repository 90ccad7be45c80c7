// SPDX-License-Identifier: GPL-2.0-only
/*
 * Models that Linux knows by their ids: their DMA has another function's requester ID, or
 * their INTx cannot be masked (drivers/pci/quirks.c). The kernel does not show which quirk it
 * applies, hence this table. If a quirk is for some models of a range the answer for the range
 * is unknown.
 */
#include "rules/device.h"

enum flaw { OTHER_ID, NO_INTX_MASK };

static const struct quirk {
	unsigned int vendor, first, last;
	enum flaw flaw;
	enum answer answer;
} quirks[] = {
	{ 0x1180, 0xe476, 0xe476, OTHER_ID, NO },	/* Ricoh card readers */
	{ 0x1180, 0xe832, 0xe832, OTHER_ID, NO },
	{ 0x6766, 0x3d40, 0x3d41, OTHER_ID, NO },	/* Glenfly */
	{ 0x1b4b, 0x9100, 0x92ff, OTHER_ID, UNKNOWN },	/* Marvell SATA */
	{ 0x1103, 0x0642, 0x0645, OTHER_ID, UNKNOWN },	/* HighPoint */
	{ 0x1c28, 0x0122, 0x0122, OTHER_ID, NO },	/* Plextor M6E */
	{ 0x197b, 0x2392, 0x2392, OTHER_ID, NO },	/* JMicron JMB388 */
	{ 0x9005, 0x0285, 0x0285, OTHER_ID, UNKNOWN },	/* Adaptec RAID */
	{ 0x8086, 0x2260, 0x2264, OTHER_ID, UNKNOWN },	/* Xeon Phi x200 */
	{ 0x8086, 0x2954, 0x295a, OTHER_ID, UNKNOWN },	/* Visual Compute Accelerator */
	{ 0x1425, 0x0030, 0x0030, NO_INTX_MASK, NO },	/* Chelsio T310 */
	{ 0x1814, 0x0601, 0x0601, NO_INTX_MASK, NO },	/* Ralink RT2800 */
	{ 0x1b7c, 0x0004, 0x0004, NO_INTX_MASK, NO },	/* Ceton InfiniTV4 */
	{ 0x1102, 0x000b, 0x000b, NO_INTX_MASK, NO },	/* Creative 20K2 */
	{ 0x10ec, 0x8169, 0x8169, NO_INTX_MASK, NO },	/* Realtek 8169 */
	{ 0x15b3, 0x0000, 0x1012, NO_INTX_MASK, UNKNOWN }, /* up to ConnectX-3, Connect-IB */
	{ 0x15b3, 0x1013, 0x1016, NO_INTX_MASK, UNKNOWN }, /* ConnectX-4, by firmware */
	{ 0x15b3, 0x6340, 0x6778, NO_INTX_MASK, UNKNOWN }, /* ConnectX, ConnectX-2 */
};

enum answer device_quirk(const struct candidate *c, struct finding *f)
{
	static const enum refusal_id ids[] = {
		[OTHER_ID] = DEVICE_ALIAS, [NO_INTX_MASK] = DEVICE_INTX,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(quirks); i++) {
		const struct quirk *q = &quirks[i];

		if (c->fn.vendor != q->vendor || c->fn.device < q->first ||
		    c->fn.device > q->last)
			continue;
		if (q->answer == NO)
			return refuse(f, ids[q->flaw], "every %04x:%04x", q->vendor,
				      c->fn.device);
		return unsure(f, NULL, "%s (some devices like %04x:%04x)",
			      refusal_of(ids[q->flaw])->sentence, q->vendor, c->fn.device);
	}
	return YES;
}
