/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of a page table in its record: width, levels, coherency and leaf sizes.
 * Included by pt_liveupdate.h.
 */
#ifndef __GENERIC_PT_PT_LIVEUPDATE_SHAPE_H
#define __GENERIC_PT_PT_LIVEUPDATE_SHAPE_H

static int pt_init_common(struct pt_common *common);
static int pt_iommu_init_domain(struct pt_iommu *iommu_table,
				struct iommu_domain *domain);

/* Features that decide how the table is read and written */
static u32 pt_lu_features_to_ser(struct pt_iommu *iommu_table)
{
	const struct pt_common *common = common_from_iommu(iommu_table);
	u32 flags = 0;

	if (pt_feature(common, PT_FEAT_DMA_INCOHERENT))
		flags |= IOMMU_DOMAIN_SER_INCOHERENT;
	if (pt_feature(common, PT_FEAT_SIGN_EXTEND))
		flags |= IOMMU_DOMAIN_SER_SIGN_EXTEND;
	if (pt_feature(common, PT_FEAT_DYNAMIC_TOP))
		flags |= IOMMU_DOMAIN_SER_DYNAMIC_TOP;
	if (iommu_table->domain.dirty_ops)
		flags |= IOMMU_DOMAIN_SER_DIRTY_TRACKING;
	return flags;
}

/*
 * Give a new table the shape that its record describes: width, levels, coherency and
 * leaf sizes are those of the unit for which it was allocated, which may be another
 * one than that of the device that is probed first.
 */
static int pt_lu_set_shape(struct pt_iommu *iommu_table, const struct iommu_domain_ser *ser)
{
	const unsigned int fixed = BIT(PT_FEAT_DMA_INCOHERENT) | BIT(PT_FEAT_FULL_VA);
	struct pt_common *common = common_from_iommu(iommu_table);
	int ret;

	common->features &= ~fixed;
	if (ser->flags & IOMMU_DOMAIN_SER_INCOHERENT)
		common->features |= BIT(PT_FEAT_DMA_INCOHERENT);
	if (pt_lu_features_to_ser(iommu_table) != ser->flags ||
	    !ser->vasz_lg2 || ser->vasz_lg2 > PT_MAX_VA_ADDRESS_LG2 ||
	    !ser->oasz_lg2 || ser->oasz_lg2 > pt_max_oa_lg2(common))
		return -EPROTO;
	common->max_vasz_lg2 = ser->vasz_lg2;
	common->max_oasz_lg2 = ser->oasz_lg2;
	ret = pt_init_common(common);
	if (ret)
		return -EPROTO;
	if (pt_feature(common, PT_FEAT_SIGN_EXTEND) && pt_feature(common, PT_FEAT_FULL_VA))
		return -EPROTO;
	ret = pt_iommu_init_domain(iommu_table, &iommu_table->domain);
	if (ret || !ser->pgsize_bitmap ||
	    ser->pgsize_bitmap & ~iommu_table->domain.pgsize_bitmap)
		return -EPROTO;
	iommu_table->domain.pgsize_bitmap = ser->pgsize_bitmap;
	return 0;
}

#endif /* __GENERIC_PT_PT_LIVEUPDATE_SHAPE_H */
