// SPDX-License-Identifier: GPL-2.0
/*
 * lurun: run one scenario in the test machine and judge it.
 *
 * The programs it needs lie beside it: out/vm/{lurun,init,gen_init_cpio}, the kernels in
 * out/build/. Results go to out/test/SCENARIO[@PLATFORM] by default. An abort of the emulator is no
 * result; the run is repeated once.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge/figures.h"
#include "needs.h"
#include "options.h"
#include "platform.h"
#include "print/picture.h"
#include "print/report.h"
#include "print/story.h"
#include "print/timeline.h"
#include "print/verdict.h"
#include "qemu/initramfs.h"
#include "qemu/machine.h"
#include "qemu/qemu.h"
#include "qemu/trace.h"

#define ATTEMPTS 2

/* Paths, derived from that of this program: OUT/vm/lurun */
struct places {
	char *out;
	char *vm;
	char *kernel;
	char *next;		/* the kernel to update to */
	char *older;		/* boots first unless NULL */
};

static void need_kernel(const char *path, const char *how)
{
	if (access(path, R_OK))
		die("no kernel %s: %s", path, how);
}

static const char *first_build(const struct options *opt, const struct needs *needs)
{
	if (opt->stock || strstr(needs->kernel, "stock"))
		return SERIES "-stock";
	if (!strcmp(needs->kernel, "modules"))
		return SERIES "-modules";
	return needs->debug ? SERIES "-debug" : SERIES;
}

static void find_places(struct places *p, const struct options *opt, const struct needs *needs)
{
	if (opt->kernel)
		p->kernel = realpath(opt->kernel, NULL);
	else
		p->kernel = text("%s/build/%s/arch/x86/boot/bzImage", p->out,
				 first_build(opt, needs));
	need_kernel(p->kernel ? p->kernel : opt->kernel,
		    "build it with 'make kernel' or name one with --kernel");
	p->next = p->kernel;
	if (*needs->next) {
		p->next = text("%s/build/%s/arch/x86/boot/bzImage", p->out, needs->next);
		need_kernel(p->next, "'make help' says how it is built");
	}
	if (!needs->older)
		return;
	p->older = text("%s/build/%s/arch/x86/boot/bzImage", p->out, OLDER_SERIES);
	need_kernel(p->older, "build it with 'make kernel-older'");
}

static void find_vm(struct places *p)
{
	p->vm = program_dir();
	p->out = program_dir();
	dirname(p->out);
}

static char *need_program(const struct places *p, const char *name)
{
	char *path = text("%s/%s", p->vm, name);

	if (access(path, X_OK))
		die("%s is missing: build it with 'make vm'", path);
	return path;
}

static char *need_image(const struct places *p)
{
	char *path = text("%s/guest.img", p->vm);

	if (access(path, R_OK))
		die("%s is missing: make it with 'make image'", path);
	return path;
}

static void make_dirs(const char *path)
{
	char *copy = text("%s", path), *p;

	for (p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = 0;
		mkdir(copy, 0755);
	}
	if (mkdir(copy, 0755) && errno != EEXIST)
		die("cannot make the directory %s: %s", path, strerror(errno));
	free(copy);
}

static void set_out(struct run *r, const struct places *p)
{
	const char *name = r->opt->scenario ? r->opt->scenario : "shell";
	const char *at = r->opt->platform ? "@" : "", *platform = r->opt->platform ?: "";
	char *dir = r->opt->out ? text("%s", r->opt->out) :
				  text("%s/test/%s%s%s", p->out, name, at, platform);
	char full[PATH_MAX];

	make_dirs(dir);
	if (!realpath(dir, full) || strlen(full) >= sizeof(r->out))
		die("cannot use the directory %s", dir);
	strcpy(r->out, full);
	free(dir);
}

static void explain_infrastructure(const struct run *r)
{
	if (!r->live->kernel)
		die("the emulator did not start: %s", qemu_last_message(r));
	story_diag(r, text("infrastructure: the emulator ended with status %d: %s",
			   r->live->qemu_status, qemu_last_message(r)));
}

static void close_senders(const struct run *r, struct live *l)
{
	int i;

	for (i = 0; i < r->needs->ndevices; i++)
		sender_close(&l->sender[i]);
}

static void run_machine(const struct run *r, struct live *l, const struct places *p)
{
	const char *first = p->older ? p->older : p->kernel;
	char *initrd;
	int attempt;

	for (attempt = 1;; attempt++) {
		memset(l, 0, sizeof(*l));
		l->planned = -1;
		initrd = initramfs_write(p->vm, r, first, p->next, p->older);
		machine_run(r, l, first, initrd);
		initramfs_remove(r->out);
		free(initrd);
		if (l->how != RUN_INFRASTRUCTURE)
			return;
		explain_infrastructure(r);
		if (attempt == ATTEMPTS)
			die("the emulator aborted %d times: no result", ATTEMPTS);
		close_senders(r, l);
	}
}

static bool skip_platform(const struct run *r)
{
	const char *wanted = r->needs->platform;

	if (!*wanted || !strcmp(wanted, r->platform->name))
		return false;
	printf("1..0 # SKIP it is about the platform %s\n", wanted);
	return true;
}

int main(int argc, char **argv)
{
	static struct options opt;
	static struct needs needs;
	static struct live live;
	static struct parsed parsed;
	static struct judged judged;
	static struct run r = {
		.opt = &opt, .needs = &needs, .live = &live, .parsed = &parsed,
		.judged = &judged,
	};
	struct places p = {};
	char *init;
	bool good;

	options_parse(&opt, argc, argv);
	r.platform = platform_find(opt.platform);
	find_vm(&p);
	init = need_program(&p, "init");
	free(need_program(&p, "gen_init_cpio"));
	needs_read(&needs, init, &opt, r.platform->name);
	if (skip_platform(&r))
		return 0;
	r.control = opt.stock || opt.without_preserve || needs.expect_lost;
	find_places(&p, &opt, &needs);
	set_out(&r, &p);
	if (needs.image)
		r.image = need_image(&p);
	else if (opt.shell)
		r.image = text("%s/next.img", r.out);
	run_machine(&r, &live, &p);
	if (opt.shell)
		return 0;
	trace_read(&r, &parsed);
	figures_compute(&r, &judged);
	timeline_write(&r);
	good = report_write(&r);
	picture_write(&r, good);
	if (verdict_print(&r) != good)
		die("the report and the verdict disagree");
	return good ? 0 : 1;
}
