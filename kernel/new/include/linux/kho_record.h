/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_RECORD_H
#define _LINUX_KHO_RECORD_H

#include <linux/cleanup.h>
#include <linux/kho/abi/record.h>
#include <linux/stringify.h>
#include <linux/types.h>

/* Old kernel: write records */
void *kho_record_alloc(u32 type, u16 version, size_t size);
void kho_record_free(void *record);
void kho_record_seal(void *record);
DEFINE_FREE(kho_record, void *, kho_record_free(_T))

/*
 * New kernel: believe only what checks out. An address in a record is first shown
 * to kho_restorable(): any value is allowed, and true says that there starts memory
 * of at least so many bytes that was preserved in one piece and not restored yet.
 */
void *kho_record_get(u64 phys, u32 type, u16 version, size_t size);
void kho_record_put(void *record);

/*
 * Both: which layouts of records this kernel reads, and writes. The texts are in its
 * image, where iolu check looks for those of the running kernel before the kexec.
 */
#define KHO_RECORD_LAYOUT(name, version) name "-v" __stringify(version)
void kho_record_tell_layout(const char *layout);

/* An index of records: both write it, the new kernel gets it */
struct kho_record_index_ser *kho_record_index_get(u64 phys, u32 owner);
int kho_record_index_add(struct kho_record_index_ser *index, void *record);
void kho_record_index_del(struct kho_record_index_ser *index, void *record);

struct kobject;
extern struct kobject *liveupdate_kobj;

#endif /* _LINUX_KHO_RECORD_H */
