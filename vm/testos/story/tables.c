// SPDX-License-Identifier: GPL-2.0
/*
 * The promise "unchanged", checked: the walk of the IOMMU's tables right before the kexec is
 * recorded in a preserved memfd, and later walks are compared with it.
 *
 * The first look in the next kernel is taken before this program has opened anything, and is
 * compared as soon as the record has arrived. Only NICs of preserved VMs are looked at.
 */
#include <dirent.h>
#include <stdio.h>

#include "device/dma_device.h"
#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/iommufd.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "story/state.h"
#include "story/tables.h"

static struct walk arrival, now;

static unsigned int preserved_ids(uint16_t *ids, bool discarded)
{
	const struct vm_data *vm = state_get()->vm;
	unsigned int i, n = 0;

	for (; vm < state_get()->vm + state_get()->nvms; vm++)
		for (i = 0; vm->preserved && (discarded || !vm->discarded) && i < vm->ndevices; i++)
			ids[n++] = pci_source_id(vm->device[i].bdf);
	return n;
}

void tables_arrive(void)
{
	uint16_t ids[WALK_DEVICES];
	char bdf[BDF_LEN];
	unsigned int n = 0;

	while (n < WALK_DEVICES && dma_device_find(n, bdf))
		ids[n++] = pci_source_id(bdf);
	walk_capture(&arrival, ids, n);
}

/* The kernel's own count of preserved pages and bytes, against the walk's. */
static void compare_query(const struct walk *record)
{
	struct iommu_liveupdate_query q;
	uint64_t pages = 0, bytes = 0;
	uint32_t i, hwpts = 0, devices = 0;
	struct vm *vm;

	for_each_vm(vm) {
		for (i = 0; vm->data->preserved && !hwpt_query(vm->iommufd, i, &q); i++) {
			if (q.out_state != IOMMU_LIVEUPDATE_PRESERVED)
				continue;
			pages += q.out_table_pages;
			bytes += q.out_mapped_bytes;
			devices += q.out_devices;
			hwpts++;
		}
	}
	ok(pages == record->npages && bytes == record->leaf_bytes,
	   "the kernel preserves the table pages and bytes that the walk found",
	   "%llu pages, %llu bytes; walk: %u pages, %llu bytes", (unsigned long long)pages,
	   (unsigned long long)bytes, record->npages, (unsigned long long)record->leaf_bytes);
	ok(devices == record->ndevices, "and all devices", "%u of %u", devices, record->ndevices);
	fig("hwpts", hwpts);
	fig("devices", devices);
}

void tables_record(void)
{
	struct walk *record = state_map(STATE_WALK, sizeof(*record));
	uint16_t ids[WALK_DEVICES];
	unsigned int i, n = preserved_ids(ids, true);

	walk_capture(record, ids, n);
	for (i = 0; i < n; i++)
		ok(record->device[i].present && record->device[i].top,
		   "the hardware has an entry and a table for the device",
		   "source id 0x%x", ids[i]);
	ok(!record->overflow && !record->wild, "all table pages fit the record",
	   "more than %u, or %u outside memory", WALK_PAGES, record->wild);
	compare_query(record);
	fig("tables", record->npages);
	fig("table_bytes", record->npages * PAGE);
	fig("leaves_compared", record->leaves);
	fig("leaf_bytes", record->leaf_bytes);
	fig("entries_compared", record->npages * 512ull + n * platform()->entry_words);
}

void tables_record_again(void)
{
	struct walk *record = state_map(STATE_WALK, sizeof(*record));
	uint16_t ids[WALK_DEVICES];
	uint32_t pages = record->npages;

	walk_capture(record, ids, preserved_ids(ids, true));
	ok(record->npages == pages, "no table page was freed", "%u of %u are left", record->npages,
	   pages);
}

static void compare(const struct walk *with, const char *when)
{
	const struct walk *record = state_map(STATE_WALK, sizeof(*record));
	uint16_t ids[WALK_DEVICES];
	unsigned int i, n = preserved_ids(ids, false);
	char why[200], name[160];

	for (i = 0; i < n; i++) {
		bool same = walk_same(record, with, ids[i], why, sizeof(why));

		snprintf(name, sizeof(name), "entries and tables of device 0x%04x are unchanged %s",
			 ids[i], when);
		ok(same, name, "%s", why);
	}
	if (n && platform()->root_stays) {
		snprintf(name, sizeof(name), "the table of devices has not moved %s", when);
		ok(record->root == with->root, name, "from 0x%llx to 0x%llx",
		   (unsigned long long)record->root, (unsigned long long)with->root);
	}
}

/* Does the entry of @source_id have the domain id of a preserved device? */
static bool shares_id(const struct walk *record, uint16_t source_id)
{
	struct walk_device d = { .source_id = source_id };
	unsigned int i;

	platform()->read_device(&d, platform()->root());
	for (i = 0; d.present && i < record->ndevices; i++)
		if (d.domain_id == record->device[i].domain_id)
			return true;
	return false;
}

/* A member of the group of a preserved device is in its domain. */
static bool shares_group(const char *bdf)
{
	const struct state *state = state_get();
	const struct device_place *d;
	unsigned int i;

	for (i = 0; i < state->nvms; i++)
		for (d = state->vm[i].device; d < state->vm[i].device + state->vm[i].ndevices; d++)
			if (pci_group(d->bdf) == pci_group(bdf))
				return true;
	return false;
}

/* The IOMMU may cache translations by domain id. */
static void ids_are_reserved(void)
{
	const struct walk *record = state_map(STATE_WALK, sizeof(*record));
	DIR *dir = opendir("/sys/bus/pci/devices");
	char other[BDF_LEN] = "";
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (*e->d_name == '.' || walk_find(record, pci_source_id(e->d_name)) ||
		    pci_update_state(e->d_name, "incoming"))
			continue;
		if (shares_id(record, pci_source_id(e->d_name)) && !shares_group(e->d_name))
			snprintf(other, sizeof(other), "%.*s", BDF_LEN - 1, e->d_name);
	}
	if (dir)
		closedir(dir);
	ok(dir && !*other, "no other device has the domain id of a preserved one", "%s", other);
}

void tables_compare_arrival(void)
{
	ids_are_reserved();
	compare(&arrival, "when the next kernel starts userspace");
}

void tables_compare(const char *when)
{
	uint16_t ids[WALK_DEVICES];
	unsigned int n = preserved_ids(ids, false);

	walk_capture(&now, ids, n);
	compare(&now, when);
}

/* Pages of a NIC's memory to which its IOVAs do not translate */
uint64_t tables_astray(const struct vm *vm, unsigned int d)
{
	const struct device_place *place = &vm->data->device[d];
	const uint64_t size = vm->data->mem_size[place->mem];
	const uint16_t id = pci_source_id(place->bdf);
	uint64_t at, n = 0;

	walk_capture(&now, &id, 1);
	for (at = 0; at < size; at += PAGE)
		n += walk_translate(&now, id, place->iova + at) !=
		     phys_of((uint8_t *)device_memory(vm, d) + at);
	return n;
}
