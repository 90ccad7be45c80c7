/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_RECORD_H
#define _LINUX_KHO_RECORD_H

#include <linux/cleanup.h>
#include <linux/kho/abi/record.h>
#include <linux/stringify.h>
#include <linux/types.h>

/* Previous kernel: write records */
void *kho_record_alloc(u32 type, u16 version, size_t size);
void kho_record_free(void *record);
void kho_record_seal(void *record);
DEFINE_FREE(kho_record, void *, kho_record_free(_T))

/*
 * Next kernel: use only valid records. Check an address in a record with
 * kho_restorable() first. It accepts any value, and returns true if memory of at
 * least that size starts there, was preserved in one piece and is not restored yet.
 */
void *kho_record_get(u64 phys, u32 type, u16 version, size_t size);
void kho_record_put(void *record);

/*
 * Both: layouts of records that this kernel reads and writes. The texts are in its
 * image and modules, so that userspace can compare two kernels before the kexec.
 */
#define KHO_RECORD_LAYOUT(name, version) name "-v" __stringify(version)
void kho_record_register_layout(const char *layout);
void kho_record_unregister_layout(const char *layout);

/* An index of records. Previous kernel: write it */
struct kho_record_index_ser *kho_record_index_alloc(u32 user);
void kho_record_index_free(struct kho_record_index_ser *index);
int kho_record_index_add(struct kho_record_index_ser *index, void *record);
void kho_record_index_del(struct kho_record_index_ser *index, void *record);

/* Next kernel: use it */
struct kho_record_index_ser *kho_record_index_get(u64 phys, u32 user);
void kho_record_index_put(struct kho_record_index_ser *index);
u64 kho_record_index_next(const struct kho_record_index_ser *index, u32 *id);
u64 kho_record_index_slot(const struct kho_record_index_ser *index, u32 id);

/* /sys/kernel/liveupdate */
struct kobject;
#ifdef CONFIG_KHO_RECORD
extern struct kobject *liveupdate_kobj;
void kho_record_close(void);
#else
#define liveupdate_kobj	((struct kobject *)NULL)
static inline void kho_record_close(void)
{
}
#endif

#endif /* _LINUX_KHO_RECORD_H */
