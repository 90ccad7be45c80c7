// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator: its command line, its birth and its end.
 *
 * q35 with an Intel IOMMU in scalable mode, single-threaded TCG (as fast as multi-threaded
 * here and free of its races). NIC number i sits behind a root port of its own in slot
 * FIRST_SLOT + i, or is in that slot itself. The emulator dies with the runner.
 * QEMU in the environment names another emulator program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include "qemu.h"
#include "trace.h"

#define MAX_ARGS	512

struct args {
	char *v[MAX_ARGS + 1];
	int n;
};

static void arg(struct args *a, char *s)
{
	if (a->n == MAX_ARGS)
		die("more than %d arguments for the emulator", MAX_ARGS);
	a->v[a->n++] = s;
}

static void args(struct args *a, const char *const *list)
{
	for (; *list; list++)
		arg(a, text("%s", *list));
}

/* Words as a shell would split them, without running anything. */
static void args_split(struct args *a, const char *words)
{
	wordexp_t w;
	size_t i;

	if (!words || !*words)
		return;
	if (wordexp(words, &w, WRDE_NOCMD | WRDE_UNDEF))
		die("cannot split the emulator's extra arguments: %s", words);
	for (i = 0; i < w.we_wordc; i++)
		arg(a, text("%s", w.we_wordv[i]));
	wordfree(&w);
}

static void add_machine(struct args *a, const struct run *r)
{
	const struct needs *n = &r->needs;
	const char *emulator = getenv("QEMU");
	const char *scenario_iommu = *n->iommu ? n->iommu : NULL;
	static const char *const fixed[] = {
		"-M", "q35,kernel-irqchip=off", "-accel", "tcg,thread=single",
		"-cpu", "max", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		NULL
	};

	arg(a, text("%s", emulator ? emulator : "qemu-system-x86_64"));
	args(a, fixed);
	arg(a, "-smp");
	arg(a, text("%d", n->smp));
	arg(a, "-m");
	arg(a, text("%d", n->mem));
	arg(a, "-device");
	arg(a, text("intel-iommu,intremap=on,x-scalable-mode=on%s%s%s%s",
		    scenario_iommu ? "," : "", scenario_iommu ? scenario_iommu : "",
		    r->opt->iommu ? "," : "", r->opt->iommu ? r->opt->iommu : ""));
}

static void add_nic(struct args *a, const struct run *r, int i)
{
	const struct needs *n = &r->needs;

	arg(a, "-netdev");
	arg(a, text("dgram,id=n%d,local.type=fd,local.str=%d", i, r->nic[i].qemu_fd));
	if (n->bridges[i]) {
		arg(a, "-device");
		arg(a, text("pcie-root-port,id=rp%d,chassis=%d,slot=%d,addr=%02x.0", i, i + 1,
			    i + 1, FIRST_SLOT + i));
	}
	/* The emulated downstream port has no ACS: a NIC behind it is not alone in its group. */
	if (n->bridges[i] == MAX_BRIDGES) {
		arg(a, "-device");
		arg(a, text("x3130-upstream,id=sw%d,bus=rp%d", i, i));
	}
	arg(a, "-device");
	arg(a, !n->bridges[i] ?
	    text("%s,netdev=n%d,id=nic%d,addr=%02x.0", n->model[i], i, i, FIRST_SLOT + i) :
	    text("%s,netdev=n%d,id=nic%d,bus=%s%d", n->model[i], i, i,
		 n->bridges[i] == MAX_BRIDGES ? "sw" : "rp", i));
}

/*
 * KASAN's shadow, an eighth of memory, has to fit into KHO's scratch areas, as a new kernel has
 * nothing else so early. An update takes most of a minute. While a kernel identifies its CPU
 * it forgets for a moment that there are five levels of page tables, and an interrupt then
 * makes KASAN see a wild access. The allocator's lists for each CPU hide from kmemleak what
 * was lost.
 */
static char *debug_words(const struct needs *n)
{
	return text(" panic_on_warn=1 no5lvl kho_scratch=16M,%dM,256M slab_debug=F lu.rate=50",
		    256 + n->mem / 8);
}

static char *command_line(const struct run *r)
{
	const struct needs *n = &r->needs;
	const struct options *o = r->opt;

	/* On a busy host the kernel may take the emulated timer for a dead one. */
	return text("console=ttyS0 panic=-1 no_timer_check kho=on liveupdate=on "
		    "intel_iommu=on,sm_on lu.scenario=%s lu.stage=1%s%s%s%s%s%s%s lu.cmdline2=\"%s\"",
		    o->scenario ? o->scenario : "none", o->shell ? " lu.shell=1" : "",
		    o->without_preserve ? " lu.without=preserve" : "",
		    *n->cmdline ? " " : "", n->cmdline, n->debug ? debug_words(n) : "", o->append ? " " : "",
		    o->append ? o->append : "", n->cmdline2);
}

static void add_software(struct args *a, const struct run *r, const char *kernel,
			 const char *initrd)
{
	arg(a, "-kernel");
	arg(a, text("%s", kernel));
	arg(a, "-initrd");
	arg(a, text("%s", initrd));
	arg(a, "-append");
	arg(a, command_line(r));
	args_split(a, r->needs.qemu);
	args_split(a, r->opt->qemu_extra);
}

static void add_pulse(struct args *a, const struct run *r)
{
	arg(a, "-chardev");
	arg(a, text("socket,id=pulse,fd=%d", r->pulse.qemu_fd));
	arg(a, "-mon");
	arg(a, "chardev=pulse,mode=control");
}

static void add_logs(struct args *a, const struct run *r, int channel, int serial)
{
	arg(a, "-chardev");
	arg(a, text("file,id=say,path=/proc/self/fd/%d", channel));
	arg(a, "-device");
	arg(a, "isa-debugcon,iobase=0xe9,chardev=say");
	arg(a, "-serial");
	arg(a, r->opt->shell ? text("mon:stdio") : text("file:/proc/self/fd/%d", serial));
	arg(a, "-msg");
	arg(a, "timestamp=on");
	arg(a, "-D");
	arg(a, text("%s/trace.log", r->out));
	arg(a, "-d");
	arg(a, "invalid_mem");
	arg(a, "-trace");
	arg(a, text("events=%s", trace_write_events(r->out)));
}

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
}

static void become(struct args *a)
{
	a->v[a->n] = NULL;
	execvp(a->v[0], a->v);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", a->v[0], strerror(errno));
	_exit(127);
}

/* In the child: own words go to qemu.log; a shell keeps the terminal. */
static void child(struct args *a, const struct run *r, pid_t parent, int channel, int serial)
{
	char *log = text("%s/qemu.log", r->out);
	int i, fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (!r->opt->shell) {
		setpgid(0, 0);	/* a ^C is for the runner, which then ends the emulator */
		dup2(null, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
	}
	dup2(fd, STDERR_FILENO);
	for (i = 0; i < r->needs.nnics; i++)
		keep_open(r->nic[i].qemu_fd);
	keep_open(r->pulse.qemu_fd);
	keep_open(channel);
	keep_open(serial);
	become(a);
}

static void write_command(const struct run *r, const struct args *a)
{
	char *path = text("%s/qemu.cmd", r->out);
	FILE *f = fopen(path, "w");
	int i;

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	for (i = 0; i < a->n; i++)
		fprintf(f, "%s\n", a->v[i]);
	fclose(f);
	free(path);
}

void qemu_start(struct qemu *q, struct run *r, const char *kernel, const char *initrd)
{
	int channel[2], serial[2], i;
	struct args a = {};
	pid_t parent = getpid();

	if (pipe2(channel, O_CLOEXEC) || pipe2(serial, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	add_machine(&a, r);
	for (i = 0; i < r->needs.nnics; i++)
		add_nic(&a, r, i);
	add_pulse(&a, r);
	add_logs(&a, r, channel[1], serial[1]);
	add_software(&a, r, kernel, initrd);
	write_command(r, &a);
	q->pid = fork();
	if (q->pid < 0)
		die("cannot fork: %s", strerror(errno));
	if (!q->pid)
		child(&a, r, parent, channel[1], serial[1]);
	q->pidfd = syscall(SYS_pidfd_open, q->pid, 0);
	q->channel = channel[0];
	q->serial = serial[0];
	close(channel[1]);
	close(serial[1]);
	for (i = 0; i < r->needs.nnics; i++)
		close(r->nic[i].qemu_fd);
	close(r->pulse.qemu_fd);
}

int qemu_wait(struct qemu *q)
{
	int status = 0;

	while (waitpid(q->pid, &status, 0) < 0 && errno == EINTR)
		;
	close(q->pidfd);
	close(q->channel);
	close(q->serial);
	return status;
}

/* The last line the emulator wrote itself, to explain why it did not start. */
char *qemu_last_words(const struct run *r)
{
	char *path = text("%s/qemu.log", r->out), line[512], *last = text("it said nothing");
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		last = text("%s", line);
	}
	if (f)
		fclose(f);
	return last;
}
