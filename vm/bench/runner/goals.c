// SPDX-License-Identifier: GPL-2.0
/*
 * Figures with a goal, and the limits that show a regression.
 *
 * Each row is a ratio or a count from runs of one bench. A slope divides the growth of a cost
 * between two sizes by the growth of the size, and so leaves out the fixed cost of a step.
 * `limit` is the figure of the kernel when the row was written, with room for differences
 * between builds; never an absolute time.
 */
#include "bench.h"
#include "core/util.h"

#define SMALL	"4k-256m"
#define LARGE	"4k-1g"
#define LARGER	"4k-16g"
#define MOST	"4k-1t"
#define HUGE	"2m-1t"

typedef const struct bench *bench_p;

static double ratio(bench_p b, int k, const char *a, const char *key_a, const char *c,
		    const char *key_c)
{
	return median_of(b, k, a, key_a) / median_of(b, k, c, key_c);
}

static double pause_1t(bench_p b, int k)
{
	return ratio(b, k, HUGE, "pause", "none-2m", "pause");
}

static double pause_1t_small(bench_p b, int k)
{
	return ratio(b, k, MOST, "pause", "none-4k-1t", "pause");
}

static double pause_1g(bench_p b, int k)
{
	return ratio(b, k, LARGE, "pause", SMALL, "pause");
}

/* The stock kernel is in the samples of the first kernel. */
static double pause_stock(bench_p b, int k)
{
	return median_of(b, k, HUGE, "pause") / median_of(b, 0, "stock", "pause");
}

static double pause_wall(bench_p b, int k)
{
	return ratio(b, k, "wall-1t", "pause", "wall-none", "pause");
}

static double pause_wall_stock(bench_p b, int k)
{
	return median_of(b, k, "wall-1t", "pause") / median_of(b, 0, "wall-stock", "pause");
}

static double keys_per_gib(bench_p b, int k)
{
	return slope_of(b, k, SMALL, LARGE, "table_keys", "mapped") * GIB;
}

static double keys_larger(bench_p b, int k)
{
	return slope_of(b, k, LARGE, LARGER, "table_keys", "mapped") * GIB;
}

static double pages_per_gib(bench_p b, int k)
{
	return slope_of(b, k, SMALL, LARGE, "table_pages", "mapped") * GIB;
}

static double pages_per_gib_huge(bench_p b, int k)
{
	return slope_of(b, k, "2m-1g", HUGE, "table_pages", "mapped") * GIB;
}

static double per_page(bench_p b, int k, const char *key)
{
	return slope_of(b, k, SMALL, LARGE, key, "table_pages");
}

static double preserve_tables(bench_p b, int k)
{
	return per_page(b, k, "preserve_tables") / per_page(b, k, "bare");
}

static double preserve_all(bench_p b, int k)
{
	return per_page(b, k, "preserve_iommufd") / per_page(b, k, "bare");
}

static double adopt_small_leaves(bench_p b, int k)
{
	return ratio(b, k, LARGE, "adopt", LARGE, "fill");
}

static double adopt_larger(bench_p b, int k)
{
	return ratio(b, k, LARGER, "adopt", LARGER, "fill");
}

static double adopt_large_leaves(bench_p b, int k)
{
	return ratio(b, k, HUGE, "adopt", HUGE, "fill");
}

static double adopt_few_large(bench_p b, int k)
{
	return ratio(b, k, "2m-1g", "adopt", "2m-1g", "fill");
}

static double restore_1t(bench_p b, int k)
{
	return ratio(b, k, HUGE, "restore_domains", "2m-1g", "restore_domains");
}

static double restore_1g(bench_p b, int k)
{
	return ratio(b, k, LARGE, "restore_domains", SMALL, "restore_domains");
}

static double boot_scattered(bench_p b, int k)
{
	return ratio(b, k, MOST, "boot", "none-4k-1t", "boot");
}

/* The cost of one more device among many : among few */
static double one_more(bench_p b, int k, const char *key)
{
	double few = median_of(b, k, "dev-2", key) - median_of(b, k, "dev-1", key);
	double many = median_of(b, k, "dev-16", key) - median_of(b, k, "dev-8", key);

	return many / 8 / few;
}

static double more_preserve(bench_p b, int k)
{
	return one_more(b, k, "preserve_devices");
}

static double more_pause(bench_p b, int k)
{
	return one_more(b, k, "pause");
}

static double each_of(bench_p b, int k, const char *key)
{
	return ratio(b, k, "dev-16", key, LARGE, key) / 16;
}

static double each_preserve(bench_p b, int k)
{
	return each_of(b, k, "preserve_devices");
}

static double each_retrieve(bench_p b, int k)
{
	return each_of(b, k, "retrieve_devices");
}

/* In instructions: nothing else that the bench measures is of the same kind */
static double retrieve_device(bench_p b, int k)
{
	return median_of(b, k, "dev-16", "retrieve_devices") / 16;
}

/* KHO and shmem: a page is restored and enters its file, against LUO pinning and listing it */
static double retrieve_page(bench_p b, int k)
{
	return median_of(b, k, LARGE, "retrieve_memory") / median_of(b, k, LARGE, "memory_keys") /
	       per_page(b, k, "bare");
}

/* Instructions of the boot for each key; both machines have the same memory and tables */
static double boot_key(bench_p b, int k)
{
	return slope_of(b, k, "2m-1g", LARGE, "boot", "memory_keys");
}

static double memory_pause(bench_p b, int k, const char *name)
{
	return ratio(b, k, name, "pause", cases[case_find(name)].base, "pause");
}

static double pause_4k_4g(bench_p b, int k)
{
	return memory_pause(b, k, "mem-4k-4g");
}

static double pause_thp_4g(bench_p b, int k)
{
	return memory_pause(b, k, "mem-thp-4g");
}

static double pause_1g_2g(bench_p b, int k)
{
	return memory_pause(b, k, "mem-1g-2g");
}

static double pause_hugetlb(bench_p b, int k)
{
	return memory_pause(b, k, "2m-hugetlb");
}

static double pause_2m_4g(bench_p b, int k)
{
	return memory_pause(b, k, "mem-2m-4g");
}

static double pause_2m_16g(bench_p b, int k)
{
	return memory_pause(b, k, "mem-2m-16g");
}

static double adopt_1g_leaf(bench_p b, int k)
{
	return slope_of(b, k, "mem-1g-2g", "mem-1g-8g", "adopt", "mapped") * GIB;
}

static double records_per_device(bench_p b, int k)
{
	return (median_of(b, k, "dev-16", "records") - median_of(b, k, LARGE, "records")) / 15;
}

static double session_costs(bench_p b, int k)
{
	return ratio(b, k, "sess-16", "pause", "dev-16", "pause");
}

static double gap(bench_p b, int k)
{
	return median_of(b, k, "traffic", "gap_ratio");
}

/* The two phases in which a case differs most from its base */
static char *why_pause(bench_p b, int k, const char *name)
{
	const char *base = cases[case_find(name)].base;
	double d[16] = {}, all, sign;
	size_t i, most = 0, next = 0;

	all = median_of(b, k, name, "pause") - median_of(b, k, base, "pause");
	sign = all < 0 ? -1 : 1;
	for (i = 0; i < nphase_names; i++) {
		d[i] = sign * (median_of(b, k, name, phase_names[i].key) -
			       median_of(b, k, base, phase_names[i].key));
		if (d[i] > d[most]) {
			next = most;
			most = i;
		} else if (i != most && (d[i] > d[next] || next == most)) {
			next = i;
		}
	}
	return text("%.1f ms %s, of which %.1f in \"%s\" and %.1f in \"%s\"", sign * all / 1e6,
		    sign < 0 ? "less" : "more", d[most] / 1e6, phase_names[most].title,
		    d[next] / 1e6, phase_names[next].title);
}

static char *why_pause_1t(bench_p b, int k)
{
	return why_pause(b, k, HUGE);
}

static char *why_pause_1t_small(bench_p b, int k)
{
	return why_pause(b, k, MOST);
}

static char *why_keys(bench_p b, int k)
{
	return text("%.0f keys for %.0f table pages", median_of(b, k, LARGE, "table_keys"),
		    median_of(b, k, LARGE, "table_pages"));
}

static char *why_preserve(bench_p b, int k)
{
	return text("a table page costs %.0f instructions in its table and %.0f in checking "
		    "the memory it maps; a page of a memfd %.0f", per_page(b, k, "preserve_tables"),
		    per_page(b, k, "preserve_iommufd") - per_page(b, k, "preserve_tables"),
		    per_page(b, k, "bare"));
}

static char *why_adopt(bench_p b, int k, const char *name)
{
	double gib = median_of(b, k, name, "mapped") / GIB;

	return text("for a GiB %.2f million instructions against %.2f",
		    median_of(b, k, name, "adopt") / gib / 1e6,
		    median_of(b, k, name, "fill") / gib / 1e6);
}

static char *why_adopt_small(bench_p b, int k)
{
	return why_adopt(b, k, LARGE);
}

static char *why_adopt_large(bench_p b, int k)
{
	return why_adopt(b, k, HUGE);
}

static char *why_gap(bench_p b, int k)
{
	return text("%.1f ms before, %.1f ms during; both include scheduling of the build machine",
		    median_of(b, k, "traffic", "gap_before"),
		    median_of(b, k, "traffic", "gap_during"));
}

const struct goal goals[] = {
	{ "pause, 1 TiB in 2 MiB leaves : nothing preserved", 1.02, NAN, .measure = pause_1t,
	  .why = why_pause_1t },
	{ "the same by the wall clock", 1.02, NAN, .measure = pause_wall },
	{ "pause, 1 TiB in 2 MiB leaves : stock kernel", NAN, NAN, .measure = pause_stock },
	{ "the same by the wall clock", NAN, NAN, .measure = pause_wall_stock },
	{ "pause, 1 TiB in 4 KiB leaves : nothing preserved", 1.02, NAN, .measure = pause_1t_small,
	  .why = why_pause_1t_small },
	{ "pause, 1 GiB in 4 KiB leaves : 256 MiB", 1.02, 1.1, .measure = pause_1g },
	{ "boot, 1 TiB in 4 KiB leaves : nothing preserved", NAN, NAN, .measure = boot_scattered },
	{ "preserved keys per GiB in 4 KiB leaves, from 1 to 16 GiB", 2, NAN,
	  .measure = keys_larger },
	{ "the same, from 256 MiB to 1 GiB", 2, 3, .measure = keys_per_gib, .why = why_keys },
	{ "table pages per GiB in 4 KiB leaves", NAN, 513, .measure = pages_per_gib },
	{ "table pages per GiB in 2 MiB leaves", NAN, NAN, .measure = pages_per_gib_huge },
	{ "preserve, the table alone : a memfd's page, per page", 0.05, 0.05,
	  .measure = preserve_tables, .why = why_preserve },
	{ "preserve, the whole ioctl : a memfd's page, per page", 1.2, 110, .measure = preserve_all,
	  .why = why_preserve },
	{ "adopt : map from scratch, 1 GiB in 4 KiB leaves", 0.2, 0.21,
	  .measure = adopt_small_leaves, .why = why_adopt_small },
	{ "adopt : map from scratch, 16 GiB in 4 KiB leaves", 0.2, NAN, .measure = adopt_larger },
	{ "adopt : map from scratch, 1 TiB in 2 MiB leaves", 0.5, NAN,
	  .measure = adopt_large_leaves, .why = why_adopt_large },
	{ "the same, 1 GiB, with the fixed cost of an adoption", NAN, 0.6,
	  .measure = adopt_few_large },
	{ "boot, per domain: 1 TiB : 1 GiB, 2 MiB leaves", 1.1, NAN, .measure = restore_1t },
	{ "boot, per domain: 1 GiB : 256 MiB, 4 KiB leaves", 1.1, 1.1, .measure = restore_1g },
	{ "one more device, preserve: 9th to 16th : 2nd", 1.2, NAN, .measure = more_preserve },
	{ "one more device, pause: 9th to 16th : 2nd", 1.2, NAN, .measure = more_pause },
	{ "a device of 16 : a single one, preserve", 1.2, 1.2, .measure = each_preserve },
	{ "a device of 16 : a single one, retrieve and bind", 1.2, 1.2, .measure = each_retrieve },
	{ "retrieve and bind, instructions for each device of 16", 200000, 207000,
	  .measure = retrieve_device },
	{ "retrieve a page of a memfd : preserve it", NAN, 3.9, .measure = retrieve_page },
	{ "boot, instructions for each page of a memfd", NAN, NAN, .measure = boot_key },
	{ "pause, 4 GiB of memory in 4 KiB pages : nothing preserved", NAN, NAN,
	  .measure = pause_4k_4g },
	{ "the same in huge pages of shmem", NAN, NAN, .measure = pause_thp_4g },
	{ "the same in 2 MiB pages of hugetlb", 1.05, 1.05, .measure = pause_2m_4g,
	  .needs = "mem-2m-4g" },
	{ "the same, 2 GiB in 1 GiB pages of hugetlb", 1.05, 1.05, .measure = pause_1g_2g,
	  .needs = "mem-1g-2g" },
	{ "pause, 16 GiB of memory in 2 MiB pages : nothing preserved", 1.05, 1.05,
	  .measure = pause_2m_16g, .needs = "mem-2m-16g" },
	{ "pause, 1 GiB in 2 MiB leaves, pages of hugetlb : huge pages of shmem", NAN, 1.02,
	  .measure = pause_hugetlb },
	{ "adopt, instructions for each leaf of 1 GiB more", 10000, 10000, .measure = adopt_1g_leaf,
	  .needs = "mem-1g-8g" },
	{ "records per device", NAN, NAN, .measure = records_per_device },
	{ "pause, 16 devices in 16 sessions : in one", NAN, NAN, .measure = session_costs },
	{ "longest DMA gap during the update : before it", 1.1, NAN, .measure = gap,
	  .why = why_gap },
};

const size_t ngoals = ARRAY_SIZE(goals);

static bool left_out(const struct bench *b, int kernel, const struct goal *goal)
{
	return goal->needs && !b->samples[kernel][case_find(goal->needs)].runs;
}

/* Print the rows over their limit; their number, with those that a run should have measured. */
unsigned int goals_broken(const struct bench *b, int kernel)
{
	unsigned int broken = 0;
	size_t i;

	for (i = 0; i < ngoals && !b->opt.only; i++) {
		double x = goals[i].measure(b, kernel);

		if (isnan(goals[i].limit) || x <= goals[i].limit || left_out(b, kernel, &goals[i]))
			continue;
		fprintf(stderr, "lubench: %s: %.3f is over the limit of %g\n", goals[i].title,
			x, goals[i].limit);
		broken++;
	}
	return broken;
}
