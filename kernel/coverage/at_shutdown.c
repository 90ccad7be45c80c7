// SPDX-License-Identifier: GPL-2.0
/*
 * The counters of CONFIG_GCOV_KERNEL, written to a port of the emulator when devices and IOMMUs
 * have been shut down, before a kexec and at power off. Userspace could not read them so late.
 *
 * The output is a tar archive; each kernel writes its files into a directory of its own.
 * scripts/coverage-tree.sh adds this file to a copy of the kernel tree.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <asm/msr.h>
#include <asm/reboot.h>
#include "gcov.h"

#define COVERAGE_PORT	0xe8
#define TAR_BLOCK	512

struct tar_header {
	char name[100];
	char mode[8];
	char uid[8];
	char gid[8];
	char size[12];
	char mtime[12];
	char chksum[8];
	char rest[TAR_BLOCK - 156];
};

static char counters[256 * 1024];
static void (*shutdown)(void);

/* The checksum counts itself as blanks. */
static void fill_header(struct tar_header *h, const char *name, u64 kernel, size_t size)
{
	unsigned int i, sum = 0;

	memset(h, 0, sizeof(*h));
	snprintf(h->name, sizeof(h->name), "%016llx/%s", kernel, name);
	snprintf(h->mode, sizeof(h->mode), "%07o", 0644);
	snprintf(h->uid, sizeof(h->uid), "%07o", 0);
	snprintf(h->gid, sizeof(h->gid), "%07o", 0);
	snprintf(h->size, sizeof(h->size), "%011zo", size);
	snprintf(h->mtime, sizeof(h->mtime), "%011o", 0);
	memset(h->chksum, ' ', sizeof(h->chksum));
	for (i = 0; i < sizeof(*h); i++)
		sum += ((unsigned char *)h)[i];
	snprintf(h->chksum, sizeof(h->chksum), "%06o", sum);
}

/* Files are named by their absolute path on the build machine, below the directory build. */
static void write_counters(struct gcov_info *info, u64 kernel)
{
	const char *path = gcov_info_filename(info), *build = strstr(path, "/build/");
	size_t size = convert_to_gcda(NULL, info);
	struct tar_header header;

	if (!build || size > sizeof(counters) - TAR_BLOCK) {
		pr_err("coverage: no room for %s\n", path);
		return;
	}
	memset(counters + size, 0, TAR_BLOCK);
	convert_to_gcda(counters, info);
	fill_header(&header, build + strlen("/build/"), kernel, size);
	outsb(COVERAGE_PORT, &header, sizeof(header));
	outsb(COVERAGE_PORT, counters, ALIGN(size, TAR_BLOCK));
}

static void shutdown_and_write(void)
{
	struct gcov_info *info = NULL;
	u64 kernel = rdtsc();

	shutdown();
	while ((info = gcov_info_next(info)))
		write_counters(info, kernel);
}

static int __init at_shutdown_init(void)
{
	shutdown = machine_ops.shutdown;
	machine_ops.shutdown = shutdown_and_write;
	return 0;
}
late_initcall(at_shutdown_init);
