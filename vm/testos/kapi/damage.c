// SPDX-License-Identifier: GPL-2.0
/*
 * Damage to handover records, and to the objects that they describe.
 *
 * A record is a page that begins with its type and says its own address, so it is found by
 * a look at all of memory. The kernel's knob (CONFIG_KHO_DAMAGE) does the damage when the
 * records are no longer changed. Pages that were a record once and are free now look like
 * one, too: damage_forget_records() sees to these before new ones are made.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/walk.h"
#include "kapi/damage.h"
#include "kapi/records.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"

#define KNOB		"/sys/kernel/debug/kho_damage"
#define WINDOW		(4 * MIB)

static struct walk look;

typedef bool (*page_fn)(void *page, uint64_t phys, const void *arg);

static bool is_record(const struct kho_record_ser *hdr, uint64_t phys)
{
	static const uint32_t types[] = {
		KHO_RECORD_INDEX, IOMMU_RECORD_DOMAIN, IOMMU_RECORD_UNIT, IOMMU_RECORD_DEVICE,
		IOMMUFD_RECORD_CTX, VFIO_PCI_RECORD_DEVICE, PCI_RECORD_DEVICE,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (hdr->type == types[i])
			return hdr->self == phys;
	return false;
}

static uint64_t walk_range(uint64_t from, uint64_t to, page_fn fn, const void *arg)
{
	uint64_t window, at, found = 0;
	uint8_t *mem;

	for (window = from; !found && window < to; window += WINDOW) {
		uint64_t length = to - window < WINDOW ? to - window : WINDOW;

		mem = phys_map(window, length);
		for (at = 0; !found && at < length; at += PAGE)
			if (fn(mem + at, window + at, arg))
				found = window + at;
		munmap(mem, length);
	}
	return found;
}

/* Until @fn returns true; the address of that page, or 0 */
static uint64_t walk_memory(page_fn fn, const void *arg)
{
	unsigned long long from, to;
	uint64_t found = 0;
	char line[128];
	FILE *f = fopen("/proc/iomem", "r");

	if (!f)
		bail_out("/proc/iomem: %m");
	while (!found && fgets(line, sizeof(line), f))
		if (*line != ' ' && sscanf(line, "%llx-%llx : System RAM", &from, &to) == 2 &&
		    strstr(line, "System RAM"))
			found = walk_range((from + PAGE - 1) & ~(PAGE - 1), (to + 1) & ~(PAGE - 1),
					   fn, arg);
	fclose(f);
	return found;
}

static bool forget(void *page, uint64_t phys, const void *arg)
{
	struct kho_record_ser *hdr = page;

	(void)arg;
	if (is_record(hdr, phys))
		hdr->self = 0;
	return false;
}

void damage_forget_records(void)
{
	walk_memory(forget, NULL);
}

/* Of the records that name a device each has segment and BDF right after the header. */
struct wanted {
	uint32_t type;
	uint16_t bdf;
	uint32_t owner;		/* of an index; there is only one unit */
};

static bool is_wanted(void *page, uint64_t phys, const void *arg)
{
	const struct kho_record_index_ser *index = page;
	const struct kho_record_ser *hdr = page;
	const struct pci_dev_ser *dev = page;
	const struct wanted *w = arg;

	static_assert(offsetof(struct pci_dev_ser, bdf) == offsetof(struct iommu_device_ser, bdf));
	static_assert(offsetof(struct pci_dev_ser, bdf) == offsetof(struct vfio_pci_ser, bdf));
	if (!is_record(hdr, phys) || hdr->type != w->type)
		return false;
	if (hdr->type == IOMMU_RECORD_UNIT)
		return true;
	return hdr->type == KHO_RECORD_INDEX ? index->user == w->owner : dev->bdf == w->bdf;
}

static uint64_t find(uint32_t type, uint16_t bdf, uint32_t owner)
{
	struct wanted w = { .type = type, .bdf = bdf, .owner = owner };
	uint64_t phys = walk_memory(is_wanted, &w);

	if (!phys)
		bail_out("no record of type %#x in memory", type);
	return phys;
}

static uint64_t slot_of(uint64_t index, uint64_t record)
{
	unsigned int i;

	for (i = 1; i < KHO_RECORD_INDEX_SLOTS; i++) {
		uint64_t slot = index + offsetof(struct kho_record_index_ser, slots[i]);

		if (phys_read_u64(slot) == record)
			return slot;
	}
	bail_out("the record is in no slot of its index");
}

/* The slot of the record of a device's domain */
static uint32_t domain_slot(uint16_t bdf)
{
	struct iommu_device_ser dev;

	phys_read(&dev, find(IOMMU_RECORD_DEVICE, bdf, 0), sizeof(dev));
	return dev.domain;
}

/* The tables of the gap: their root is in the record of the unit when a device was frozen once. */
static uint64_t first_entry(uint16_t bdf)
{
	uint64_t at = find(IOMMU_RECORD_UNIT, 0, 0) + platform()->places[HW_ROOT].at;

	at = platform()->first_entry(phys_read_u64(at), bdf);
	if (!at)
		bail_out("the tables of the gap have no entry for the device");
	return at;
}

static uint64_t place(enum damage_where where, const struct vm_data *data)
{
	uint16_t bdf = pci_source_id(data->device[0].bdf);
	struct iommu_domain_ser dom;
	const struct walk_device *d = &look.device[0];
	uint64_t index, record;

	walk_capture(&look, &bdf, 1);
	if (where == DAMAGE_TOP_TABLE)
		return d->top;
	if (where == DAMAGE_LAST_ENTRY)
		return platform()->last_entry(d);
	if (where == DAMAGE_FIRST_ENTRY)
		return first_entry(bdf);
	if (where == DAMAGE_VFIO)
		return find(VFIO_PCI_RECORD_DEVICE, bdf, 0);
	if (where == DAMAGE_PCI)
		return find(PCI_RECORD_DEVICE, bdf, 0);
	if (where == DAMAGE_UNIT)
		return find(IOMMU_RECORD_UNIT, 0, 0);
	if (where == DAMAGE_PCI_INDEX)
		return find(KHO_RECORD_INDEX, 0, PCI_RECORD_INDEX);
	index = find(KHO_RECORD_INDEX, 0, IOMMU_RECORD_INDEX);
	if (where == DAMAGE_IOMMU_INDEX)
		return index;
	record = find(IOMMU_RECORD_DEVICE, bdf, 0);
	if (where == DAMAGE_DEVICE)
		return record;
	if (where == DAMAGE_SLOT_OF_DEVICE)
		return slot_of(index, record);
	record = phys_read_u64(index + offsetof(struct kho_record_index_ser,
						slots[domain_slot(bdf)]));
	if (where == DAMAGE_DOMAIN)
		return record;
	phys_read(&dom, record, sizeof(dom));
	return dom.owner;
}

static void order(const char *format, ...)
{
	char line[80];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	must_write(KNOB, line);
}

static uint64_t address(enum damage_address which, uint64_t phys, const struct vm_data *data,
			const struct vm_data *other)
{
	uint16_t bdf = pci_source_id(other->device[0].bdf);

	if (which == DAMAGE_NOTHING)
		return 0;
	if (which == DAMAGE_ITSELF)
		return phys;
	if (which == DAMAGE_ITS_DOMAIN || which == DAMAGE_ITS_FUNCTION)
		return place(which == DAMAGE_ITS_DOMAIN ? DAMAGE_DOMAIN : DAMAGE_PCI, data);
	if (which == DAMAGE_OTHER_CTX)
		return place(DAMAGE_CTX, other);
	if (which == DAMAGE_OTHER_DOMAIN)
		return domain_slot(bdf);
	walk_capture(&look, &bdf, 1);
	return which == DAMAGE_OTHER_TABLE ? look.device[0].top :
	       walk_translate(&look, bdf, other->device[0].iova);
}

void damage_order(const struct damage *damage, const struct vm_data *data,
		  const struct vm_data *other)
{
	struct record_place at = { damage->at, damage->bytes, 0 };
	uint64_t phys = place(damage->where, data);
	uint64_t value = damage->value;

	if (damage->hw) {
		at = platform()->places[damage->hw];
		value |= at.value;
	}
	if (damage->table)
		value |= platform()->table_bits(&look.device[0]);
	value += address(damage->address, phys, data, other);
	order("%s %llx %x %llx", damage->flip ? "flip" : "set",
	      (unsigned long long)phys + at.at, at.bytes, (unsigned long long)value);
	if (damage->seal)
		order("seal %llx", (unsigned long long)(phys & ~(PAGE - 1)));
}

/* The position is the first member; no other page begins with such a number */
static bool is_huge(void *page, uint64_t phys, const void *arg)
{
	(void)phys;
	return !memcmp(page, arg, sizeof(uint64_t));
}

void damage_huge(uint64_t pos, enum damage_huge at)
{
	uint64_t phys = walk_memory(is_huge, &pos);

	if (!phys)
		bail_out("no record of a memfd with position %#llx", (unsigned long long)pos);
	order("set %llx 8 0", (unsigned long long)phys + at);
}
