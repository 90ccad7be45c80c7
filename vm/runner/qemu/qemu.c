// SPDX-License-Identifier: GPL-2.0
/*
 * The emulator: its command line, its start and its end.
 *
 * q35 with the IOMMU of the platform, single-threaded TCG (as fast as multi-threaded here and
 * free of its races). Device number i is behind a root port of its own in slot FIRST_SLOT + i,
 * or in that slot itself. The emulator dies with the runner.
 * The set-up puts a link to the emulator beside the runner; QEMU in the environment names
 * another one.
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

#include "args.h"
#include "device.h"
#include "pci.h"
#include "platform.h"
#include "qemu.h"
#include "trace.h"


/* Two of the arguments: an option and its value */
#define option(a, name, ...) do { arg(a, "%s", name); arg(a, __VA_ARGS__); } while (0)

const char *qemu_program(void)
{
	const char *name = getenv("QEMU");
	char *path;

	if (name && *name)
		return name;
	path = text("%s/qemu-system-x86_64", program_dir());
	if (access(path, X_OK))
		die("no emulator %s: make the link with 'make packages'", path);
	return path;
}

/* A device outside the emulator needs the machine's memory. */
static void add_memory(struct args *a, const struct needs *n)
{
	const char *backend = device_any_outside(n) ? "memfd,share=on" : "ram";
	int i;

	option(a, "-m", "%d", n->mem);
	if (n->nodes == 1 && !device_any_outside(n))
		return;
	for (i = 0; i < n->nodes; i++)
		option(a, "-object", "memory-backend-%s,id=ram%d,size=%dM", backend, i,
		       n->mem / n->nodes);
	if (n->nodes == 1) {
		option(a, "-machine", "memory-backend=ram0");
		return;
	}
	option(a, "-numa", "node,memdev=ram0,cpus=0-%d", n->smp - 1);
	for (i = 1; i < n->nodes; i++)
		option(a, "-numa", "node,memdev=ram%d", i);
}

static void add_machine(struct args *a, const struct run *r)
{
	const struct needs *n = r->needs;
	char *iommu = text("%s%s%s%s%s", r->platform->device, *n->iommu ? "," : "", n->iommu,
			   r->opt->iommu ? "," : "", r->opt->iommu ? r->opt->iommu : "");
	static const char *const fixed[] = {
		"-M", "q35,kernel-irqchip=off", "-accel", "tcg,thread=single",
		"-cpu", "max", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		NULL
	};

	arg(a, "%s", qemu_program());
	args_list(a, fixed);
	option(a, "-smp", "%d", n->smp);
	add_memory(a, n);
	option(a, "-device", "%s", iommu);
	args_list(a, r->platform->more);
	free(iommu);
}

/* The emulated downstream port of a switch has no ACS: a device there shares its group. */
static char *add_bridges(struct args *a, const struct device_needs *d, int i)
{
	if (!d->bridges)
		return text("addr=%02x.0", FIRST_SLOT + i);
	option(a, "-device", "pcie-root-port,id=rp%d,chassis=%d,slot=%d,addr=%02x.0", i, i + 1,
	       i + 1, FIRST_SLOT + i);
	if (d->bridges < MAX_BRIDGES)
		return text("bus=rp%d", i);
	option(a, "-device", "x3130-upstream,id=sw%d,bus=rp%d", i, i);
	return text("bus=sw%d", i);
}

static const char *device_name(const struct device_needs *d)
{
	const struct device_model *model = device_model(d->model);

	return model && model->device ? model->device : d->model;
}

/* The emulator wants virtual functions before their physical function, if that has not its own. */
static void add_virtual(struct args *a, const struct run *r, int pf)
{
	const struct device_needs *d = r->needs->device;
	int i;

	for (i = pf + 1; i < r->needs->ndevices && d[i].virtual; i++) {
		if (r->live->sender[i].qemu_fd < 0)
			continue;
		device_kind(d[i].model)->add_backend(a, i, &r->live->sender[i]);
		option(a, "-device", "%s,%s%d,id=nic%d,bus=rp%d,addr=0.%d,sriov-pf=nic%d",
		       device_name(&d[i]), device_kind(d[i].model)->backend, i, i, pf, i - pf, pf);
	}
}

/* Further functions of the slot, which no ACS isolates from each other */
static void add_beside(struct args *a, const struct run *r, int first)
{
	const struct device_needs *d = r->needs->device;
	int i;

	for (i = first + 1; i < r->needs->ndevices && d[i].beside; i++) {
		device_kind(d[i].model)->add_backend(a, i, &r->live->sender[i]);
		option(a, "-device", "%s,%s%d,id=nic%d,bus=rp%d,addr=0.%d", device_name(&d[i]),
		       device_kind(d[i].model)->backend, i, i, first, i - first);
	}
}

static bool has_beside(const struct needs *n, int i)
{
	return i + 1 < n->ndevices && n->device[i + 1].beside;
}

static void add_device(struct args *a, const struct run *r, int i)
{
	const struct device_needs *d = &r->needs->device[i];
	const struct device_kind *kind = device_kind(d->model);
	char *place;

	if (d->virtual || d->beside)
		return;
	kind->add_backend(a, i, &r->live->sender[i]);
	place = add_bridges(a, d, i);
	add_virtual(a, r, i);
	option(a, "-device", "%s,%s%d,id=nic%d,%s%s", device_name(d), kind->backend, i, i, place,
	       has_beside(r->needs, i) ? ",multifunction=on" : "");
	free(place);
	add_beside(a, r, i);
}

/*
 * KASAN's shadow, an eighth of memory, must fit into KHO's scratch areas: a new kernel has no
 * other memory so early. An update takes most of a minute. While a kernel identifies its CPU
 * it briefly forgets that there are five levels of page tables, and an interrupt then makes
 * KASAN report a wild access. The allocator's per-CPU lists hide leaks from kmemleak.
 */
static char *debug_parameters(const struct needs *n)
{
	return text(" panic_on_warn=1 no5lvl kho_scratch=16M,%dM,256M slab_debug=F lu.rate=50",
		    256 + n->mem / 8);
}

/* On a busy machine the kernel may find that the emulated timer does not work. */
static void add_parameters(struct args *a, const struct run *r)
{
	const struct needs *n = r->needs;
	const struct options *o = r->opt;

	option(a, "-append",
	       "console=ttyS0 panic=-1 no_timer_check kho=on liveupdate=on %s lu.scenario=%s "
	       "lu.stage=1%s%s%s%s%s%s%s lu.cmdline2=\"%s\"", r->platform->cmdline,
	       o->scenario ? o->scenario : "none", o->shell ? " lu.shell=1" : "",
	       o->without_preserve ? " lu.without=preserve" : "", *n->cmdline ? " " : "",
	       n->cmdline, n->debug ? debug_parameters(n) : "", o->append ? " " : "",
	       o->append ? o->append : "", n->cmdline2);
}

static void add_software(struct args *a, const struct run *r, const char *kernel,
			 const char *initrd)
{
	option(a, "-kernel", "%s", kernel);
	option(a, "-initrd", "%s", initrd);
	add_parameters(a, r);
	args_split(a, r->needs->qemu);
	args_split(a, r->opt->qemu_extra);
}

/* In slot 1d of the root bus, which can have other functions */
static void add_pasids(struct args *a, const struct run *r)
{
	option(a, "-device", "{\"driver\":\"vfio-user-pci\",\"addr\":\"1d.0\","
	       "\"multifunction\":true,\"socket\":{\"type\":\"unix\",\"path\":\"%s/pasids\"}}", r->out);
}

/* Its memory is read by a CPU only: it is no bus master. */
static void add_image(struct args *a, const char *image)
{
	option(a, "-object", "memory-backend-file,id=image,mem-path=%s,size=%d,share=on,"
	       "readonly=on", image, IMAGE_SIZE);
	option(a, "-device", "ivshmem-plain,memdev=image,addr=1e.0");
}

static void add_pulse(struct args *a, const struct run *r)
{
	option(a, "-chardev", "socket,id=pulse,fd=%d", r->live->pulse.qemu_fd);
	option(a, "-qmp", "chardev:pulse");
}

static void add_logs(struct args *a, const struct run *r, int channel, int serial)
{
	option(a, "-chardev", "file,id=say,path=/proc/self/fd/%d", channel);
	option(a, "-device", "isa-debugcon,iobase=0xe9,chardev=say");
	if (r->opt->shell)
		option(a, "-serial", "mon:stdio");
	else
		option(a, "-serial", "file:/proc/self/fd/%d", serial);
	option(a, "-msg", "timestamp=on");
	option(a, "-D", "%s/trace.log", r->out);
	option(a, "-d", "invalid_mem");
	option(a, "-trace", "events=%s", trace_write_events(r));
}

static void keep_open(int fd)
{
	fcntl(fd, F_SETFD, fcntl(fd, F_GETFD) & ~FD_CLOEXEC);
}

static void run_emulator(struct args *a)
{
	execvp(a->v[0], a->v);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", a->v[0], strerror(errno));
	_exit(127);
}

/* In the child: the emulator's messages go to qemu.log; a shell keeps the terminal. */
static void child(struct args *a, const struct run *r, pid_t parent, int channel, int serial)
{
	char *log = text("%s/qemu.log", r->out);
	int i, fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (!r->opt->shell) {
		setpgid(0, 0);	/* ^C ends the runner, and the emulator with it */
		dup2(null, STDIN_FILENO);
		dup2(fd, STDOUT_FILENO);
	}
	dup2(fd, STDERR_FILENO);
	for (i = 0; i < r->needs->ndevices; i++)
		if (r->live->sender[i].qemu_fd >= 0)
			keep_open(r->live->sender[i].qemu_fd);
	keep_open(r->live->pulse.qemu_fd);
	keep_open(channel);
	keep_open(serial);
	run_emulator(a);
}

static void write_command(const struct run *r, const struct args *a)
{
	FILE *f = create_file(r->out, "qemu.cmd");
	int i;

	for (i = 0; i < a->n; i++)
		fprintf(f, "%s\n", a->v[i]);
	fclose(f);
}

void qemu_start(struct qemu *q, const struct run *r, const char *kernel, const char *initrd)
{
	int channel[2], serial[2], i;
	struct args a = {};
	pid_t parent = getpid();

	if (pipe2(channel, O_CLOEXEC) || pipe2(serial, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	add_machine(&a, r);
	for (i = 0; i < r->needs->ndevices; i++)
		add_device(&a, r, i);
	if (r->needs->pasids)
		add_pasids(&a, r);
	if (r->image)
		add_image(&a, r->image);
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
	for (i = 0; i < r->needs->ndevices; i++)
		if (r->live->sender[i].qemu_fd >= 0)
			close(r->live->sender[i].qemu_fd);
	close(r->live->pulse.qemu_fd);
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

char *qemu_last_message(const struct run *r)
{
	char *path = text("%s/qemu.log", r->out), line[512], *last = text("without a message");
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		last = text("%s", line);
	}
	if (f)
		fclose(f);
	return last;
}
