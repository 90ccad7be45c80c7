// SPDX-License-Identifier: GPL-2.0
/*
 * One clock for three sources.
 *
 * The kernel under test stamps its marks with the TSC. Under TCG that is the counter of the
 * build machine plus a constant, and it runs through the kexec. The rate comes from the build
 * machine's own counter over the run. The constant comes from the mark with the smallest delay
 * between report and arrival, since a line never arrives before it is reported. The worst
 * delay is kept as clock_skew. If the reported counter does not run at the expected rate, the
 * arrival times are used instead.
 *
 * The emulator stamps its trace with CLOCK_REALTIME; one offset serves the whole run. It is taken
 * between two looks at the other clock, of which the closest of some pairs count.
 */
#include <time.h>
#include <x86intrin.h>

#include "clock.h"
#include "core/util.h"

#define BRACKETS	20
#define PLAUSIBLE_LAG	(10 * NSEC)

static int64_t real_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void clock_start(struct live *l)
{
	int64_t before, real, after, best = INT64_MAX;
	int i;

	l->start = now_ns();
	l->start_tsc = __rdtsc();
	for (i = 0; i < BRACKETS; i++) {
		before = now_ns();
		real = real_ns();
		after = now_ns();
		if (after - before >= best)
			continue;
		best = after - before;
		l->real_minus_mono = real - before - best / 2;
	}
}

int64_t clock_from_real(const struct live *l, int64_t real)
{
	return real - l->real_minus_mono;
}

void clock_fit(struct live *l)
{
	double ns_per_tick = (double)(now_ns() - l->start) / (double)(__rdtsc() - l->start_tsc);
	int64_t lag, best = INT64_MAX, worst = INT64_MIN;
	struct mark *m;

	if (!l->nmarks)
		return;
	for (m = l->marks; m < l->marks + l->nmarks; m++) {
		m->t = (int64_t)((double)(int64_t)(m->tsc - l->marks[0].tsc) * ns_per_tick);
		lag = m->arrived - m->t;
		best = lag < best ? lag : best;
		worst = lag > worst ? lag : worst;
	}
	l->clock_skew = worst - best;
	for (m = l->marks; m < l->marks + l->nmarks; m++)
		m->t = l->clock_skew > PLAUSIBLE_LAG ? m->arrived : m->t + best;
}
