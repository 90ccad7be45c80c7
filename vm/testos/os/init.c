// SPDX-License-Identifier: GPL-2.0
/*
 * PID 1 of both kernels: says hello, runs its half of the scenario, ends.
 *
 * The same program run on the build machine lists the scenarios and prints the machine each needs.
 * Where the scenario wants systemd, that becomes process 1 and starts this program as
 * the services operator and vmm. With lu.shell=1 it becomes a shell; from there `/init --stage
 * N NAME` runs the half of a scenario that belongs to kernel N, and the next kernel comes up
 * with a shell again.
 *
 * Invariant: hello carries the moment of the first instruction of main(), taken before
 * anything is mounted.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <x86intrin.h>

#include "iommu/platform.h"
#include "os/image.h"
#include "os/leaks.h"
#include "os/modules.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"

extern const struct scenario *const __start_scenarios[], *const __stop_scenarios[];

static const struct scenario *find(const char *name)
{
	const struct scenario *const *s;

	for (s = __start_scenarios; s < __stop_scenarios; s++)
		if (!strcmp((*s)->name, name))
			return *s;
	return NULL;
}

/* That of the command line */
static const struct scenario *here(void)
{
	const struct scenario *s;
	char name[64];

	if (!cmdline_get("lu.scenario", name, sizeof(name)))
		bail_out("the command line names no lu.scenario");
	s = find(name);
	if (!s)
		bail_out("there is no scenario \"%s\"", name);
	return s;
}

static int list(void)
{
	const struct scenario *const *s;

	for (s = __start_scenarios; s < __stop_scenarios; s++)
		puts((*s)->name);
	return 0;
}

/* The scenario with the usual value in each field that it leaves out */
static struct scenario with_usual_values(const struct scenario *from)
{
	struct scenario s = *from;

#define FILL_TEXT(name, size, usual)	s.name = s.name ? s.name : usual;
#define FILL_NUMBER(name, usual)	s.name = s.name ? s.name : (usual);
#define FILL_FLAG(name)
	SCENARIO_FIELDS(FILL_TEXT, FILL_NUMBER, FILL_FLAG)
	if (!s.after)
		s.updates = 0;
	return s;
}

static void print_text(const struct platform *p, const char *key, const char *text)
{
	const char *guard = strcmp(key, "cmdline") ? "" : SCENARIO_GUARD_CMDLINE " ";
	char line[1024];

	platform_expand(p, text, line, sizeof(line));
	printf("%s=%s%s\n", key, guard, line);
}

static int needs(const char *name, const char *platform)
{
	const struct platform *p = platform_find(platform);
	const struct scenario *found = find(name);
	struct scenario s;

	if (!found || !p) {
		fprintf(stderr, "there is no scenario %s, or no platform %s\n", name, platform);
		return 1;
	}
	s = with_usual_values(found);
	printf("name=%s\n", s.name);
#define PRINT_TEXT(name, size, usual)	print_text(p, #name, s.name);
#define PRINT_NUMBER(name, usual)	printf("%s=%d\n", #name, s.name);
#define PRINT_FLAG(name)		printf("%s=%d\n", #name, s.name);
	SCENARIO_FIELDS(PRINT_TEXT, PRINT_NUMBER, PRINT_FLAG)
	return 0;
}

static void mount_at(const char *type, const char *where)
{
	mkdir(where, 0755);
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "mount %s: %s\n", where, strerror(errno));
}

static void mount_all(void)
{
	mount_at("proc", "/proc");
	mount_at("sysfs", "/sys");
	mount_at("devtmpfs", "/dev");
	mount_at("debugfs", "/sys/kernel/debug");
	mount_at("tracefs", "/sys/kernel/tracing");
	mount_at("tmpfs", "/tmp");
}

static void run_stage(const struct scenario *s, int stage)
{
	if (stage == 1)
		s->before();
	else if (s->after)
		s->after();
	else
		bail_out("scenario %s has nothing to do in kernel %d", s->name, stage);
	leaks_look();
	report_plan();
	report_end();
}

/* The names of busybox are links in /bin; the shell gets the console as its terminal. */
static int shell(void)
{
	static const char *const script =
		"/bin/busybox --install -s /bin\n"
		"echo '/init --list shows the scenarios; /init --stage 1 NAME runs one in this kernel'\n"
		"echo 'iolu and vmm are here; the next kernel is /next/bzImage with /next/initrd'\n"
		"exec setsid cttyhack sh\n";

	image_unpack();
	setenv("PATH", "/bin:/sbin:/", 1);
	execl("/bin/busybox", "sh", "-c", script, NULL);
	bail_out("lu.shell=1, but there is no /bin/busybox in the initramfs: %s", strerror(errno));
}

/* Process 1 is systemd, which starts this program again, under other names. */
_Noreturn static void become_systemd(void)
{
	execl("/usr/lib/systemd/systemd", "systemd", NULL);
	bail_out("there is no systemd in the initramfs: %s", strerror(errno));
}

/* Programs that systemd starts: the scenario, its VMM, and the last one before the kexec */
static bool under_systemd(const char *name)
{
	bool vmm = !strcmp(name, "vmm"), last = !strcmp(name, "last");

	if (!vmm && !last && strcmp(name, "operator"))
		return false;
	report_open(0, false);		/* each says for itself how many facts it has stated */
	if (last) {
		mark("reboot");
		return true;
	}
	if (vmm)
		here()->vmm();
	run_stage(here(), cmdline_number("lu.stage", 1));
	power_off();
}

static int by_hand(int argc, char **argv)
{
	if (under_systemd(basename(argv[0])))
		return 0;
	if (!strcmp(basename(argv[0]), "modprobe"))
		return modules_modprobe(argv[argc - 1]);
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if ((argc == 3 || argc == 4) && !strcmp(argv[1], "--needs"))
		return needs(argv[2], argc == 4 ? argv[3] : platform_vtd.name);
	if (argc == 4 && !strcmp(argv[1], "--stage") && find(argv[3])) {
		report_open(cmdline_number("lu.facts", 0), true);
		run_stage(find(argv[3]), atoi(argv[2]));
		return 0;
	}
	fprintf(stderr, "usage: %s --list | --needs NAME [PLATFORM] | --stage N NAME\n", argv[0]);
	return 1;
}

int main(int argc, char **argv)
{
	uint64_t born = __rdtsc();

	if (getpid() != 1)
		return by_hand(argc, argv);
	mount_all();
	report_open(cmdline_number("lu.facts", 0), false);
	report_hello(cmdline_number("lu.stage", 1), born);
	if (cmdline_number("lu.modules", 1))
		modules_load();
	if (cmdline_number("lu.shell", 0))
		return shell();
	if (here()->systemd)
		become_systemd();
	run_stage(here(), cmdline_number("lu.stage", 1));
	power_off();
}
