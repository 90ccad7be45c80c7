// SPDX-License-Identifier: GPL-2.0
/* An argument list that grows to MAX_ARGS; a longer one ends the program. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <wordexp.h>

#include "args.h"
#include "core/util.h"

void arg(struct args *a, const char *fmt, ...)
{
	va_list ap;

	if (a->n == MAX_ARGS)
		die("more than %d arguments for the emulator", MAX_ARGS);
	va_start(ap, fmt);
	if (vasprintf(&a->v[a->n++], fmt, ap) < 0)
		die("out of memory");
	va_end(ap);
}

void args_list(struct args *a, const char *const *list)
{
	for (; *list; list++)
		arg(a, "%s", *list);
}

void args_split(struct args *a, const char *words)
{
	wordexp_t w;
	size_t i;

	if (!words || !*words)
		return;
	if (wordexp(words, &w, WRDE_NOCMD | WRDE_UNDEF))
		die("cannot split the emulator's extra arguments: %s", words);
	for (i = 0; i < w.we_wordc; i++)
		arg(a, "%s", w.we_wordv[i]);
	wordfree(&w);
}
