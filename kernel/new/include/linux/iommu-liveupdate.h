/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_IOMMU_LIVEUPDATE_H
#define _LINUX_IOMMU_LIVEUPDATE_H

#include <linux/err.h>
#include <linux/types.h>

struct device;
struct iommu_device_ser;
struct iommu_domain;
struct iommu_group;
struct iommu_unit_ser;
struct liveupdate_file_handler;

/**
 * struct iommu_liveupdate_ops - What an IOMMU driver does for a live update.
 * @identify_unit: Fill kind, segment and register base of the IOMMU that
 *	translates for @dev.
 * @preserve_device: Old kernel. Check that @dev, attached to @domain, can be
 *	carried and preserve the tables that lead from the hardware to the
 *	domain. May sleep.
 * @unpreserve_device: Old kernel. Undo @preserve_device; cannot fail.
 * @freeze_device: Old kernel, last call for this device before kexec. Write the
 *	final state of the hardware's entries into @ser and into the tables that
 *	the hardware is left with, and where these are into @unit.
 * @unfreeze_device: Old kernel. Undo @freeze_device; cannot fail.
 * @attach_device: New kernel, under the group's mutex. Compare the hardware's
 *	entries with @ser and, if they are equal, enter @domain as attached to
 *	@dev without touching the hardware. An error leaves nothing attached.
 * @isolate_device: New kernel. Make the translation of @dev fail, whatever the
 *	previous kernel left; cannot fail.
 * @readmit_device: New kernel. @dev was given up, maybe after @isolate_device,
 *	and is quiet: it is to be like a device that was just probed.
 * @finish_unit: New kernel. All devices of the previous kernel are finished;
 *	free what the hardware was left with.
 */
struct iommu_liveupdate_ops {
	void (*identify_unit)(struct device *dev, struct iommu_unit_ser *unit);
	int (*preserve_device)(struct device *dev, struct iommu_domain *domain,
			       struct iommu_device_ser *ser);
	void (*unpreserve_device)(struct device *dev, struct iommu_device_ser *ser);
	int (*freeze_device)(struct device *dev, struct iommu_device_ser *ser,
			     struct iommu_unit_ser *unit);
	void (*unfreeze_device)(struct device *dev);
	int (*attach_device)(struct device *dev, struct iommu_domain *domain,
			     const struct iommu_device_ser *ser);
	void (*isolate_device)(struct device *dev);
	void (*readmit_device)(struct device *dev);
	void (*finish_unit)(const struct iommu_unit_ser *unit);
};

/**
 * struct iommu_liveupdate_stats - Size of a preserved or incoming domain.
 * @format: Name of the page-table format.
 * @levels: Number of levels of the table.
 * @nr_tables: Table pages.
 * @table_bytes: Bytes of table pages.
 * @mapped_bytes: Bytes of IOVA that the leaves map.
 * @nr_devices: Devices attached that are preserved too.
 */
struct iommu_liveupdate_stats {
	const char *format;
	unsigned int levels;
	u64 nr_tables;
	u64 table_bytes;
	u64 mapped_bytes;
	unsigned int nr_devices;
};

/* iommu.c: what takes knowing the inside of a group */
int iommu_group_liveupdate_set_owner(struct iommu_group *group, void *owner);
void iommu_group_liveupdate_block(struct iommu_group *group);

#ifdef CONFIG_IOMMU_LIVEUPDATE
int iommu_liveupdate_register_handler(struct liveupdate_file_handler *fh);

/* Old kernel */
int iommu_liveupdate_supported(struct iommu_domain *domain);
int iommu_liveupdate_each_leaf(struct iommu_domain *domain, u64 iova, u64 len,
			       int (*leaf)(void *arg, u64 iova, phys_addr_t phys, u64 len),
			       void *arg);
int iommu_liveupdate_preserve_domain(struct iommu_domain *domain, u64 mapped_bytes,
				     u64 owner, u32 *id);
void iommu_liveupdate_unpreserve_domain(struct iommu_domain *domain);
int iommu_liveupdate_freeze_domain(struct iommu_domain *domain);
int iommu_liveupdate_preserve_device(struct device *dev, struct iommu_domain *domain);
void iommu_liveupdate_unpreserve_device(struct device *dev);
int iommu_liveupdate_freeze_device(struct device *dev);
void iommu_liveupdate_unfreeze_device(struct device *dev);

/* New kernel */
struct iommu_domain *iommu_liveupdate_incoming_domain(u32 id);
int iommu_liveupdate_hand_over(struct iommu_domain *domain, void *owner);
int iommu_liveupdate_adopt_begin(struct iommu_domain *domain);
int iommu_liveupdate_adopt_verify(struct iommu_domain *domain, u64 *bad_iova,
				  u64 *bytes);
void iommu_liveupdate_adopt_commit(struct iommu_domain *domain);
void iommu_liveupdate_adopt_abort(struct iommu_domain *domain);
void iommu_liveupdate_finish_domain(struct iommu_domain *domain);
void iommu_liveupdate_finish_device(struct device *dev);
void iommu_liveupdate_block_device(struct device *dev);
void iommu_liveupdate_cut_off_domains(u64 owner);
void iommu_liveupdate_cut_off_domain(struct iommu_domain *domain);
void iommu_liveupdate_discard_domains(u64 owner);
void iommu_liveupdate_discard_device(struct device *dev);

/* Both */
int iommu_liveupdate_get_stats(struct iommu_domain *domain,
			       struct iommu_liveupdate_stats *stats);

/* The IOMMU core and its drivers */
struct iommu_domain *iommu_liveupdate_attach_group(struct device *dev, bool singleton);
void iommu_liveupdate_quiesce(void);
struct iommu_unit_ser *iommu_liveupdate_incoming_unit(u32 kind, u64 reg_base);
struct iommu_device_ser *iommu_liveupdate_next_device(const struct iommu_unit_ser *unit,
						      struct iommu_device_ser *prev);
struct iommu_device_ser *iommu_liveupdate_incoming_device(struct device *dev);
void iommu_liveupdate_reject_device(const struct iommu_device_ser *ser,
				    const char *why);
#else
static inline struct iommu_domain *
iommu_liveupdate_attach_group(struct device *dev, bool singleton)
{
	return NULL;
}

static inline void iommu_liveupdate_quiesce(void)
{
}

static inline struct iommu_unit_ser *
iommu_liveupdate_incoming_unit(u32 kind, u64 reg_base)
{
	return NULL;
}

static inline struct iommu_device_ser *
iommu_liveupdate_incoming_device(struct device *dev)
{
	return NULL;
}
#endif /* CONFIG_IOMMU_LIVEUPDATE */

#endif /* _LINUX_IOMMU_LIVEUPDATE_H */
