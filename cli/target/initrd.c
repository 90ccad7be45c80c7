// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules in an initrd.
 *
 * An initrd is a row of cpio archives of the format "newc", with zeros between them, the last
 * one usually compressed (Documentation/driver-api/early-userspace/buffer-format.rst). Modules
 * lie below lib/modules/RELEASE and may be compressed each. The handler of a kind of file has
 * the alias "liveupdate-" and the name of the format. A module names those that it needs
 * ("depends=").
 *
 * The file is not trusted: all offsets are checked against its size, and the size of its
 * decompressed modules is bounded.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/decompress.h"
#include "target/initrd.h"

#define HEADER		110
#define AT_FILESIZE	54
#define AT_NAMESIZE	94
#define MODULES_MAX	(1ul << 30)	/* together, decompressed */
#define NAME_ROOM	64		/* as Linux has, or more */
#define ALIAS		"alias=liveupdate-"
#define DEPENDS		"depends="

struct module {
	struct module *next;
	char name[NAME_ROOM];
	char *depends;		/* names with commas between them */
	bool needed;
};

/* Modules found in the image so far */
struct search {
	struct image *image;
	char below[160];	/* "lib/modules/RELEASE/" */
	struct module *modules;
	size_t size;		/* theirs together */
};

static size_t hex(const unsigned char *at)
{
	char digits[9] = "";

	memcpy(digits, at, 8);
	return strtoul(digits, NULL, 16);
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/*
 * The name of a module as "depends=" has it, without its directory and what follows .ko; that is
 * there, and the name fits: see is_module().
 */
static void set_name(struct module *module, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char *c;

	memcpy(module->name, name, strstr(name, ".ko") - name);
	for (c = module->name; (c = strchr(c, '_')); )
		*c = '-';
}

/* The value of the text "KEY=value" in a module, allocated; "" if there is none */
static char *info(const unsigned char *elf, size_t size, const char *key)
{
	const unsigned char *at = elf, *end = elf + size;

	while ((at = memmem(at, end - at, key, strlen(key)))) {
		if (at > elf && !at[-1] && memchr(at, '\0', end - at))
			return strdup((const char *)at + strlen(key));
		at++;
	}
	return strdup("");
}

static int add_to_image(struct image *image, const unsigned char *elf, size_t size)
{
	unsigned char *kernel = realloc(image->kernel, image->size + 1 + size);

	if (!kernel)
		return -ENOMEM;
	kernel[image->size] = '\0';
	memcpy(kernel + image->size + 1, elf, size);
	image->kernel = kernel;
	image->size += 1 + size;
	return 0;
}

static int add_elf(struct search *search, const char *path, const unsigned char *elf, size_t size)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module)
		return -ENOMEM;
	set_name(module, path);
	module->depends = info(elf, size, DEPENDS);
	module->next = search->modules;
	search->modules = module;
	if (!module->depends)
		return -ENOMEM;
	module->needed = memmem(elf, size, ALIAS, strlen(ALIAS));
	return module->needed ? add_to_image(search->image, elf, size) : 0;
}

/* A module whose name Linux can have */
static bool is_module(const struct search *search, const char *path)
{
	const char *below = strstr(path, search->below);
	const char *name = below ? strrchr(path, '/') + 1 : "", *ko = strstr(name, ".ko");

	return ko && ko - name < NAME_ROOM && (!ko[3] || ko[3] == '.') &&
	       (below == path || below[-1] == '/' || !strncmp(path, "usr/", 4));
}

static int add_member(struct search *search, const char *path, const unsigned char *data,
		      size_t size)
{
	const char *how;
	unsigned char *elf;
	size_t length;
	int rc;

	if (!size || !is_module(search, path))
		return 0;
	rc = decompress_kernel(data, size, &elf, &length, &how);
	if (rc)
		return rc;
	search->size += length;
	rc = search->size > MODULES_MAX ? -EBADMSG : add_elf(search, path, elf, length);
	free(elf);
	return rc;
}

/* Add the member at *@at and move on; -EBADMSG if it is damaged. */
static int walk_member(struct search *search, const unsigned char *data, size_t size, size_t *at)
{
	const unsigned char *member = data + *at;
	size_t left = size - *at, filesize, namesize, start;

	if (left < HEADER)
		return -EBADMSG;
	filesize = hex(member + AT_FILESIZE);
	namesize = hex(member + AT_NAMESIZE);
	start = align4(HEADER + namesize);
	if (!namesize || namesize > left || start > left || filesize > left - start ||
	    member[HEADER + namesize - 1])
		return -EBADMSG;
	*at += align4(start + filesize);
	return add_member(search, (const char *)member + HEADER, member + start, filesize);
}

static int walk(struct search *search, const unsigned char *data, size_t size, bool inner);

static int walk_compressed(struct search *search, const unsigned char *data, size_t size)
{
	const char *how;
	unsigned char *all;
	size_t length;
	int rc = decompress_kernel(data, size, &all, &length, &how);

	if (rc)
		return rc;
	rc = walk(search, all, length, true);
	free(all);
	return rc;
}

static int walk(struct search *search, const unsigned char *data, size_t size, bool inner)
{
	size_t at = 0;
	int rc = 0;

	while (!rc && at < size) {
		if (!data[at])
			at++;
		else if (size - at > 6 && !memcmp(data + at, "07070", 5))
			rc = walk_member(search, data, size, &at);
		else
			return inner ? -EBADMSG : walk_compressed(search, data + at, size - at);
	}
	return rc;
}

static struct module *find(const struct search *search, const char *name)
{
	struct module *module;

	for (module = search->modules; module; module = module->next)
		if (!strcmp(module->name, name))
			return module;
	return NULL;
}

/* Mark those that @module needs; those that are not there are listed. */
static bool follow(struct search *search, const struct module *module)
{
	char *rest = module->depends, *name, *c;
	char *lacking = search->image->lacking;
	const size_t room = sizeof(search->image->lacking);
	bool more = false;

	while ((name = strsep(&rest, ","))) {
		struct module *other;

		for (c = name; (c = strchr(c, '_')); )
			*c = '-';
		other = *name ? find(search, name) : NULL;
		if (*name && !other)
			snprintf(lacking + strlen(lacking), room - strlen(lacking), " %s", name);
		more |= other && !other->needed;
		if (other)
			other->needed = true;
	}
	*module->depends = '\0';
	return more;
}

static void follow_all(struct search *search)
{
	struct module *module;
	bool more;

	do {
		more = false;
		for (module = search->modules; module; module = module->next)
			if (module->needed)
				more |= follow(search, module);
	} while (more);
}

static void free_modules(struct module *module)
{
	struct module *next;

	for (; module; module = next) {
		next = module->next;
		free(module->depends);
		free(module);
	}
}

int initrd_add_modules(struct image *image, const char *path, const char **why)
{
	struct search search = { .image = image };
	unsigned char *data = NULL;
	size_t size = 0;
	int rc = image_read(path, &data, &size);

	snprintf(search.below, sizeof(search.below), "lib/modules/%s/", image->release);
	if (rc)
		*why = strerror(-rc);
	else
		rc = walk(&search, data, size, false);
	if (!rc)
		follow_all(&search);
	else if (!*why)
		*why = rc == -ENOTSUP ? "compressed in a way that iolu does not support" :
		       rc == -ENOMEM ? strerror(ENOMEM) : "damaged";
	free_modules(search.modules);
	free(data);
	return rc;
}
