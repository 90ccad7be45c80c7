// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory is marked to be kept over the next kexec, counted in the kernel's own map.
 *
 * The handover tree (a flattened device tree, shown in debugfs) names the physical address
 * of a radix tree. Five levels of it are tables of physical addresses, the last one is a
 * bitmap with a bit for each preserved block. The layout is the ABI between two kernels; the
 * version is checked, so that a new layout fails here and is not miscounted.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kapi/kho.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"

#define RECORDS		"/sys/kernel/liveupdate/records"
#define RECORD_BYTES	"/sys/kernel/liveupdate/record_bytes"
#define OUT_TREE	"/sys/kernel/debug/kho/out/fdt"
#define VERSION		"kho-v4"
#define TABLE_LEVELS	5

#define FDT_MAGIC	0xd00dfeedu
#define FDT_BEGIN_NODE	1u
#define FDT_PROP	3u
#define FDT_NOP		4u

#define FDT_STRUCTS	8	/* where the header has the offset of the nodes */

struct property {
	const uint8_t *value;
	uint32_t length;
};

static uint32_t be32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return be32toh(value);
}

/*
 * The first @n properties of the root node, in their order. debugfs shows as many bytes as the
 * tree had when it was made, which cuts the names off once the tree has grown.
 */
static bool root_properties(const uint8_t *tree, struct property *list, int n)
{
	const uint8_t *at = tree + be32(tree + FDT_STRUCTS);

	if (be32(at) != FDT_BEGIN_NODE)
		return false;
	for (at += 8; n--; list++) {
		while (be32(at) == FDT_NOP)
			at += 4;
		if (be32(at) != FDT_PROP)
			return false;
		list->length = be32(at + 4);
		list->value = at + 12;
		at += 12 + ((list->length + 3) & ~3u);
	}
	return true;
}

static uint64_t count(uint64_t phys, int level)
{
	uint64_t entry[512], n = 0;
	int i;

	phys_read(entry, phys, sizeof(entry));
	for (i = 0; i < 512; i++) {
		if (!level)
			n += __builtin_popcountll(entry[i]);
		else if (entry[i])
			n += count(entry[i], level - 1);
	}
	return n;
}

/* A kernel that was started by kexec itself does not show its tree. */
bool kho_countable(void)
{
	return !access(OUT_TREE, R_OK);
}

uint64_t kho_preserved_keys(void)
{
	static uint8_t tree[64 * 1024];
	struct property version, map, list[2];
	uint64_t root;

	if (file_read(OUT_TREE, (char *)tree, sizeof(tree)) < 64 || be32(tree) != FDT_MAGIC)
		bail_out("cannot read %s", OUT_TREE);
	if (!root_properties(tree, list, 2))
		bail_out("the handover tree has no version and no map");
	version = list[0];
	map = list[1];
	if (version.length != sizeof(VERSION) || memcmp(version.value, VERSION, sizeof(VERSION)) ||
	    map.length != sizeof(root))
		bail_out("the handover tree is not of version %s", VERSION);
	memcpy(&root, map.value, sizeof(root));
	return count(root, TABLE_LEVELS);
}

static uint64_t number_in(const char *path)
{
	char text[32];

	return file_read(path, text, sizeof(text)) < 0 ? 0 : strtoull(text, NULL, 10);
}

uint64_t kho_records(void)
{
	return number_in(RECORDS);
}

uint64_t kho_record_bytes(void)
{
	return number_in(RECORD_BYTES);
}
