/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KHO_RECORD_PRIV_H
#define _KHO_RECORD_PRIV_H

#include <linux/kho/abi/record.h>

#if IS_ENABLED(CONFIG_KUNIT)
int kho_record_check(const struct kho_record_ser *hdr, u64 phys, u32 type, u16 version,
		     size_t size);
#endif

#endif /* _KHO_RECORD_PRIV_H */
