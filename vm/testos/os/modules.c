// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "os/modules.h"
#include "os/report.h"
#include "os/util.h"

static void find(glob_t *found)
{
	struct utsname kernel;
	char pattern[128];

	uname(&kernel);
	snprintf(pattern, sizeof(pattern), "/usr/lib/modules/%s/*/*.ko", kernel.release);
	glob(pattern, 0, NULL, found);
}

void modules_load(void)
{
	glob_t found = {};
	size_t i;

	find(&found);
	for (i = 0; i < found.gl_pathc; i++) {
		int fd = must_open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			bail_out("%s is not loaded: %s", found.gl_pathv[i], strerror(errno));
		close(fd);
	}
	globfree(&found);
}

static bool has_alias(const char *path, const char *alias)
{
	int fd = must_open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char text[128];
	void *elf;
	bool has;

	fstat(fd, &st);
	elf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (elf == MAP_FAILED)
		bail_out("map %s: %s", path, strerror(errno));
	has = memmem(elf, st.st_size, text, snprintf(text, sizeof(text), "alias=%s", alias) + 1);
	munmap(elf, st.st_size);
	close(fd);
	return has;
}

int modules_modprobe(const char *alias)
{
	glob_t found = {};
	bool has = false;
	size_t i;

	find(&found);
	for (i = 0; i < found.gl_pathc; i++)
		has |= has_alias(found.gl_pathv[i], alias);
	globfree(&found);
	if (has)
		modules_load();
	return has ? 0 : 1;
}

void modules_be_modprobe(void)
{
	mkdir("/sbin", 0755);
	if (symlink("/init", "/sbin/modprobe"))
		bail_out("/sbin/modprobe: %s", strerror(errno));
}

int module_users(const char *name)
{
	char path[128], text[16];
	int rc;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	rc = file_read(path, text, sizeof(text));
	return rc < 0 ? rc : atoi(text);
}

int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}
