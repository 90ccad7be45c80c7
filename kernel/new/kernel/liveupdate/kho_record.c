// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Handover record handling
 *
 * The previous kernel allocates a record with kho_record_alloc(), fills it and,
 * after the last change, seals it with kho_record_seal(). A record may be changed
 * and sealed again any number of times. kho_record_free() frees it when the update
 * is cancelled.
 *
 * The next kernel obtains a record with kho_record_get(), which validates address,
 * header and CRC and returns an error for an invalid record, without a warning:
 * records are untrusted data, and the caller decides about the consequence.
 * kho_record_put() frees a valid record after use. An invalid record is never
 * freed, because its memory may belong to another object.
 *
 * /sys/kernel/liveupdate/records and record_bytes show the number and size of
 * preserved records: 0 when nothing is preserved.
 * /sys/kernel/liveupdate/record_layouts lists the layouts that this kernel writes
 * and reads, one for each type of record that is compiled in.
 */

#define pr_fmt(fmt) "KHO record: " fmt

#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/crc32.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kernel.h>
#include <linux/kho_record.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "kho_record_priv.h"

static atomic_long_t kho_records = ATOMIC_LONG_INIT(0);
static atomic_long_t kho_record_bytes = ATOMIC_LONG_INIT(0);
static DEFINE_MUTEX(kho_record_layouts_lock);
static const char *kho_record_layouts[16];
static unsigned int kho_record_nr_layouts;

static u32 kho_record_crc(const struct kho_record_ser *hdr)
{
	static const u32 zero;
	const u8 *bytes = (const u8 *)hdr;
	size_t at = offsetof(struct kho_record_ser, crc);
	u32 crc;

	crc = crc32_le(~0, bytes, at);
	crc = crc32_le(crc, (const u8 *)&zero, sizeof(zero));
	at += sizeof(zero);
	return crc32_le(crc, bytes + at, hdr->size - at);
}

/**
 * kho_record_alloc() - Allocate a record and preserve it.
 * @type: Type of the record.
 * @version: Version of that type's layout.
 * @size: Size of the record in bytes, header included.
 *
 * Context: Process context, may sleep.
 * Return: The record with its header filled in and all other bytes 0, or an
 * ERR_PTR(). Free it with kho_record_free().
 */
void *kho_record_alloc(u32 type, u16 version, size_t size)
{
	struct kho_record_ser *hdr = kho_alloc_preserve(size);

	if (IS_ERR(hdr))
		return hdr;

	hdr->type = type;
	hdr->version = version;
	hdr->size = size;
	hdr->self = virt_to_phys(hdr);
	atomic_long_inc(&kho_records);
	atomic_long_add(size, &kho_record_bytes);
	return hdr;
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_alloc, "iommufd,vfio-pci");

/**
 * kho_record_free() - Free a record of kho_record_alloc(), in the same kernel.
 * @record: The record, NULL or an ERR_PTR().
 *
 * Context: Process context, may sleep. Never fails.
 */
void kho_record_free(void *record)
{
	struct kho_record_ser *hdr = record;

	if (IS_ERR_OR_NULL(hdr))
		return;
	atomic_long_dec(&kho_records);
	atomic_long_sub(hdr->size, &kho_record_bytes);
	kho_unpreserve_free(hdr);
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_free, "iommufd,vfio-pci");

/**
 * kho_record_seal() - Compute the checksum of a finished record.
 * @record: The record. The caller serializes against changes of it.
 *
 * Context: Any.
 */
void kho_record_seal(void *record)
{
	struct kho_record_ser *hdr = record;

	hdr->crc = kho_record_crc(hdr);
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_seal, "iommufd,vfio-pci");

VISIBLE_IF_KUNIT int kho_record_check(const struct kho_record_ser *hdr, u64 phys, u32 type,
				      u16 version, size_t size)
{
	if (hdr->type != type || hdr->self != phys)
		return -ENOMSG;
	if (hdr->version != version || hdr->size != size || hdr->reserved)
		return -EPROTO;
	return hdr->crc == kho_record_crc(hdr) ? 0 : -EBADMSG;
}

/**
 * kho_record_get() - Validate a record from the previous kernel.
 * @phys: Physical address as handed over; any value is allowed.
 * @type: Expected type.
 * @version: Expected version.
 * @size: Expected size in bytes.
 *
 * Return: The record, or an ERR_PTR(): -EFAULT if KHO did not preserve @size bytes
 * at @phys, -ENOMSG if type or address differ, -EPROTO if version or size differ,
 * -EBADMSG if the checksum is wrong.
 */
void *kho_record_get(u64 phys, u32 type, u16 version, size_t size)
{
	int rc;

	if (!PAGE_ALIGNED(phys) || !kho_restorable(phys, size))
		return ERR_PTR(-EFAULT);
	rc = kho_record_check(phys_to_virt(phys), phys, type, version, size);
	return rc ? ERR_PTR(rc) : phys_to_virt(phys);
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_get, "iommufd,vfio-pci");

/**
 * kho_record_put() - Free a record that kho_record_get() accepted.
 * @record: The record, or NULL.
 *
 * Context: Process context, may sleep. Call it once per record.
 */
void kho_record_put(void *record)
{
	if (record)
		kho_restore_free(record);
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_put, "iommufd,vfio-pci");

/**
 * kho_record_register_layout() - Add a layout to /sys/kernel/liveupdate/record_layouts.
 * @layout: KHO_RECORD_LAYOUT() of a type of record and its version. It stays with the caller.
 *
 * Context: Process context, may sleep.
 */
void kho_record_register_layout(const char *layout)
{
	guard(mutex)(&kho_record_layouts_lock);
	if (kho_record_nr_layouts == ARRAY_SIZE(kho_record_layouts)) {
		pr_err("%s: not listed in record_layouts: too many layouts\n", layout);
		return;
	}
	kho_record_layouts[kho_record_nr_layouts++] = layout;
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_register_layout, "iommufd,vfio-pci");

/**
 * kho_record_unregister_layout() - Undo kho_record_register_layout().
 * @layout: The same pointer. Nothing happens if it was not listed.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void kho_record_unregister_layout(const char *layout)
{
	unsigned int i;

	guard(mutex)(&kho_record_layouts_lock);
	for (i = 0; i < kho_record_nr_layouts; i++) {
		if (kho_record_layouts[i] != layout)
			continue;
		kho_record_layouts[i] = kho_record_layouts[--kho_record_nr_layouts];
		return;
	}
}
EXPORT_SYMBOL_FOR_MODULES(kho_record_unregister_layout, "iommufd,vfio-pci");

static ssize_t records_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&kho_records));
}

static ssize_t record_bytes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%ld\n", atomic_long_read(&kho_record_bytes));
}

static ssize_t record_layouts_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned int i;
	int len = 0;

	guard(mutex)(&kho_record_layouts_lock);
	for (i = 0; i < kho_record_nr_layouts; i++)
		len += sysfs_emit_at(buf, len, "%s%s", i ? " " : "", kho_record_layouts[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}

static struct kobj_attribute records_attr = __ATTR_RO(records);
static struct kobj_attribute record_bytes_attr = __ATTR_RO(record_bytes);
static struct kobj_attribute record_layouts_attr = __ATTR_RO(record_layouts);

static struct attribute *kho_record_attrs[] = {
	&records_attr.attr,
	&record_bytes_attr.attr,
	&record_layouts_attr.attr,
	NULL
};

static const struct attribute_group kho_record_group = {
	.attrs = kho_record_attrs,
};

/* /sys/kernel/liveupdate, from fs_initcall() on; NULL if it could not be created */
struct kobject *liveupdate_kobj __ro_after_init;

static int __init kho_record_init(void)
{
	kho_record_register_layout(KHO_RECORD_LAYOUT("record-index", KHO_RECORD_INDEX_VERSION));
	liveupdate_kobj = kobject_create_and_add("liveupdate", kernel_kobj);
	return liveupdate_kobj ? sysfs_create_group(liveupdate_kobj, &kho_record_group) :
				 -ENOMEM;
}
fs_initcall(kho_record_init);
