/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_IOMMUFD_LIVEUPDATE_H
#define _UAPI_IOMMUFD_LIVEUPDATE_H

#include <linux/iommufd.h>
#include <linux/types.h>

/**
 * DOC: Carrying HWPTs over a live update
 *
 * These ioctls on /dev/iommu name the HWPTs that a live update carries into the
 * next kernel, take them over there, and tell how things stand. The rest goes
 * through the Live Update Orchestrator (see linux/liveupdate.h): the iommufd
 * file is preserved in a session together with the memfds that its IOASes map
 * and the vfio devices attached to its marked HWPTs.
 *
 * As everywhere in iommufd each struct starts with its size, and bytes beyond
 * what the kernel knows must be 0.
 */

/* Apart from those of linux/iommufd.h and from IOMMU_TEST_CMD, which is 0xA0 */
#define IOMMUFD_CMD_HWPT_LIVEUPDATE_MARK	0xB0
#define IOMMUFD_CMD_HWPT_LIVEUPDATE_ADOPT	0xB1
#define IOMMUFD_CMD_LIVEUPDATE_QUERY		0xB2

/**
 * enum iommu_hwpt_liveupdate_mark_flags - Flags of IOMMU_HWPT_LIVEUPDATE_MARK
 * @IOMMU_LIVEUPDATE_MARK_CLEAR: Take the mark off; token must be 0.
 */
enum iommu_hwpt_liveupdate_mark_flags {
	IOMMU_LIVEUPDATE_MARK_CLEAR = 1 << 0,
};

/**
 * struct iommu_hwpt_liveupdate_mark - ioctl(IOMMU_HWPT_LIVEUPDATE_MARK)
 * @size: sizeof(struct iommu_hwpt_liveupdate_mark)
 * @flags: Combination of enum iommu_hwpt_liveupdate_mark_flags
 * @hwpt_id: The HWPT
 * @__reserved: Must be 0
 * @token: The name under which the next kernel gives the HWPT back; any value,
 *         unique among the marked HWPTs of this iommufd
 *
 * A marked HWPT is preserved together with its iommufd. The mark stays when an
 * update is called off, and an HWPT adopted after an update is marked already.
 *
 * Return: 0 or, in errno: ENOENT no such HWPT, EEXIST the token is in use in
 * this iommufd, EOPNOTSUPP an HWPT of this kind cannot be preserved, EBUSY the
 * iommufd is preserved in a session, or the HWPT came in one that is not finished.
 */
struct iommu_hwpt_liveupdate_mark {
	__u32 size;
	__u32 flags;
	__u32 hwpt_id;
	__u32 __reserved;
	__aligned_u64 token;
};

#define IOMMU_HWPT_LIVEUPDATE_MARK \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_LIVEUPDATE_MARK)

/**
 * enum iommu_hwpt_liveupdate_adopt_flags - Flags of IOMMU_HWPT_LIVEUPDATE_ADOPT
 * @IOMMU_LIVEUPDATE_ADOPT_VERIFY: Compare only, adopt nothing.
 */
enum iommu_hwpt_liveupdate_adopt_flags {
	IOMMU_LIVEUPDATE_ADOPT_VERIFY = 1 << 0,
};

/**
 * struct iommu_hwpt_liveupdate_adopt - ioctl(IOMMU_HWPT_LIVEUPDATE_ADOPT)
 * @size: sizeof(struct iommu_hwpt_liveupdate_adopt)
 * @flags: Combination of enum iommu_hwpt_liveupdate_adopt_flags
 * @ioas_id: An IOAS that maps exactly what the preserved HWPT maps
 * @out_hwpt_id: Id of the adopted HWPT; 0 when only verifying
 * @token: The name given with IOMMU_HWPT_LIVEUPDATE_MARK
 * @out_bad_iova: On EBADE the lowest IOVA at which a difference was found
 * @out_bytes: Bytes of IOVA compared
 *
 * Compare each mapping of the IOAS with each leaf of the preserved table, both
 * ways; if nothing differs, make the table an HWPT of the IOAS. The hardware is
 * not touched. The HWPT is what it would be if it had been made here.
 *
 * Return: 0 or, in errno: ENOENT no preserved HWPT has this token, EALREADY it
 * was adopted before, EBADE IOAS and table differ (nothing has changed),
 * EIO the table was handed over damaged and is isolated, EBUSY the IOAS is just
 * being changed. Until the session is finished the HWPT cannot be destroyed.
 */
struct iommu_hwpt_liveupdate_adopt {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 out_hwpt_id;
	__aligned_u64 token;
	__aligned_u64 out_bad_iova;
	__aligned_u64 out_bytes;
};

#define IOMMU_HWPT_LIVEUPDATE_ADOPT \
	_IO(IOMMUFD_TYPE, IOMMUFD_CMD_HWPT_LIVEUPDATE_ADOPT)

/**
 * enum iommu_liveupdate_state - How an HWPT with a token stands
 * @IOMMU_LIVEUPDATE_MARKED: Marked, in no session.
 * @IOMMU_LIVEUPDATE_PRESERVED: In a session, goes along with the next kexec.
 * @IOMMU_LIVEUPDATE_INCOMING: Came with the last kexec, not adopted yet.
 * @IOMMU_LIVEUPDATE_ADOPTED: Came with the last kexec and adopted; session not
 *                            finished yet.
 * @IOMMU_LIVEUPDATE_ISOLATED: Came damaged; its devices are cut off.
 */
enum iommu_liveupdate_state {
	IOMMU_LIVEUPDATE_MARKED = 1,
	IOMMU_LIVEUPDATE_PRESERVED = 2,
	IOMMU_LIVEUPDATE_INCOMING = 3,
	IOMMU_LIVEUPDATE_ADOPTED = 4,
	IOMMU_LIVEUPDATE_ISOLATED = 5,
};

/**
 * struct iommu_liveupdate_query - ioctl(IOMMU_LIVEUPDATE_QUERY)
 * @size: sizeof(struct iommu_liveupdate_query)
 * @flags: Must be 0
 * @index: Which token to tell about, from 0; tokens are in no special order
 * @out_state: enum iommu_liveupdate_state
 * @out_token: The token
 * @out_hwpt_id: Id of the HWPT; 0 while incoming or isolated
 * @out_levels: Levels of the page table
 * @out_format: Name of the page-table format, NUL terminated
 * @out_table_pages: Pages that the table itself takes; 0 while only marked
 * @out_mapped_bytes: Bytes of IOVA mapped by the table; 0 while only marked
 * @out_devices: Preserved devices attached to it
 * @out_ioas_id: The HWPT's IOAS; 0 while incoming or isolated
 *
 * Return: 0 or, in errno: ENOENT there are not so many tokens.
 */
struct iommu_liveupdate_query {
	__u32 size;
	__u32 flags;
	__u32 index;
	__u32 out_state;
	__aligned_u64 out_token;
	__u32 out_hwpt_id;
	__u32 out_levels;
	__u8 out_format[16];
	__aligned_u64 out_table_pages;
	__aligned_u64 out_mapped_bytes;
	__u32 out_devices;
	__u32 out_ioas_id;
};

#define IOMMU_LIVEUPDATE_QUERY _IO(IOMMUFD_TYPE, IOMMUFD_CMD_LIVEUPDATE_QUERY)

#endif /* _UAPI_IOMMUFD_LIVEUPDATE_H */
