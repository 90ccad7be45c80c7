// SPDX-License-Identifier: GPL-2.0
/*
 * The serial console: kept as console.log (with the moment each line arrived) and once per
 * kernel as console-1.log, console-2.log ... , and scanned for what a healthy kernel never
 * prints. Nothing here decides about DMA; the console is only evidence for splats.
 */
#include <errno.h>
#include <string.h>

#include "console.h"
#include "print/story.h"

static const char *const splat_words[] = {
	"BUG: ", "WARNING: ", "Oops", "general protection fault", "KASAN", "UBSAN: ",
	"kernel BUG at", "Kernel panic", "INFO: possible ", "possible recursive locking",
	"possible circular locking", "suspicious RCU usage", "rcu: INFO: ", "self-detected stall",
	"blocked for more than", "Call Trace:", "unreferenced object", "bad page state",
	"Bad page", "refcount_t: ", "DEBUG_LOCKS_WARN_ON",
};

static FILE *open_log(const struct run *r, const char *name)
{
	char *path = text("%s/%s", r->out, name);
	FILE *f = fopen(path, "w");

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	return f;
}

void console_open(struct console *c, struct run *r)
{
	*c = (struct console){ .run = r };
	c->all = open_log(r, "console.log");
	c->part = open_log(r, "console-0.log");
}

static void next_kernel(struct console *c, const char *banner)
{
	char name[32];

	fclose(c->part);
	snprintf(name, sizeof(name), "console-%d.log", ++c->kernel);
	c->part = open_log(c->run, name);
	story_kernel(c->run, c->kernel, banner);
}

/* The function that a fault report names as "Request device [SSSS:BB:DD.F]" */
static uint16_t source_id(const char *text)
{
	unsigned int segment, bus, slot, fn;

	if (sscanf(text, "Request device [%x:%x:%x.%x]", &segment, &bus, &slot, &fn) != 4)
		return 0;
	return bus << 8 | slot << 3 | fn;
}

static void scan(struct console *c, const char *line)
{
	struct run *r = c->run;
	const char *at;
	struct splat *s;
	size_t i;

	at = strstr(line, "DMAR: [DMA") ? strstr(line, "Request device [") : NULL;
	if (at)
		*array_add(r->faulting, r->nfaulting, r->faulting_cap) = source_id(at);
	for (i = 0; i < ARRAY_SIZE(splat_words); i++)
		if (strstr(line, splat_words[i])) {
			s = array_add(r->splats, r->nsplats, r->splats_cap);
			s->stage = c->kernel;
			snprintf(s->text, sizeof(s->text), "%s", line);
			return;
		}
}

void console_line(struct console *c, const char *line, int64_t arrived)
{
	const char *banner = strstr(line, "Linux version ");

	if (banner)
		next_kernel(c, banner);
	fprintf(c->all, "%9.3f %s\n", run_seconds(c->run, arrived), line);
	fprintf(c->part, "%s\n", line);
	scan(c, line);
}

void console_close(struct console *c)
{
	fclose(c->all);
	fclose(c->part);
}
