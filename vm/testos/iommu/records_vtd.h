/* SPDX-License-Identifier: GPL-2.0 */
/* VT-d's members of a device's record: its entries in the tables of the IOMMU. */
#ifndef TESTOS_RECORDS_VTD_H
#define TESTOS_RECORDS_VTD_H

#define HW_FIRST_ENTRY	vtd.context[0]
#define HW_LAST_ENTRY	vtd.pasid[0]
#define HW_DIRECTORY	vtd.pasid_dir
#define HW_DOMAIN_ID	vtd.did

#endif /* TESTOS_RECORDS_VTD_H */
