/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kind of device whose DMA is judged: how the emulator gets one, which of its trace events
 * matter and where its capabilities are. Another kind is one more file device_NAME.c and its
 * entry in device.c.
 */
#ifndef VM_RUNNER_DEVICE_H
#define VM_RUNNER_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

struct args;
struct needs;
struct sender;
struct trace_event;

/* An emulated model and the offsets of its capabilities, which are fixed; 0: it has none. */
struct device_model {
	const char *name;
	unsigned int pm;
	unsigned int exp;
	unsigned int msix;
	unsigned int sriov;
	unsigned int ats;
	unsigned int vf_offset;	/* First VF Offset and VF Stride of its SR-IOV capability */
	unsigned int vf_stride;
	bool in_physical;	/* a virtual function that its physical one brings, on its backend */
	const char *device;	/* the emulator's name and properties; NULL: @name */
};

struct device_kind {
	const char *noun;
	const struct device_model *models;
	size_t nmodels;
	const struct trace_event *events;
	size_t nevents;

	/* Add the emulator's backend of device @i; @link is its sender. */
	void (*add_backend)(struct args *a, int i, const struct sender *link);

	const char *backend;	/* "PROPERTY=PREFIX": the index follows */
	bool outside;		/* the device is outside the emulator: see qemu/vhost.c */
	bool drive;		/* its frames are blocks of a drive: see qemu/drive.c */
};

extern const struct device_kind device_nic, device_virtio, device_vhost, device_nvme;

/* The backend of a NIC that is inside the emulator: each datagram of the sender is a frame. */
void device_add_datagrams(struct args *a, int i, const struct sender *link);

/* The kind that has the model; a model that no kind has is taken for a NIC. */
const struct device_kind *device_kind(const char *model);

/* NULL for a model whose capabilities are not known */
const struct device_model *device_model(const char *model);

/* Is a device outside the emulator? */
bool device_any_outside(const struct needs *needs);

#endif /* VM_RUNNER_DEVICE_H */
