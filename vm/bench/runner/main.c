// SPDX-License-Identifier: GPL-2.0
/*
 * lubench: measures the cost of a live update, all cases side by side.
 *
 * It runs the cases of cases.c with lurun, which lies beside it, and writes report.md,
 * report.json and the pictures. Exit status: 0 all rows are within the limits of goals.c, 1
 * some are not, 2 a run failed.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "core/util.h"

static const char usage[] =
	"usage: lubench [options]\n\n"
	"  --quick            the short bench: counts and slopes, one round\n"
	"  --reps N           rounds, and repetitions within a run (default: 5)\n"
	"  --only CASE,...    these cases; see vm/bench/runner/cases.c\n"
	"  --kernel BZIMAGE   measure this kernel (default: out/build/" SERIES ")\n"
	"  --against BZIMAGE  and this one, alternating\n"
	"  --stock BZIMAGE    the stock kernel (default: out/build/" SERIES "-stock)\n"
	"  --read             run nothing: report on the runs in --out\n"
	"  --out DIR          where the results go (default: out/bench)\n";

static void parse(struct bench_options *opt, int argc, char **argv)
{
	static const struct option names[] = {
		{ "quick", no_argument, NULL, 'q' }, { "reps", required_argument, NULL, 'r' },
		{ "only", required_argument, NULL, 'o' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "against", required_argument, NULL, 'a' },
		{ "stock", required_argument, NULL, 's' }, { "out", required_argument, NULL, 'd' },
		{ "read", no_argument, NULL, 'R' },
		{ "help", no_argument, NULL, 'h' }, {},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 'q': opt->quick = true; break;
		case 'r': opt->reps = atoi(optarg); break;
		case 'o': opt->only = optarg; break;
		case 'k': opt->kernel[0] = optarg; break;
		case 'a': opt->kernel[1] = optarg; break;
		case 's': opt->stock = optarg; break;
		case 'd': opt->out = optarg; break;
		case 'R': opt->read = true; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: die("see lubench --help");
		}
	}
	if (optind < argc)
		die("%s: not an option; see lubench --help", argv[optind]);
	if (opt->reps < 1 || opt->reps > 100)
		die("--reps needs a number from 1 to 100");
}

static char *image(const char *vm, const char *name)
{
	return text("%s/../build/%s/arch/x86/boot/bzImage", vm, name);
}

/* Of the cases that are wanted */
static bool needs_stock(const struct bench *b)
{
	size_t c;

	for (c = 0; c < ncases; c++)
		if (cases[c].stock && case_wanted(b, c))
			return !b->opt.read;
	return false;
}

static void set_up(struct bench *b, const char *vm)
{
	struct bench_options *opt = &b->opt;
	unsigned int k;

	if (!opt->kernel[0])
		opt->kernel[0] = image(vm, SERIES);
	if (!opt->stock)
		opt->stock = image(vm, SERIES "-stock");
	if (!opt->out)
		opt->out = text("%s/../bench", vm);
	opt->nkernels = opt->kernel[1] ? 2 : 1;
	for (k = 0; k < opt->nkernels; k++)
		if (access(opt->kernel[k], R_OK))
			die("no kernel %s: build it with 'make kernel'", opt->kernel[k]);
	if (needs_stock(b) && access(opt->stock, R_OK))
		die("no kernel %s: build it with 'make stock'", opt->stock);
	mkdir(opt->out, 0755);
	if (mkdir(text("%s/runs", opt->out), 0755) && errno != EEXIST)
		die("cannot make the directory %s/runs: %s", opt->out, strerror(errno));
}

int main(int argc, char **argv)
{
	static struct bench b = { .opt.reps = 5 };
	char *vm = program_dir();
	unsigned int broken;

	parse(&b.opt, argc, argv);
	set_up(&b, vm);
	runs_do(&b, text("%s/lurun", vm));
	markdown_write(&b);
	json_write(&b);
	plots_write(&b);
	broken = goals_broken(&b, 0);
	printf("%s/report.md: %.0f CPU seconds, %u rows over their limit\n", b.opt.out,
	       b.cpu_seconds, broken);
	return broken ? 1 : 0;
}
