// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu check: the memory that the next kernel gets at its start. KHO gives it nothing but
 * scratch areas until it has read KHO's data, so the image, the initrd and each early
 * reservation (crashkernel=, cma=, hugetlb_cma=) must fit into one area. The areas stay the same
 * over live updates: only a boot through the firmware makes new ones.
 *
 * Their sizes are in debugfs, or in the word kho_scratch= of the running kernel. Without that word,
 * or with a percentage, the kernel derives them: twice, or in that proportion to, its own early
 * reservations, image and initrd included. Half of that is in one area even if memory below and
 * above 4 GiB is equally used; if debugfs does not show more, the rules rely on that half.
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

/* The largest scratch area; @derived: it is at least that large, if KHO did as usual */
struct area {
	unsigned long long size;
	bool derived;
};

static bool shown_area(struct area *area)
{
	char text[1024], *rest = text, *line;
	unsigned long long size;

	if (host_text(text, sizeof(text), "/sys/kernel/debug/kho/out/scratch_len"))
		return false;
	while ((line = strsep(&rest, "\n"))) {
		size = strtoull(line, NULL, 0);
		area->size = size > area->size ? size : area->size;
	}
	return area->size;
}

/* The percentage of kho_scratch=, or what Linux takes without that word; 0: it names sizes */
static unsigned long long named_area(const struct cmdline *now, struct area *area)
{
	unsigned long long percent = 200, size;
	const char *end;
	int i;

	for (i = 0; i < now->n; i++) {
		if (strcmp(now->option[i].key, "kho_scratch") || !now->option[i].text)
			continue;
		size = size_of(now->option[i].text, &end);
		percent = *end == '%' ? size : 0;
		if (!percent)
			area->size = size > area->size ? size : area->size;
	}
	return percent;
}

/* The largest size in KEY=SIZE, or =RANGE:SIZE,..., or =NODE:SIZE,...; 0 if the word is absent */
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
		 const struct area *area)
{
	if (!area->size || !size || size < area->size)
		return;
	size = (size + MIB - 1) / MIB;
	if (area->derived)
		out_item(items, "target", name, UNKNOWN, "mount debugfs, which shows the "
			 "areas, or reboot with sizes in kho_scratch=",
			 "%llu MiB may not fit into a scratch area of the running kernel, of which "
			 "none is known to be larger than %llu MiB", size, area->size / MIB);
	else
		out_item(items, "target", name, NO, "reboot with a larger kho_scratch=, or without "
			 "that word; the areas stay the same over live updates", "%llu MiB do not "
			 "fit into the largest scratch area of the running kernel, %llu MiB", size,
			 area->size / MIB);
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

/* Of the setup header that the boot loader, or iolu load, gave this kernel */
struct boot_params {
	uint32_t ramdisk_size, init_size;
};

static int read_boot_params(struct boot_params *params)
{
	unsigned char data[4096];
	ssize_t n = host_bytes(data, sizeof(data), "/sys/kernel/boot_params/data");

	if (n < 0x264)
		return n < 0 ? n : -EBADMSG;
	params->ramdisk_size = le32(data + 0x21c);
	params->init_size = le32(data + 0x260);
	return 0;
}

/* Words of early reservations */
static const char *const early[] = { "crashkernel", "cma", "hugetlb_cma" };

/* What the kernel of this boot got and reserved; 0 if it is not known */
static unsigned long long own_needs(const struct cmdline *now)
{
	unsigned long long needs;
	struct boot_params params;
	size_t i;

	if (read_boot_params(&params) || !params.init_size)
		return 0;
	needs = params.init_size + params.ramdisk_size;
	for (i = 0; i < ARRAY_SIZE(early); i++)
		needs += reserved(now, early[i]);
	return needs;
}

static void find_area(const struct cmdline *now, struct area *area)
{
	unsigned long long percent;

	if (shown_area(area))
		return;
	percent = named_area(now, area);
	if (!percent)
		return;
	area->derived = true;
	area->size = own_needs(now) * percent / 200;
}

void check_scratch(struct json_object *items, const struct next *next, const struct image *image)
{
	struct area area = {};
	struct cmdline now, line;
	struct stat st;
	char name[32];
	size_t i;

	cmdline_of_running(&now);
	cmdline_parse(&line, next->line ? next->line : "");
	crash_memory(items, &now, &line);
	find_area(&now, &area);
	for (i = 0; i < ARRAY_SIZE(early); i++) {
		snprintf(name, sizeof(name), "%s=", early[i]);
		fits(items, name, reserved(&line, early[i]), &area);
	}
	fits(items, "image", image->memory, &area);
	if (next->initrd && !stat(next->initrd, &st))
		fits(items, "initrd", st.st_size, &area);
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
	struct boot_params params = {};
	int rc;

	if (next->initrd) {
		check_file(items, next->initrd);
		return;
	}
	if (next->no_initrd)
		return;
	rc = read_boot_params(&params);
	if (rc)
		out_item(items, "target", "initrd", UNKNOWN, "name it with --initrd, or say "
			 "--no-initrd", "none is named; /sys/kernel/boot_params/data: %s",
			 strerror(-rc));
	else if (params.ramdisk_size)
		out_item(items, "target", "initrd", NO, "name it with --initrd, or say --no-initrd",
			 "none is named, and the running kernel was booted with one");
}
