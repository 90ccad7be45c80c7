/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_IOMMU_LIVEUPDATE_H
#define _LINUX_IOMMU_LIVEUPDATE_H

#include <linux/err.h>
#include <linux/types.h>

struct device;
struct iommu_device;
struct iommu_device_ser;
struct iommu_domain;
struct iommu_domain_ser;
struct iommu_group;
struct iommu_unit_ser;
struct liveupdate_file_handler;

/**
 * struct iommu_liveupdate_ops - Live update support of an IOMMU driver.
 * @hw_kind: IOMMU_HW_SER_* of the tails of unit and device records.
 * @hw_version: Version of the layout of both tails.
 * @unit_hw_size: Size of the tail of a unit record in bytes.
 * @device_hw_size: Size of the tail of a device record in bytes.
 * @identify_unit: Both kernels. Fill segment and register base of the IOMMU into
 *	the record.
 * @preserve_device: Previous kernel. Check that @dev, attached to @domain, can be
 *	preserved, and preserve the tables that lead from the unit to the domain. The
 *	record @ser has all PASIDs that @dev may use.
 *	May sleep.
 * @unpreserve_device: Previous kernel. Undo @preserve_device; cannot fail.
 * @freeze_device: Previous kernel, last call for @dev before kexec. Write the
 *	final hardware entries into @ser and into the tables that the unit uses
 *	across the kexec, and the address of these tables into @unit.
 * @unfreeze_device: Previous kernel. Undo @freeze_device; cannot fail.
 * @same_mode: Next kernel. True if this kernel can take @iommu over without turning
 *	translation off. @iommu translates with unknown tables; there may be no
 *	record.
 * @unit_valid: Next kernel. True if @iommu translates with the tables of the record
 *	@unit. The tail has the right layout; its values are not trusted.
 * @entry_valid: Next kernel, after @unit_valid. True if the hardware entries of the
 *	device are those of the record @ser, and every table that they point to is
 *	preserved memory. The tail has the right layout; its values are not trusted.
 * @domain_id: Next kernel, after @entry_valid. The id that tags the device's
 *	translations in the caches of the unit.
 * @pasid_domain_id: Next kernel, after @entry_valid. The same for PASID number @i of
 *	the record. Only with @attach_pasid.
 * @accept_entry: Next kernel, after @entry_valid. Copy the entries of the device into
 *	this kernel's tables of @iommu, which the unit does not use yet. If the unit
 *	continues to use its tables, remember that the entries may stay.
 * @reserve_id: Next kernel. Keep this kernel from allocating domain id @id on @iommu.
 *	Not an error if the id is reserved already.
 * @block_entry: Next kernel, after @accept_entry. Clear the entries of the device in
 *	the tables of @iommu and flush the caches. There may be no struct device.
 *	Cannot fail.
 * @finish_unit: Next kernel. All incoming devices are finished. Free the tables that
 *	the unit used across the kexec. May be NULL.
 * @alloc_domain: Next kernel. Allocate a paging domain of the page-table format that
 *	the record names, on the unit of @dev, with dirty tracking if the record says so.
 *	Its width and other features do not matter.
 * @attach_device: Next kernel, under the group's mutex. Compare the hardware entries
 *	with @ser; if they are equal, enter @domain as attached to @dev without a
 *	change of the hardware. On error nothing is attached.
 * @attach_pasid: Next kernel, before @attach_device, under the group's mutex. Compare
 *	the hardware entries for PASID number @i of the record @ser with it; if they
 *	are equal, enter @domain as attached to that PASID of @dev without a change of
 *	the hardware. NULL if the driver does not preserve PASIDs.
 * @drop_pasid: Next kernel, when @dev is isolated or removed. Enter @domain as not
 *	attached to @pasid of @dev any more. Only with @attach_pasid. Cannot fail.
 * @isolate_device: Next kernel. Make every translation of @dev fail, whatever
 *	entries the previous kernel left; cannot fail.
 * @finish_device: Next kernel, under the group's mutex. @dev is an ordinary device from
 *	now on: turn on what was off since freeze. With @readmit it was isolated or discarded,
 *	and is quiet: make it equal to a device that was just probed. May be NULL.
 * @tracks_dirty: Both kernels. True while dirty tracking of the domain is on. May be NULL
 *	if the driver has none.
 * @may_replace: Both kernels. True if attaching @new to @dev, which is attached to
 *	@old, leaves no moment in which a request of @dev is not translated.
 *
 * The driver of an IOMMU calls iommu_liveupdate_keep_translation() for each unit
 * that it finds translating, and iommu_liveupdate_take_over_unit() when it has
 * allocated its own tables of the unit. A driver that continues to use the tables of
 * the previous kernel then blocks all devices that were not accepted.
 */
struct iommu_liveupdate_ops {
	u16 hw_kind;
	u16 hw_version;
	u32 unit_hw_size;
	u32 device_hw_size;
	void (*identify_unit)(struct iommu_device *iommu, struct iommu_unit_ser *unit);

	int (*preserve_device)(struct device *dev, struct iommu_domain *domain,
			       struct iommu_device_ser *ser);
	void (*unpreserve_device)(struct device *dev, struct iommu_device_ser *ser);
	int (*freeze_device)(struct device *dev, struct iommu_device_ser *ser,
			     struct iommu_unit_ser *unit);
	void (*unfreeze_device)(struct device *dev);

	bool (*same_mode)(struct iommu_device *iommu);
	bool (*unit_valid)(struct iommu_device *iommu, const struct iommu_unit_ser *unit);
	bool (*entry_valid)(struct iommu_device *iommu, const struct iommu_unit_ser *unit,
			    const struct iommu_device_ser *ser);
	u32 (*domain_id)(const struct iommu_device_ser *ser);
	u32 (*pasid_domain_id)(const struct iommu_device_ser *ser, unsigned int i);
	int (*accept_entry)(struct iommu_device *iommu, const struct iommu_device_ser *ser);
	int (*reserve_id)(struct iommu_device *iommu, u32 id);
	void (*block_entry)(struct iommu_device *iommu, const struct iommu_device_ser *ser);
	void (*finish_unit)(struct iommu_device *iommu, const struct iommu_unit_ser *unit);

	struct iommu_domain *(*alloc_domain)(struct device *dev,
					     const struct iommu_domain_ser *ser);
	int (*attach_device)(struct device *dev, struct iommu_domain *domain,
			     const struct iommu_device_ser *ser);
	int (*attach_pasid)(struct device *dev, struct iommu_domain *domain,
			    const struct iommu_device_ser *ser, unsigned int i);
	void (*drop_pasid)(struct device *dev, struct iommu_domain *domain, u32 pasid);
	void (*isolate_device)(struct device *dev);
	void (*finish_device)(struct device *dev, bool readmit);

	bool (*tracks_dirty)(struct iommu_domain *domain);
	bool (*may_replace)(struct iommu_domain *new, struct device *dev,
			    struct iommu_domain *old);
};

/**
 * struct iommu_liveupdate_stats - Size of a preserved or incoming domain.
 * @format: Name of the page-table format.
 * @levels: Number of levels of the table.
 * @nr_tables: Table pages.
 * @table_bytes: Bytes of table pages.
 * @mapped_bytes: Bytes of IOVA that the leaves map.
 * @nr_devices: Attached devices that are preserved too.
 */
struct iommu_liveupdate_stats {
	const char *format;
	unsigned int levels;
	u64 nr_tables;
	u64 table_bytes;
	u64 mapped_bytes;
	unsigned int nr_devices;
};

/**
 * struct iommu_liveupdate_runs - Memory that contiguous IOVA should map.
 * @iova: First IOVA.
 * @last: Last IOVA. The runs reach up to it or beyond it.
 * @prot: As for iommu_map().
 * @offset: Bytes of the first page that are not mapped.
 * @pfns: First page frame of each run.
 * @npfns: Number of pages of each run.
 */
struct iommu_liveupdate_runs {
	u64 iova;
	u64 last;
	int prot;
	unsigned int offset;
	const unsigned long *pfns;
	const u32 *npfns;
};

/* iommu.c: access to the inside of a group, and to its allocators */
int iommu_group_liveupdate_set_owner(struct iommu_group *group, void *owner);
void iommu_group_liveupdate_block(struct iommu_group *group);
void iommu_group_liveupdate_release(struct device *dev, bool readmit);
int iommu_group_liveupdate_attach_pasid(struct device *dev, struct iommu_domain *domain,
					const struct iommu_device_ser *ser, unsigned int i);
void iommu_group_liveupdate_drop_pasids(struct iommu_group *group);
bool iommu_group_liveupdate_pasids_taken(struct iommu_group *group);
struct iommu_domain *iommu_group_liveupdate_domain(struct iommu_group *group, u32 pasid);
struct iommu_domain *iommu_group_liveupdate_next_pasid(struct iommu_group *group,
						       unsigned long *pasid);
struct iommu_domain *iommu_liveupdate_alloc_domain(struct device *dev,
						   const struct iommu_domain_ser *ser);

#ifdef CONFIG_IOMMU_LIVEUPDATE
int iommu_liveupdate_register_handler(struct liveupdate_file_handler *fh);

/* Outgoing */
int iommu_liveupdate_supported(struct iommu_domain *domain);
bool iommu_liveupdate_tracks_dirty(struct iommu_domain *domain);
int iommu_liveupdate_each_leaf(struct iommu_domain *domain, u64 iova, u64 len,
			       int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			       void *arg);
int iommu_liveupdate_clear(struct iommu_domain *domain, u64 iova, u64 len);
int iommu_liveupdate_preserve_domain(struct iommu_domain *domain, u64 mapped_bytes,
				     u64 owner, u32 *id);
void iommu_liveupdate_unpreserve_domain(struct iommu_domain *domain);
int iommu_liveupdate_freeze_domain(struct iommu_domain *domain);
int iommu_liveupdate_preserve_device(struct device *dev, struct iommu_domain *domain);
void iommu_liveupdate_unpreserve_device(struct device *dev);
int iommu_liveupdate_freeze_device(struct device *dev);
void iommu_liveupdate_unfreeze_device(struct device *dev);

/* Incoming */
struct iommu_domain *iommu_liveupdate_incoming_domain(u32 id, u64 owner);
int iommu_liveupdate_hand_over(struct iommu_domain *domain, void *owner);
int iommu_liveupdate_adopt_begin(struct iommu_domain *domain);
bool iommu_liveupdate_is_restored(struct iommu_domain *domain);
int iommu_liveupdate_compare(struct iommu_domain *domain,
			     const struct iommu_liveupdate_runs *runs);
int iommu_liveupdate_adopt_verify(struct iommu_domain *domain, u64 *bad_iova,
				  u64 *bytes);
void iommu_liveupdate_adopt_commit(struct iommu_domain *domain);
void iommu_liveupdate_adopt_abort(struct iommu_domain *domain);
void iommu_liveupdate_take_domain(struct iommu_domain *domain);
bool iommu_liveupdate_domain_in_use(struct iommu_domain *domain);
void iommu_liveupdate_finish_domain(struct iommu_domain *domain);
void iommu_liveupdate_finish_device(struct device *dev);
void iommu_liveupdate_block_device(struct device *dev);
void iommu_liveupdate_isolate_domains(u64 owner);
void iommu_liveupdate_isolate_domain(struct iommu_domain *domain);
void iommu_liveupdate_discard_domains(u64 owner);
void iommu_liveupdate_discard_domain(struct iommu_domain *domain);
void iommu_liveupdate_discard_device(struct device *dev);

/* Both */
int iommu_liveupdate_get_stats(struct iommu_domain *domain,
			       struct iommu_liveupdate_stats *stats);
bool iommu_liveupdate_is_attached(struct device *dev, const struct iommu_domain *domain);
bool iommu_liveupdate_can_replace(struct iommu_domain *new, struct device *dev);

/* IOMMU core and drivers */
int iommu_liveupdate_refuse(struct device *dev, int error, const char *why);
bool iommu_liveupdate_attach_device(struct device *dev, struct iommu_domain **domain);
void iommu_liveupdate_isolate_member(struct device *dev);
void iommu_liveupdate_remove_device(struct device *dev);
struct iommu_device_ser *iommu_liveupdate_incoming_device(struct device *dev);
void iommu_liveupdate_reject_device(const struct iommu_device_ser *ser,
				    const char *why);
void iommu_liveupdate_quiesce(void);
void iommu_liveupdate_reject_early(void);
bool iommu_liveupdate_isolate_unit(struct iommu_device *iommu, const char *name,
				   const struct iommu_liveupdate_ops *ops);
bool iommu_liveupdate_keep_translation(struct iommu_device *iommu, const char *name,
				       const struct iommu_liveupdate_ops *ops);
void iommu_liveupdate_take_over_unit(struct iommu_device *iommu, const char *name,
				     const struct iommu_liveupdate_ops *ops);
#else
static inline bool iommu_liveupdate_is_restored(struct iommu_domain *domain)
{
	return false;
}

static inline int iommu_liveupdate_compare(struct iommu_domain *domain,
					   const struct iommu_liveupdate_runs *runs)
{
	return -EBUSY;
}

static inline bool iommu_liveupdate_attach_device(struct device *dev,
						  struct iommu_domain **domain)
{
	return false;
}

static inline void iommu_liveupdate_isolate_member(struct device *dev)
{
}

static inline void iommu_liveupdate_remove_device(struct device *dev)
{
}

static inline void iommu_liveupdate_quiesce(void)
{
}

static inline struct iommu_device_ser *
iommu_liveupdate_incoming_device(struct device *dev)
{
	return NULL;
}
#endif /* CONFIG_IOMMU_LIVEUPDATE */

#if defined(CONFIG_IOMMU_LIVEUPDATE) && defined(CONFIG_INTEL_IOMMU)
void intel_liveupdate_no_irq_remapping(void);
#else
static inline void intel_liveupdate_no_irq_remapping(void)
{
}
#endif

#if defined(CONFIG_IOMMU_LIVEUPDATE) && defined(CONFIG_AMD_IOMMU) && defined(CONFIG_IRQ_REMAP)
void amd_liveupdate_no_irq_remapping(void);
#else
static inline void amd_liveupdate_no_irq_remapping(void)
{
}
#endif

#endif /* _LINUX_IOMMU_LIVEUPDATE_H */
