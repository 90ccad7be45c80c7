// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the memory that the next kernel gets at its start. KHO gives it nothing but
 * scratch areas until it has read KHO's data, so the image, the initrd and each early
 * reservation (crashkernel=, cma=) must fit into one area. Their sizes are in the word
 * kho_scratch= of the running kernel; without it, or with a percentage, the kernel derives
 * them from what it used itself, its own crashkernel= included. The areas stay the same over
 * live updates: only a boot through the firmware makes new ones.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/files.h"
#include "rules/rules.h"
#include "target/cmdline.h"
#include "target/image.h"

#define MIB	(1ull << 20)

/* As memparse() reads it; @end: behind it */
static unsigned long long size_of(const char *text, const char **end)
{
	static const char units[] = "kmgtpe";
	char *after;
	unsigned long long n = strtoull(text, &after, 0);
	const char *unit = *after ? strchr(units, *after | 0x20) : NULL;

	*end = after + (unit != NULL);
	return unit ? n << 10 * (unit - units + 1) : n;
}

/* The largest area of a fixed kho_scratch=; 0 if the kernel derives the sizes */
static unsigned long long largest_area(const struct cmdline *now)
{
	unsigned long long largest = 0, size;
	const char *end;
	int i;

	for (i = 0; i < now->n; i++) {
		if (strcmp(now->option[i].key, "kho_scratch") || !now->option[i].text)
			continue;
		size = size_of(now->option[i].text, &end);
		if (*end == '%')
			return 0;
		largest = size > largest ? size : largest;
	}
	return largest;
}

/* The largest size in crashkernel=SIZE, =RANGE:SIZE,... or cma=SIZE; 0 if the word is absent */
static unsigned long long reserved(const struct cmdline *line, const char *key)
{
	unsigned long long largest = 0, size;
	const char *end, *colon;
	int i;

	for (i = 0; i < line->n; i++) {
		const char *text = line->option[i].text;

		if (strcmp(line->option[i].key, key) || !text)
			continue;
		colon = strchr(text, ':');
		size = size_of(colon ? colon + 1 : text, &end);
		largest = size > largest ? size : largest;
	}
	return largest;
}

static void fits(struct json_object *items, const char *name, unsigned long long size,
		 unsigned long long area)
{
	char todo[128];

	if (!size || size < area)
		return;
	snprintf(todo, sizeof(todo), "reboot with a larger kho_scratch=, or without that "
		 "word; the areas stay the same over live updates");
	out_item(items, "target", name, NO, todo, "%llu MiB do not fit into the largest scratch "
		 "area of the running kernel, %llu MiB", (size + MIB - 1) / MIB, area / MIB);
}

/* Does the running kernel have memory for a crash kernel that its command line asks for? */
static void crash_memory(struct json_object *items, const struct cmdline *now,
			 const struct cmdline *next)
{
	uint64_t size;

	if (!reserved(now, "crashkernel") || !reserved(next, "crashkernel") ||
	    host_number(&size, "/sys/kernel/kexec_crash_size") || size)
		return;
	out_item(items, "target", "crashkernel=", UNKNOWN,
		 "reboot with an area of kho_scratch= that is larger than crashkernel=",
		 "the running kernel found no memory for its crash kernel; the next one may not");
}

void check_scratch(struct json_object *items, const struct next *next, const struct image *image)
{
	struct cmdline now, line;
	struct stat st;
	unsigned long long area;

	cmdline_of_running(&now);
	cmdline_parse(&line, next->line ? next->line : "");
	crash_memory(items, &now, &line);
	area = largest_area(&now);
	if (!area)
		return;
	fits(items, "crashkernel=", reserved(&line, "crashkernel"), area);
	fits(items, "cma=", reserved(&line, "cma"), area);
	fits(items, "image", image->memory, area);
	if (next->initrd && !stat(next->initrd, &st))
		fits(items, "initrd", st.st_size, area);
}

/* The kernel of this boot: has the boot loader, or iolu load, given it an initrd? */
static int running_has_initrd(bool *has)
{
	unsigned char data[4096];
	ssize_t n = host_bytes(data, sizeof(data), "/sys/kernel/boot_params/data");

	if (n < 0x220)
		return n < 0 ? n : -EBADMSG;
	*has = data[0x21c] | data[0x21d] | data[0x21e] | data[0x21f];	/* ramdisk_size */
	return 0;
}

static void check_file(struct json_object *items, const char *path)
{
	FILE *f;
	int c, rc;

	errno = 0;
	f = fopen(path, "re");
	c = f ? getc(f) : EOF;
	rc = errno;
	if (!f || (c == EOF && ferror(f)))
		out_item(items, "target", "initrd", rc == EACCES ? UNKNOWN : NO,
			 "name the initrd of the next kernel", "%s: %s", path, strerror(rc));
	else if (c == EOF)
		out_item(items, "target", "initrd", NO, "name the initrd of the next kernel",
			 "%s: empty", path);
	else
		out_item(items, "target", "initrd", YES, NULL, "%s", path);
	if (f)
		fclose(f);
}

void check_initrd(struct json_object *items, const struct next *next)
{
	bool has = false;
	int rc;

	if (next->initrd) {
		check_file(items, next->initrd);
		return;
	}
	if (next->no_initrd)
		return;
	rc = running_has_initrd(&has);
	if (rc)
		out_item(items, "target", "initrd", UNKNOWN, "name it with --initrd, or say "
			 "--no-initrd", "none is named; /sys/kernel/boot_params/data: %s",
			 strerror(-rc));
	else if (has)
		out_item(items, "target", "initrd", NO, "name it with --initrd, or say --no-initrd",
			 "none is named, and the running kernel was booted with one");
}
