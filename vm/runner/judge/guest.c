// SPDX-License-Identifier: GPL-2.0
/* A guest that sends: the frames that it has given to its NIC and those that left the emulator */
#include <stdio.h>

#include "rules.h"

static bool arrived(const struct run *r, char *why)
{
	const struct frame_counts *c = &r->live->receiver.counts;
	int64_t sent = run_fig_int(r, -1, "nic0.answers");

	WHY("%lld sent, %llu received up to number %llu, %llu again, %llu bad", (long long)sent,
	    (unsigned long long)c->received, (unsigned long long)c->next,
	    (unsigned long long)c->again, (unsigned long long)c->bad);
	return sent > 0 && c->received == (uint64_t)sent && c->next == c->received && !c->again &&
	       !c->bad;
}

bool rules_judge_guest(const struct run *r, rule_sink each, void *arg)
{
	char why[WHY_SIZE] = "";
	bool holds = arrived(r, why);

	each(arg, "every frame that the guest sent left its NIC once, in order", holds, why);
	return holds;
}
