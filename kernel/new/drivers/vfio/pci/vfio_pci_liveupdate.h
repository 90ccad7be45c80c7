/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VFIO_PCI_LIVEUPDATE_H
#define VFIO_PCI_LIVEUPDATE_H

#include <linux/pci-liveupdate.h>
#include <linux/vfio_pci_core.h>

struct liveupdate_file_op_args;

#ifdef CONFIG_VFIO_PCI_LIVEUPDATE
/* vfio_pci_liveupdate.c */
void vfio_pci_liveupdate_register(struct pci_driver *driver);
void vfio_pci_liveupdate_unregister(void);

/* vfio_pci_liveupdate_core.c, part of vfio-pci-core */
void vfio_pci_liveupdate_begin_remove(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_disable_vfs(struct vfio_pci_core_device *pf, bool begin);
bool vfio_pci_liveupdate_released(struct vfio_pci_core_device *vdev);
bool vfio_pci_lu_export_vf_token(struct vfio_pci_core_device *vdev, u8 *uuid);
void vfio_pci_lu_import_vf_token(struct vfio_pci_core_device *vdev, const u8 *uuid);
int vfio_pci_lu_wake(struct vfio_pci_core_device *vdev);
bool vfio_pci_liveupdate_disable(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_save_initial(struct vfio_pci_core_device *vdev);
int vfio_pci_liveupdate_enable(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_import_config(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_route_intx(struct vfio_pci_core_device *vdev);
void vfio_pci_liveupdate_show_intx(struct vfio_pci_core_device *vdev, const bool *masked);

/* vfio_pci_liveupdate_gate.c: vfio_device_ops that fail while the gate is closed */
long vfio_pci_liveupdate_ioctl(struct vfio_device *core_vdev, unsigned int cmd,
			       unsigned long arg);
int vfio_pci_liveupdate_ioctl_feature(struct vfio_device *core_vdev, u32 flags,
				      void __user *arg, size_t argsz);
ssize_t vfio_pci_liveupdate_read(struct vfio_device *core_vdev, char __user *buf,
				 size_t count, loff_t *ppos);
ssize_t vfio_pci_liveupdate_write(struct vfio_device *core_vdev,
				  const char __user *buf, size_t count, loff_t *ppos);

/**
 * struct vfio_pci_lu_gate - State to restore when the gate is opened.
 * @virq_disabled: The device's virq_disabled as it was before.
 * @intx_masked: INTx was unmasked before.
 */
struct vfio_pci_lu_gate {
	bool virq_disabled;
	bool intx_masked;
};

int vfio_pci_lu_gate_close(struct vfio_pci_core_device *vdev, struct vfio_pci_lu_gate *gate);
void vfio_pci_lu_gate_open(struct vfio_pci_core_device *vdev,
			   const struct vfio_pci_lu_gate *gate);

/* vfio_pci_liveupdate_outgoing.c: operations of the file handler */
int vfio_pci_liveupdate_preserve(struct liveupdate_file_op_args *args);
void vfio_pci_liveupdate_unpreserve(struct liveupdate_file_op_args *args);
int vfio_pci_liveupdate_freeze(struct liveupdate_file_op_args *args);
void vfio_pci_liveupdate_unfreeze(struct liveupdate_file_op_args *args);

/* vfio_pci_liveupdate_incoming.c */
struct vfio_pci_core_device *vfio_pci_lu_from_file(struct file *file);
struct file *vfio_pci_lu_incoming_open(u64 phys, struct pci_driver *driver);
void vfio_pci_lu_incoming_finish(struct vfio_pci_core_device *vdev);
void vfio_pci_lu_incoming_discard(struct vfio_pci_core_device *vdev);
void vfio_pci_lu_incoming_discard_record(u64 phys, struct pci_driver *driver);
#else
static inline void vfio_pci_liveupdate_register(struct pci_driver *driver) { }
static inline void vfio_pci_liveupdate_unregister(void) { }

static inline void vfio_pci_liveupdate_begin_remove(struct vfio_pci_core_device *vdev) { }

static inline void
vfio_pci_liveupdate_disable_vfs(struct vfio_pci_core_device *pf, bool begin)
{
}

static inline bool vfio_pci_liveupdate_released(struct vfio_pci_core_device *vdev)
{
	return true;
}

static inline void vfio_pci_liveupdate_save_initial(struct vfio_pci_core_device *vdev) { }

static inline bool vfio_pci_liveupdate_disable(struct vfio_pci_core_device *vdev)
{
	return false;
}

static inline int vfio_pci_liveupdate_enable(struct vfio_pci_core_device *vdev)
{
	return -EBUSY;
}

static inline void
vfio_pci_liveupdate_import_config(struct vfio_pci_core_device *vdev)
{
}

static inline void vfio_pci_liveupdate_route_intx(struct vfio_pci_core_device *vdev) { }

static inline void
vfio_pci_liveupdate_show_intx(struct vfio_pci_core_device *vdev, const bool *masked)
{
}

#define vfio_pci_liveupdate_ioctl		vfio_pci_core_ioctl
#define vfio_pci_liveupdate_ioctl_feature	vfio_pci_core_ioctl_feature
#define vfio_pci_liveupdate_read		vfio_pci_core_read
#define vfio_pci_liveupdate_write		vfio_pci_core_write
#endif /* CONFIG_VFIO_PCI_LIVEUPDATE */

#endif /* VFIO_PCI_LIVEUPDATE_H */
