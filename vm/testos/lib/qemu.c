// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU from Debian's package, on KVM, with a Linux guest that drives the NIC. It is spoken to
 * through QMP: a command is a line of JSON, and so is its answer.
 *
 * Two faults of the emulator's AMD-V are avoided. After VMRUN has injected an interrupt, the vector
 * stays in the state of the CPU until the next VMEXIT; if the emulator switches to another CPU
 * meanwhile, the interrupt is delivered twice, and the guest hangs. So the host has one CPU, and
 * the guest ends each interrupt by a VMEXIT (kvm-pv-eoi=off). The frequencies of the TSC that the
 * host measures early and late differ by more than KVM tolerates without TSC scaling; then no
 * timer of the guest fires. So KVM tolerates more (QEMU_CMDLINE).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/iommufd.h>

#include "device/pci.h"
#include "lib/qemu.h"
#include "lib/vmm.h"
#include "linux_guest.h"
#include "os/report.h"
#include "os/util.h"

#define ARGS		64
#define MEMORY		(128 * MIB)
#define SOCKET		QEMU_DIR "/qmp"
#define PATIENCE	600		/* times 50 ms */

static const volatile struct linux_counts *counts;
static const struct qemu_option *changes;

static const char *const fixed[] = {
	"/usr/bin/qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
	"-machine", "q35,accel=kvm,kernel-irqchip=split,smm=off,memory-backend=ram0,"
		"aux-ram-share=on",
	"-cpu", "host,kvm-pv-eoi=off", "-m", "128M",
	"-object", QEMU_MEMORY,
	"-drive", QEMU_PFLASH,
	"-kernel", "/guest/bzImage", "-initrd", "/guest/initrd",
	"-append", QEMU_APPEND,
	"-serial", "stdio", "-monitor", "none", "-qmp", "unix:" SOCKET ",server=on,wait=off",
	"-object", "iommufd,id=iommufd0",
};

void qemu_change(const struct qemu_option *options)
{
	changes = options;
}

static const char *changed(const char *word)
{
	const struct qemu_option *o;

	for (o = changes; o && o->use; o++)
		if (o->of && !strcmp(o->of, word))
			return o->use;
	return word;
}

const char *const *qemu_command(const char *bdf, const char *incoming)
{
	static const char *args[ARGS];
	static char device[128];
	const struct qemu_option *o;
	size_t n;

	mkdir(QEMU_DIR, 0755);
	for (n = 0; n < ARRAY_SIZE(fixed); n++)
		args[n] = changed(fixed[n]);
	for (o = changes; o && o->use; o++)
		if (!o->of)
			args[n++] = o->use;
	if (bdf) {
		snprintf(device, sizeof(device), "vfio-pci,host=%s,iommufd=iommufd0,rombar=0", bdf);
		args[n++] = "-device";
		args[n++] = device;
	}
	if (incoming) {
		args[n++] = "-incoming";
		args[n++] = incoming;
	}
	args[n] = NULL;
	return args;
}

const char *const *qemu_behind(const char *bdf, const char *const *first)
{
	static const char *args[ARGS + 8];
	const char *const *qemu = qemu_command(bdf, NULL);
	size_t n = 0;

	for (; *first; first++)
		args[n++] = *first;
	for (; *qemu; qemu++)
		args[n++] = *qemu;
	args[n] = NULL;
	return args;
}

/* For the DMA of other devices */
bool qemu_maps_bars(int iommufd, uint32_t ioas)
{
	struct iommu_ioas_liveupdate_area area = { .size = sizeof(area), .ioas_id = ioas };

	while (!try_ioctl(iommufd, IOMMU_IOAS_LIVEUPDATE_AREA, &area)) {
		if (area.out_flags & IOMMU_LIVEUPDATE_AREA_BAR)
			return true;
		area.iova += area.out_length;
	}
	return false;
}

void qemu_look_inside(void)
{
	counts = (const void *)((char *)vmm_memory(MEMORY) + LINUX_COUNTS_AT);
}

/* Under TCG a guest that boots may say nothing for a while. */
void qemu_start(const char *bdf)
{
	int tries = 3;

	vmm_run(qemu_command(bdf, NULL), false);
	while (!vmm_says("receives") && --tries)
		;
	if (!ok(tries, "QEMU runs, and the driver in its guest receives",
		"the guest does not say so"))
		bail_out("no VM, nothing to show");
	qemu_look_inside();
}

/* -- the guest -- */

bool qemu_is_ready(void)
{
	unsigned int look;

	for (look = 0; !counts->ready && look < PATIENCE; look++)
		sleep_ms(50);
	return counts->ready;
}

uint64_t qemu_received(void)
{
	return counts->got.received;
}

bool qemu_reaches(uint64_t number)
{
	unsigned int look;

	for (look = 0; counts->got.received < number && look < PATIENCE; look++)
		sleep_ms(50);
	return counts->got.received >= number;
}

/* On a busy machine the guest may stand for a second. */
void qemu_await_silence(void)
{
	uint64_t before;

	do {
		before = counts->got.received;
		sleep_ms(3000);
	} while (counts->got.received != before);
}

static void judge_frames(const volatile struct frame_counts *got)
{
	fig_nic(0, "received", got->received);
	fig_nic(0, "dup", got->again);
	fig_nic(0, "order", got->again);
	fig_nic(0, "holes", got->missing);
	fig_nic(0, "badsum", got->bad);
	ok(!got->missing && !got->again && !got->bad && got->received == got->next,
	   "the guest has counted each frame once, in order", "%llu up to number %llu",
	   (unsigned long long)got->received, (unsigned long long)got->next);
}

void qemu_judge(void)
{
	judge_frames(&counts->got);
	fig_nic(0, "answers", counts->sent);
	ok(counts->begun == 1, "it was started once", "%llu times",
	   (unsigned long long)counts->begun);
	ok(counts->links <= 2, "its link has come up once", "it has changed %llu times",
	   (unsigned long long)counts->links);
	ok(!counts->backwards, "its clock never went back", "%llu times",
	   (unsigned long long)counts->backwards);
}

/* -- QMP -- */

static int dial(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), tries = PATIENCE;

	while (connect(fd, (void *)&at, sizeof(at)) && --tries)
		sleep_ms(50);
	if (!tries)
		bail_out("QEMU does not listen: %s", strerror(errno));
	return fd;
}

static char said[8192];

/* Read up to an answer; events and the greeting come between. */
static void hear(int fd)
{
	size_t n = 0;
	ssize_t got;

	while ((got = read(fd, said + n, sizeof(said) - 1 - n)) > 0) {
		n += got;
		said[n] = '\0';
		if (strstr(said, "\"error\""))
			bail_out("QEMU refuses: %s", said);
		if (strstr(said, "\"return\""))
			return;
	}
	bail_out("QEMU has closed its socket: %s", said);
}

static void ask(int fd, const char *line)
{
	if (write(fd, line, strlen(line)) < 0)
		bail_out("QMP: %s", strerror(errno));
	hear(fd);
}

static int open_monitor(void)
{
	int fd = dial();

	ask(fd, "{\"execute\":\"qmp_capabilities\"}\n");
	return fd;
}

/* No argument has a character that JSON would want escaped. */
static void write_mode(char *line, size_t room, const char *const *command)
{
	size_t n = snprintf(line, room, "{\"execute\":\"migrate-set-parameters\",\"arguments\":"
			    "{\"mode\":\"cpr-exec\",\"cpr-exec-command\":[");

	for (; *command; command++)
		n += snprintf(line + n, room - n, "\"%s\"%s", *command, command[1] ? "," : "");
	snprintf(line + n, room - n, "]}}\n");
}

/* Its monitor answers when all is set up. */
void qemu_await(void)
{
	close(open_monitor());
}

void qemu_continue(void)
{
	int fd = open_monitor();

	ask(fd, "{\"execute\":\"cont\"}\n");
	close(fd);
}

#define MIGRATE "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"file:" QEMU_STATE "\"}}\n"

void qemu_exec(const char *const *command)
{
	char line[8192];
	int fd = open_monitor();

	write_mode(line, sizeof(line), command);
	ask(fd, line);
	ask(fd, MIGRATE);
	close(fd);
}

/* Migration has begun, so the reason comes later. */
void qemu_must_refuse(const char *const *command, const char *words, const char *fact)
{
	int fd, tries = PATIENCE;

	qemu_exec(command);
	fd = open_monitor();
	do {
		sleep_ms(50);
		ask(fd, "{\"execute\":\"query-migrate\"}\n");
	} while (!strstr(said, "\"failed\"") && --tries);
	ok(tries && strstr(said, words), fact, "it says: %s", said);
	close(fd);
}
