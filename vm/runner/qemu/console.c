// SPDX-License-Identifier: GPL-2.0
/*
 * The serial console: written to console.log (with the time at which each line arrived) and
 * once per kernel to console-1.log, console-2.log ... It is scanned for DMA faults and for
 * lines that a healthy kernel never prints.
 */
#include <string.h>

#include "console.h"
#include "platform.h"
#include "print/story.h"

static const char *const splat_words[] = {
	"BUG: ", "WARNING: ", "Oops", "general protection fault", "KASAN", "UBSAN: ",
	"kernel BUG at", "Kernel panic", "INFO: possible ", "possible recursive locking",
	"possible circular locking", "suspicious RCU usage", "rcu: INFO: ", "self-detected stall",
	"blocked for more than", "Call Trace:", "unreferenced object", "bad page state",
	"Bad page", "refcount_t: ", "DEBUG_LOCKS_WARN_ON",
};

void console_open(struct console *c, const struct run *r, struct live *l)
{
	*c = (struct console){ .run = r, .live = l };
	c->all = create_file(r->out, "console.log");
	c->part = create_file(r->out, "console-0.log");
}

static void next_kernel(struct console *c, const char *banner)
{
	char name[32];

	fclose(c->part);
	snprintf(name, sizeof(name), "console-%d.log", ++c->kernel);
	c->part = create_file(c->run->out, name);
	story_kernel(c->run, c->kernel, banner);
}

static bool is_splat(const char *line)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(splat_words); i++)
		if (strstr(line, splat_words[i]))
			return true;
	return false;
}

static void scan(struct console *c, const char *line)
{
	struct live *l = c->live;
	uint16_t requester;
	struct splat *s;

	if (c->run->platform->parse_fault(line, &requester))
		*array_add(l->faults, l->nfaults, l->faults_cap) = requester;
	if (!is_splat(line))
		return;
	s = array_add(l->splats, l->nsplats, l->splats_cap);
	s->kernel = c->kernel;
	snprintf(s->text, sizeof(s->text), "%s", line);
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
