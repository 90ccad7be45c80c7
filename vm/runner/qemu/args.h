/* SPDX-License-Identifier: GPL-2.0 */
/* The argument list of a program that is to be started. */
#ifndef VM_RUNNER_ARGS_H
#define VM_RUNNER_ARGS_H

#define MAX_ARGS	512

struct args {
	char *v[MAX_ARGS + 1];	/* the rest is NULL */
	int n;
};

void arg(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Each of a list that ends with NULL */
void args_list(struct args *a, const char *const *list);

/* The words of @words as a shell splits them, without running anything; NULL is none. */
void args_split(struct args *a, const char *words);

#endif /* VM_RUNNER_ARGS_H */
