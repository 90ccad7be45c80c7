// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Reasons for refusals, from the table that the kernel log and the command also use.
 *
 * LUO returns an errno and nothing else. If one of the rows that apply has this errno, the reason
 * is that row. If several have it, sysfs shows for some rows whether they apply to the device. If
 * that does not decide, the reason has both rows, or refers to the kernel log if there are more.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "refusals.h"
#include "vm.h"

static const struct {
	int rc;
	const char *sentence, *remedy;
} table[REFUSALS] = {
#define REFUSAL(id, error, sentence, remedy) [REFUSED_##id] = { -(error), sentence, remedy },
#include "../refusals/refusals.def"
};

const char *iolu_refusal_sentence(enum iolu_refusal row)
{
	return table[row].sentence;
}

static bool shares_group(const char *bdf)
{
	char path[128];
	int members = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/devices", bdf);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		members += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return members > 1;
}

/* Does sysfs show that @row applies to the device @name? */
static bool is_seen(enum iolu_refusal row, const char *name)
{
	if (row == REFUSED_DEVICE_GROUP)
		return shares_group(name);
	return false;
}

int iolu_refuse(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name,
		enum iolu_refusal row)
{
	return iolu_fail(vm, table[row].rc, "%s \"%s\": not %s: %s. %s", attempt->object, name,
			 attempt->verb, table[row].sentence, table[row].remedy);
}

int iolu_refused(struct iolu_vm *vm, const struct iolu_attempt *attempt, const char *name, int rc)
{
	enum iolu_refusal first = REFUSED_NONE, second = REFUSED_NONE;
	const enum iolu_refusal *row;
	unsigned int n = 0;

	for (row = attempt->rows; *row; row++) {
		if (table[*row].rc != rc)
			continue;
		if (is_seen(*row, name))
			return iolu_refuse(vm, attempt, name, *row);
		second = n == 1 ? *row : second;
		first = n ? first : *row;
		n++;
	}
	if (n == 1)
		return iolu_refuse(vm, attempt, name, first);
	if (n == 2)
		return iolu_fail(vm, rc, "%s \"%s\": not %s: %s, or %s", attempt->object, name,
				 attempt->verb, table[first].sentence, table[second].sentence);
	return iolu_fail(vm, rc, "%s \"%s\": not %s: %s; the kernel log has the reason",
			 attempt->object, name, attempt->verb, strerror(-rc));
}
