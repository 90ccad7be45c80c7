/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_KHO_ABI_IOMMUFD_H
#define _LINUX_KHO_ABI_IOMMUFD_H

#include <linux/kho/abi/record.h>

/**
 * DOC: iommufd handover record
 *
 * The record of an iommufd file lists its preserved HWPTs: the token by which
 * userspace named each, and the id of its domain record. Ids of iommufd objects
 * are not preserved, because they are not ABI. IOASes are not preserved either:
 * userspace rebuilds them, and the kernel compares them with the page tables.
 */

#define IOMMUFD_LIVEUPDATE_FH_COMPATIBLE	"iommufd-v1"

#define IOMMUFD_RECORD_CTX		KHO_RECORD_TYPE('I', 'O', 'F', 'D')
#define IOMMUFD_RECORD_CTX_VERSION	2

/* The HWPT enforces cache coherency, see iommufd_hwpt_paging_enforce_cc() */
#define IOMMUFD_HWPT_SER_ENFORCE_CC	BIT(0)
/* The HWPT was allocated with IOMMU_HWPT_ALLOC_PASID */
#define IOMMUFD_HWPT_SER_PASID		BIT(1)
#define IOMMUFD_HWPT_SER_FLAGS		(BIT(2) - 1)

/**
 * struct iommufd_hwpt_ser - One preserved HWPT.
 * @token: Number by which userspace names it, unique in its context.
 * @domain: Id of its domain's record.
 * @flags: IOMMUFD_HWPT_SER_*; unknown bits make the record invalid.
 */
struct iommufd_hwpt_ser {
	u64 token;
	u32 domain;
	u32 flags;
} __packed;
static_assert(sizeof(struct iommufd_hwpt_ser) == 16);

#define IOMMUFD_CTX_SER_MAX_HWPTS \
	((SZ_4K - sizeof(struct kho_record_ser) - 8) / sizeof(struct iommufd_hwpt_ser))

/**
 * struct iommufd_ctx_ser - One preserved iommufd context.
 * @hdr: Header, type IOMMUFD_RECORD_CTX.
 * @nr_hwpts: Entries used in @hwpts.
 * @reserved: Must be 0.
 * @hwpts: The HWPTs.
 */
struct iommufd_ctx_ser {
	struct kho_record_ser hdr;
	u32 nr_hwpts;
	u32 reserved;
	struct iommufd_hwpt_ser hwpts[IOMMUFD_CTX_SER_MAX_HWPTS];
} __packed;
static_assert(sizeof(struct iommufd_ctx_ser) <= SZ_4K);

#endif /* _LINUX_KHO_ABI_IOMMUFD_H */
