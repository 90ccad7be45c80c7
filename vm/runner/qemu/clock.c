// SPDX-License-Identifier: GPL-2.0
/*
 * One clock for three sources.
 *
 * The guest stamps its marks with the TSC. Under TCG that is the host's counter plus a
 * constant, and it runs through the kexec. The rate comes from the host's own counter over
 * the run, the constant from the mark whose line was read soonest after it was said: a line
 * is never read before it was said, so the smallest difference is the best. What remains,
 * the worst (arrived - said), is kept as clock_skew. If the guest's counter turns out not to
 * run at the host's rate, arrival times are used as they are.
 *
 * The emulator stamps its trace with CLOCK_REALTIME; one offset serves the whole run.
 */
#include <time.h>
#include <x86intrin.h>

#include "clock.h"

#define PLAUSIBLE_LAG	(2 * NSEC)

static int64_t real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void clock_start(struct run *r)
{
	r->t0 = now_ns();
	r->tsc0 = __rdtsc();
	r->real_minus_mono = real_ns() - r->t0;
}

int64_t clock_from_real(const struct run *r, int64_t real)
{
	return real - r->real_minus_mono;
}

void clock_fit(struct run *r)
{
	double ns_per_tick = (double)(now_ns() - r->t0) / (double)(__rdtsc() - r->tsc0);
	int64_t lag, best = INT64_MAX, worst = INT64_MIN;
	size_t i;

	if (!r->nmarks)
		return;
	for (i = 0; i < r->nmarks; i++) {
		struct mark *m = &r->marks[i];

		m->t = (int64_t)((double)(int64_t)(m->tsc - r->marks[0].tsc) * ns_per_tick);
		lag = m->arrived - m->t;
		best = lag < best ? lag : best;
		worst = lag > worst ? lag : worst;
	}
	r->clock_skew = worst - best;
	for (i = 0; i < r->nmarks; i++)
		r->marks[i].t = r->clock_skew > PLAUSIBLE_LAG ? r->marks[i].arrived :
								 r->marks[i].t + best;
}
