// SPDX-License-Identifier: GPL-2.0
/*
 * The initramfs of all kernels, made by the kernel's own gen_init_cpio from a spec.
 *
 * The inner one is for the next kernel; it is the outer one without /next. Making it takes
 * milliseconds, so it is made for each run and removed afterwards: it is never stale.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/util.h"
#include "initramfs.h"
#include "platform.h"

static const char *busybox(void)
{
	static const char *const places[] = { "/bin/busybox", "/usr/bin/busybox" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (!access(places[i], R_OK))
			return places[i];
	die("no busybox for the shell: install the package busybox-static");
}

/* The content of both */
struct programs {
	const char *from;		/* the directory where they are */
	bool shell, command, kvm, image, systemd, kselftest;
	const char *table;		/* of the firmware, for the kernel to replace it; or NULL */
};

/* A file of this repository: the runner is OUT/vm/lurun, and OUT lies in the repository. */
static char *source(const char *vm, const char *name)
{
	char *path = text("%s/../../%s", vm, name);

	if (access(path, R_OK))
		die("%s is missing: does %s lie in the source tree?", path, vm);
	return path;
}

/* Debian's systemd, the unit files of examples/, and init as the program of three services */
static void write_systemd(FILE *f, const char *vm)
{
	static const struct {
		const char *dir, *name;
	} units[] = {
		{ "vm/systemd", "operator.service" },
		{ "examples/systemd", "vmm@.service" },
		{ "examples/systemd", "vmm@vm0.service.d/device.conf" },
		{ "examples/systemd", "qemu@.service" },
		{ "examples/systemd", "vmm-session.socket" },
		{ "examples/systemd", "vmm-session@.service" },
	};
	char *spec = text("%s/systemd.spec", vm), line[1024];
	FILE *root = fopen(spec, "r");
	size_t i;

	if (!root)
		die("%s is missing: make it with 'make systemd'", spec);
	while (fgets(line, sizeof(line), root))
		fputs(line, f);
	fclose(root);
	fprintf(f, "dir /etc/systemd/system/vmm@vm0.service.d 0755 0 0\n"
		"file /usr/bin/vmm-session %s/vmm-session 0755 0 0\n"
		"slink /usr/bin/vmm /init 0777 0 0\nslink /usr/bin/operator /init 0777 0 0\n"
		"slink /usr/lib/systemd/system-shutdown/last /init 0777 0 0\n", vm);
	for (i = 0; i < ARRAY_SIZE(units); i++)
		fprintf(f, "file /etc/systemd/system/%s %s 0644 0 0\n", units[i].name,
			source(vm, text("%s/%s", units[i].dir, units[i].name)));
}

static void write_kselftests(FILE *f, const char *vm)
{
	static const char *const names[] = { "iommufd_liveupdate", "vfio_pci_liveupdate_test" };
	size_t i;

	fputs("dir /kselftest 0755 0 0\n", f);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		fprintf(f, "file /kselftest/%s %s/kselftest/%s 0755 0 0\n", names[i], vm, names[i]);
}

/* The build directory of the kernel BUILD/arch/x86/boot/bzImage */
static char *build_of(const char *kernel)
{
	return text("%.*s/../../..", (int)(strrchr(kernel, '/') - kernel), kernel);
}

/* A file of a build, NULL if it is not there */
static FILE *open_in(const char *build, const char *name)
{
	char *path = text("%s/%s", build, name);
	FILE *f = fopen(path, "r");

	free(path);
	return f;
}

static bool read_line(FILE *f, char *line, int room)
{
	if (!fgets(line, room, f))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* In numbered directories, so that init loads them in order */
static void write_modules(FILE *f, const char *kernel)
{
	char *build = build_of(kernel);
	FILE *load = open_in(build, "modules.load");
	FILE *release = open_in(build, "include/config/kernel.release");
	char name[128], line[512];
	int n = 0;

	if (load && release && read_line(release, name, sizeof(name))) {
		fprintf(f, "dir /usr 0755 0 0\ndir /usr/lib 0755 0 0\n"
			"dir /usr/lib/modules 0755 0 0\ndir /usr/lib/modules/%s 0755 0 0\n", name);
		while (read_line(load, line, sizeof(line))) {
			fprintf(f, "dir /usr/lib/modules/%s/%02d 0755 0 0\n"
				"file /usr/lib/modules/%s/%02d/%s %s/%s 0644 0 0\n", name, n,
				name, n, basename(line), build, line);
			n++;
		}
	}
	if (load)
		fclose(load);
	if (release)
		fclose(release);
	free(build);
}

/* Only in the outer one: the next kernel, the one to go back to or NULL, and their initramfs */
struct next {
	const char *kernel, *back, *initrd;
};

static void write_next(FILE *f, const struct next *next)
{
	fprintf(f, "dir /next 0755 0 0\nfile /next/bzImage %s 0644 0 0\n"
		"file /next/initrd %s 0644 0 0\n", next->kernel, next->initrd);
	if (next->back)
		fprintf(f, "file /next/back %s 0644 0 0\n", next->back);
}

/* A kernel looks for tables in the uncompressed archive that the initramfs begins with. */
static void write_table(FILE *f, const char *table)
{
	fprintf(f, "dir /kernel 0755 0 0\ndir /kernel/firmware 0755 0 0\n"
		"dir /kernel/firmware/acpi 0755 0 0\n"
		"file /kernel/firmware/acpi/iommu.aml %s 0644 0 0\n", table);
}

static void write_spec(const char *path, const struct programs *programs, const char *kernel,
		       const struct next *next)
{
	static const char *const dirs[] = { "dev", "proc", "sys", "tmp", "run", "bin" };
	FILE *f = fopen(path, "w");
	size_t i;

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	if (programs->table)
		write_table(f, programs->table);
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		fprintf(f, "dir /%s 0755 0 0\n", dirs[i]);
	fprintf(f, "nod /dev/console 0600 0 0 c 5 1\nfile /init %s/init 0755 0 0\n",
		programs->from);
	if (programs->command)
		fprintf(f, "file /bin/iolu %s/iolu 0755 0 0\n", programs->from);
	if (programs->kvm)
		fprintf(f, "file /bin/vmm %s/vmm 0755 0 0\nfile /guest.bin %s/guest.bin 0644 0 0\n",
			programs->from, programs->from);
	if (programs->image)
		fprintf(f, "file /bin/iolu-cpr %s/iolu-cpr 0755 0 0\n", programs->from);
	if (programs->kselftest)
		write_kselftests(f, programs->from);
	if (programs->systemd)
		write_systemd(f, programs->from);
	if (programs->systemd && programs->image)
		fputs("slink /usr/bin/iolu-cpr /bin/iolu-cpr 0777 0 0\n", f);
	write_modules(f, kernel);
	if (programs->shell)
		fprintf(f, "file /bin/busybox %s 0755 0 0\nslink /bin/sh busybox 0777 0 0\n",
			busybox());
	if (next)
		write_next(f, next);
	if (fclose(f))
		die("cannot write %s: %s", path, strerror(errno));
}

static void pack(const char *vm, const char *spec, const char *to)
{
	char *cmd = text("'%s/gen_init_cpio' '%s' > '%s'", vm, spec, to);

	if (system(cmd))
		die("cannot make the initramfs %s: is there room on the disk?", to);
	free(cmd);
	unlink(spec);
}

/* A shell's /next is in the memory of a device, so that each of its kernels has it. */
static void write_image(const char *vm, const char *spec, const char *to, const struct next *next)
{
	FILE *f = fopen(spec, "w");

	if (!f)
		die("cannot write %s: %s", spec, strerror(errno));
	write_next(f, next);
	if (fclose(f))
		die("cannot write %s: %s", spec, strerror(errno));
	pack(vm, spec, to);
	if (truncate(to, IMAGE_SIZE))
		die("cannot enlarge %s: %s", to, strerror(errno));
}

/* The scenario's own table of IOMMUs, a file in the directory of the results; or NULL */
static const char *firmware_table(const struct run *r)
{
	uint8_t table[TABLE_SIZE];
	size_t size;
	FILE *f;

	if (!*r->needs->ats_required)
		return NULL;
	if (!r->platform->firmware_table)
		die("the platform %s has no firmware that requires ATS", r->platform->name);
	size = r->platform->firmware_table(r->needs, table);
	f = create_file(r->out, "iommu.aml");
	if (fwrite(table, size, 1, f) != 1 || fclose(f))
		die("cannot write %s/iommu.aml", r->out);
	return text("%s/iommu.aml", r->out);
}

char *initramfs_write(const char *vm, const struct run *r, const char *first, const char *kernel,
		      const char *back)
{
	bool shell = r->opt->shell, in_image = shell && !r->needs->image;
	struct programs programs = {
		.from = vm, .shell = shell, .command = shell || r->needs->command,
		.kvm = shell || r->needs->kvm, .image = r->needs->image, .systemd = r->needs->systemd,
		.kselftest = r->needs->kselftest, .table = firmware_table(r),
	};
	const char *dir = r->out;
	struct next next;
	char *spec = text("%s/initrd.spec", dir);
	char *inner = text("%s/next.cpio", dir), *outer = text("%s/initrd.cpio", dir);

	write_spec(spec, &programs, kernel, NULL);
	pack(vm, spec, inner);
	next = (struct next){ kernel, back, inner };
	if (in_image)
		write_image(vm, spec, r->image, &next);
	write_spec(spec, &programs, first, in_image ? NULL : &next);
	pack(vm, spec, outer);
	unlink(inner);
	free(spec);
	free(inner);
	return outer;
}

void initramfs_remove(const char *dir)
{
	char *path = text("%s/initrd.cpio", dir), *image = text("%s/next.img", dir);

	unlink(path);
	unlink(image);
	free(path);
	free(image);
}
