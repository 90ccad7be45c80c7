/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lubench: runs the cases, reads their reports and computes the goals.
 *
 *   cases.c    the table of cases: a machine and the parameters for vm/bench/testos
 *   runs.c     starts lurun for a case and reads its report
 *   figures.c  look-ups: all values of a key, minimum, median, maximum, slopes
 *   phases.c   the pause divided into phases, by the kernels' logs
 *   memory.c   the table of cases with memory of a VM's size
 *   goals.c    figures with a goal, and the limits that make a bench fail
 *   markdown.c, json.c, plots.c   print
 *
 * Invariant: a case that has not run, or a run without a key, has no values; figures made
 * of it are NAN and are printed as "not measured".
 */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MAX_CASES	48
#define MAX_KERNELS	2
#define GIB		(1024.0 * 1024 * 1024)

/* One machine and one set of parameters */
struct bench_case {
	const char *name;
	const char *title;
	const char *base;		/* the same without preservation */
	const char *scenario;		/* NULL: bench_update */
	unsigned int mib;		/* of IOVA for each HWPT */
	unsigned int pool;		/* MiB of memory behind the mappings */
	unsigned int hugetlb;		/* MiB of a page of it, 0: shmem */
	unsigned int mem;		/* MiB of the machine, 0: the usual */
	unsigned int devices, present;	/* preserved; present */
	unsigned int sessions;
	unsigned int reps, rounds;	/* 0: as the command line says */
	bool huge, preserve, stock, nvme;
	bool wall_clock;		/* ticks are those of the TSC, not instructions */
	bool quick;			/* part of the short bench */
};

struct figure {
	char key[40];
	double *values;
	size_t n, cap;
};

/* The figures of all runs of one case on one kernel */
struct samples {
	struct figure *figures;
	size_t nfigures, cap;
	unsigned int runs;
};

struct bench_options {
	const char *out;
	const char *kernel[MAX_KERNELS];
	const char *stock;
	const char *only;		/* names of cases, with commas */
	unsigned int nkernels, reps;
	bool quick;
	bool read;			/* run nothing, read the runs in @out */
};

struct bench {
	struct bench_options opt;
	struct samples samples[MAX_KERNELS][MAX_CASES];
	double cpu_seconds;		/* of all emulators */
	double seconds;
};

struct spread {
	double min, median, max;
	size_t n;
};

/* cases.c */
extern const struct bench_case cases[];
extern const size_t ncases;
int case_find(const char *name);
bool case_wanted(const struct bench *b, size_t c);
char *case_words(const struct bench_case *c, unsigned int reps);
char *case_devices(const struct bench_case *c);

/* runs.c */
void runs_do(struct bench *b, const char *lurun);

/* figures.c */
void figure_add(struct samples *s, const char *key, double value);
struct spread spread_of(const struct bench *b, int kernel, const char *name, const char *key);
double median_of(const struct bench *b, int kernel, const char *name, const char *key);
double slope_of(const struct bench *b, int kernel, const char *from, const char *to,
		const char *key, const char *over);

/* phases.c */
struct phase_name {
	const char *key;
	const char *title;
	const char *colour;
	bool ours;
};

extern const struct phase_name phase_names[];
extern const size_t nphase_names;
void phases_read(struct samples *s, const char *dir);

/* goals.c */
struct goal {
	const char *title;
	double goal;			/* NAN: there is none */
	double limit;			/* the bench fails above it; NAN: not checked */
	double (*measure)(const struct bench *b, int kernel);
	char *(*why)(const struct bench *b, int kernel);	/* a sentence, or NULL */
	const char *needs;		/* without a run of this case it is not checked; or NULL */
};

extern const struct goal goals[];
extern const size_t ngoals;
unsigned int goals_broken(const struct bench *b, int kernel);

/* printing */
void markdown_write(const struct bench *b);
void memory_write(FILE *f, const struct bench *b);
void json_write(const struct bench *b);
void plots_write(const struct bench *b);

#endif /* BENCH_RUNNER_H */
