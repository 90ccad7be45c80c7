/* SPDX-License-Identifier: GPL-2.0 */
/* A vfio device: bind, attach, registers, configuration space, interrupts. See vfio.c. */
#ifndef TESTOS_VFIO_H
#define TESTOS_VFIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int vfio_open(const char *bdf);
int vfio_bind(int dev, int iommufd, uint32_t *id);
int vfio_set_vf_token(int dev);		/* of a physical function, for its virtual functions */
int vfio_bind_token(int dev, int iommufd, uint32_t *id);
int vfio_open_by_group(const char *bdf, int iommufd);
int vfio_open_bound(const char *bdf, int iommufd, uint32_t *id);
int vfio_attach(int dev, uint32_t pt);
int vfio_detach(int dev);
int vfio_attach_pasid(int dev, uint32_t pasid, uint32_t pt);
int vfio_detach_pasid(int dev, uint32_t pasid);
int vfio_reset(int dev);
int vfio_hot_reset(int dev);
int vfio_write_function_reset(int dev);
volatile uint32_t *vfio_map_bar(int dev, unsigned int bar, size_t size);
volatile uint32_t *vfio_map_bar0(int dev);
void vfio_unmap_bar0(volatile uint32_t *regs);
int vfio_export_bar(int dev, unsigned int bar, uint64_t length);
void vfio_enable_bus_master(int dev);
int vfio_set_memory(int dev, bool on);
int vfio_set_power_state(int dev, unsigned int d);

int vfio_arm(int dev, unsigned int index, int eventfd);
int vfio_arm_msix(int dev, int eventfd);

#endif /* TESTOS_VFIO_H */
