// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Preserving PCI functions across a live update: incoming side
 *
 * The records are read before the first device is enumerated. When the PCI core
 * enumerates a device that has a record, the record is compared with the
 * hardware; nothing is written. From then on the device is
 *
 * - accepted, if it agrees with its record and all bridges above are accepted. The
 *   PCI core then uses BARs, windows and bus numbers as they are: it sizes none by
 *   writing, moves none, and resets nothing. The device has a runtime PM
 *   reference, so it stays in D0. It counts as enabled, so code that enables or
 *   disables it does not write to its registers. Only the driver that takes over
 *   incoming functions can bind to it, and only by driver_override.
 * - isolated, if it differs from its record. Bus mastering is turned off before
 *   any other access, and no driver can bind. Only this device and those below it
 *   are affected.
 *
 * If a record itself is damaged, the device that it describes is unknown. The previous
 * kernel turned bus mastering off in all devices that it did not preserve, so each
 * device with bus mastering on and without a valid record is isolated.
 *
 * The physical function of a virtual function (VF) is above it in the same sense
 * (liveupdate-iov.c). pci_liveupdate_finish() makes a function an ordinary one; so it does
 * for a bridge with the last function below, and for a physical function with its last VF.
 * Devices that remain when the last file is finished that depends on the FLB are quiesced.
 */

#define dev_fmt(fmt) "live update: " fmt
#define pr_fmt(fmt) "PCI live update: " fmt

#include <linux/cleanup.h>
#include <linux/export.h>
#include <linux/kho/abi/pci.h>
#include <linux/kho_record.h>
#include <linux/mutex.h>
#include <linux/pm_runtime.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include "liveupdate.h"
#include "pci.h"

/**
 * struct pci_lu_incoming - An incoming device.
 * @ser: Its record; NULL if there is no valid one.
 * @dev: The device, referenced; NULL before its registration and if isolated.
 * @state: State of the device.
 * @function: True for a preserved function until it is finished, false for a device
 *	      above one.
 * @pf_driver: The device is a physical function that its driver kept for its VFs.
 * @users: Number of accepted functions below a bridge, or VFs of a function.
 * @fixed: Bitmap of the BARs that were made immovable here.
 * @rcu: Delays the free until lock-less readers are done.
 */
struct pci_lu_incoming {
	struct pci_dev_ser *ser;
	struct pci_dev *dev;
	enum pci_lu_state state;
	bool function;
	bool pf_driver;
	unsigned int users;
	unsigned long fixed;
	struct rcu_head rcu;
};

/* The lock protects changes; look-ups need RCU only */
static DEFINE_MUTEX(pci_lu_incoming_lock);
static DEFINE_XARRAY(pci_lu_incoming_devices);

/* Some record is invalid, so devices without a record may be preserved ones */
static bool pci_lu_incoming_incomplete;

static struct pci_lu_incoming *pci_lu_incoming_find(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	if (pci_domain_nr(dev->bus) > U16_MAX)
		return NULL;
	in = xa_load(&pci_lu_incoming_devices, pci_lu_key(dev));
	return in && (!in->dev || in->dev == dev) ? in : NULL;
}

static struct pci_lu_incoming *pci_lu_incoming_find_accepted(struct pci_dev *dev)
{
	struct pci_lu_incoming *in = pci_lu_incoming_find(dev);

	return in && READ_ONCE(in->state) == PCI_LU_ACCEPTED ? in : NULL;
}

static int pci_lu_incoming_check(struct pci_lu_incoming *in, struct pci_dev *dev)
{
	struct pci_dev *above = pci_lu_above(dev);

	if (!in)
		return pci_lu_incoming_incomplete && pci_lu_may_be_preserved(dev) ? -EBADMSG : 0;
	if (in->state == PCI_LU_ISOLATED)
		return -EBADMSG;
	if (above && !pci_lu_incoming_find_accepted(above))
		return -ENOLINK;
	return pci_lu_check(dev, in->ser);
}

static void pci_lu_incoming_accept(struct pci_lu_incoming *in, struct pci_dev *dev)
{
	dev->broken_intx_masking = !!(in->ser->flags & PCI_DEV_SER_INTX_MASK_BROKEN);
	dev->mmio_always_on = true;
	pci_lu_set_windows(dev, in->ser);
	pci_lu_report_regs(dev, &in->ser->regs);
	WRITE_ONCE(in->state, PCI_LU_ACCEPTED);
	pci_info(dev, "incoming: DMA continues\n");
}

static void pci_lu_incoming_isolate(struct pci_lu_incoming *in, struct pci_dev *dev, int error)
{
	pci_clear_master(dev);
	pci_err(dev, "isolated: no valid record (%pe)\n", ERR_PTR(error));
	if (in) {
		WRITE_ONCE(in->state, PCI_LU_ISOLATED);
		return;
	}

	in = kzalloc_obj(*in);
	if (!in)
		return;
	in->state = PCI_LU_ISOLATED;
	if (xa_insert(&pci_lu_incoming_devices, pci_lu_key(dev), in, GFP_KERNEL))
		kfree(in);
}

/**
 * pci_liveupdate_setup() - Accept or isolate a device in enumeration.
 * @dev: The device. Its class and header type are known, nothing was written to it.
 *
 * Devices without a record are left alone if all records are valid.
 *
 * Context: Enumeration, may sleep.
 */
void pci_liveupdate_setup(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;
	int rc;

	if (!(pci_liveupdate_any_incoming() || pci_lu_incoming_incomplete))
		return;

	guard(mutex)(&pci_lu_incoming_lock);
	in = pci_lu_incoming_find(dev);
	rc = pci_lu_incoming_check(in, dev);
	if (rc)
		pci_lu_incoming_isolate(in, dev, rc);
	else if (in)
		pci_lu_incoming_accept(in, dev);
}

/* An accepted device is registered; references cannot be taken earlier */
static void pci_lu_incoming_pin(struct pci_lu_incoming *in, struct pci_dev *dev)
{
	struct pci_dev *above;

	in->dev = pci_dev_get(dev);
	pm_runtime_get_noresume(&dev->dev);
	atomic_inc(&dev->enable_cnt);
	in->fixed = pci_lu_fix_bars(dev);
	if (!in->function)
		return;
	for (above = pci_lu_above(dev); above; above = pci_lu_above(above)) {
		in = pci_lu_incoming_find_accepted(above);
		if (in)
			in->users++;
	}
}

/*
 * A bridge stays enabled, as pci_enable_bridge() leaves it, too. A function stays
 * enabled if its driver has enabled it.
 */
static void pci_lu_incoming_unpin(struct pci_lu_incoming *in)
{
	struct pci_dev *dev = in->dev;
	int i;

	for_each_set_bit(i, &in->fixed, PCI_NUM_RESOURCES)
		dev->resource[i].flags &= ~IORESOURCE_PCI_FIXED;
	if (dev->hdr_type == PCI_HEADER_TYPE_NORMAL)
		atomic_dec(&dev->enable_cnt);
	pm_runtime_put(&dev->dev);
	pci_dev_put(dev);
}

static void pci_lu_incoming_drop(struct pci_lu_incoming *in, u32 key)
{
	xa_erase(&pci_lu_incoming_devices, key);
	if (in->dev)
		pci_lu_incoming_unpin(in);
	kho_record_put(in->ser);
	kfree_rcu(in, rcu);
}

/* The function itself is an ordinary one; it is still above its VFs */
static void pci_lu_incoming_release(struct pci_lu_incoming *in, struct pci_dev *dev)
{
	bool counted = in->function && in->dev;
	struct pci_dev *above;

	in->function = false;
	if (!in->users)
		pci_lu_incoming_drop(in, pci_lu_key(dev));
	if (!counted)
		return;
	for (above = pci_lu_above(dev); above; above = pci_lu_above(above)) {
		in = pci_lu_incoming_find_accepted(above);
		if (in && !--in->users && !in->function)
			pci_lu_incoming_drop(in, pci_lu_key(above));
	}
}

/**
 * pci_liveupdate_finish() - Make an incoming function an ordinary one.
 * @dev: The function, taken over by its driver or quiesced. Nothing changes if it
 *	 is not incoming.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void pci_liveupdate_finish(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	guard(mutex)(&pci_lu_incoming_lock);
	in = pci_lu_incoming_find(dev);
	if (in && in->function)
		pci_lu_incoming_release(in, dev);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_finish, "vfio-pci");

static int pci_lu_incoming_notify(struct notifier_block *nb, unsigned long action,
				  void *data)
{
	struct pci_dev *dev = to_pci_dev(data);
	struct pci_lu_incoming *in;

	if (action == BUS_NOTIFY_BOUND_DRIVER)
		pci_lu_bound(dev);
	if (action == BUS_NOTIFY_DEL_DEVICE && dev->is_physfn && !dev->driver)
		pci_lu_remove_vfs(dev);
	if (action != BUS_NOTIFY_ADD_DEVICE && action != BUS_NOTIFY_REMOVED_DEVICE)
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_REMOVED_DEVICE)
		pci_liveupdate_set_isolated(dev, false);

	guard(mutex)(&pci_lu_incoming_lock);

	in = pci_lu_incoming_find(dev);
	if (!in || in->state == PCI_LU_EXPECTED)
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_REMOVED_DEVICE) {
		in->users = 0;
		pci_lu_incoming_release(in, dev);
	} else if (in->state == PCI_LU_ACCEPTED && !in->dev) {
		pci_lu_incoming_pin(in, dev);
	}
	return NOTIFY_DONE;
}

struct notifier_block pci_lu_incoming_nb = {
	.notifier_call = pci_lu_incoming_notify,
};

/**
 * pci_liveupdate_accepted() - Test whether a device is incoming and accepted.
 * @dev: A function or a bridge.
 *
 * Context: Any.
 * Return: True from enumeration until pci_liveupdate_finish() of the function and of its
 * virtual functions, or of the last function below the bridge.
 */
bool pci_liveupdate_accepted(struct pci_dev *dev)
{
	guard(rcu)();
	return pci_lu_incoming_find_accepted(dev);
}

/* PCI_LU_NONE if @dev has neither a record nor is isolated */
enum pci_lu_state pci_lu_incoming_state(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	guard(rcu)();
	in = pci_lu_incoming_find(dev);
	return in ? READ_ONCE(in->state) : PCI_LU_NONE;
}

/* True also for devices that are only expected, or isolated */
bool pci_liveupdate_any_incoming(void)
{
	return !xa_empty(&pci_lu_incoming_devices);
}

/**
 * pci_liveupdate_incoming() - Test whether a function is incoming and accepted.
 * @dev: The function. Always false for a bridge.
 *
 * Context: Any.
 * Return: True from enumeration until pci_liveupdate_finish().
 */
bool pci_liveupdate_incoming(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	guard(rcu)();
	in = pci_lu_incoming_find_accepted(dev);
	return in && in->function;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_incoming);

/* The validated record, NULL if @dev is not accepted; it stays while @dev is enumerated */
const struct pci_dev_ser *pci_lu_incoming_ser(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	guard(rcu)();
	in = pci_lu_incoming_find_accepted(dev);
	return in ? in->ser : NULL;
}

/* True for a physical function that a driver of its own kept for its VFs */
bool pci_lu_pf_had_driver(struct pci_dev *dev)
{
	struct pci_lu_incoming *in;

	guard(rcu)();
	in = pci_lu_incoming_find_accepted(dev);
	return in && in->pf_driver;
}

/**
 * pci_lu_expect() - Register the record of a device for enumeration.
 * @ser: The record, with a valid checksum.
 *
 * Context: Process context, before enumeration.
 * Return: 0; -EPROTO if the record has unknown flags; -EBUSY if another record
 * describes the same device; -ENOMEM. On error the record is not used.
 */
int pci_lu_expect(struct pci_dev_ser *ser)
{
	struct pci_lu_incoming *in;
	int rc;

	if (ser->flags & ~PCI_DEV_SER_FLAGS ||
	    (ser->flags & PCI_DEV_SER_PF_DRIVER && !(ser->flags & PCI_DEV_SER_PHYSFN)))
		return -EPROTO;

	in = kzalloc_obj(*in);
	if (!in)
		return -ENOMEM;
	in->ser = ser;
	in->state = PCI_LU_EXPECTED;
	in->function = ser->flags & PCI_DEV_SER_FUNCTION;
	in->pf_driver = ser->flags & PCI_DEV_SER_PF_DRIVER;

	guard(mutex)(&pci_lu_incoming_lock);
	rc = xa_insert(&pci_lu_incoming_devices, (u32)ser->segment << 16 | ser->bdf, in,
		       GFP_KERNEL);
	if (rc)
		kfree(in);
	return rc;
}

/**
 * pci_lu_expect_invalid() - Register that a record is invalid.
 * @error: Why, as a negative errno.
 *
 * Context: Process context, before enumeration.
 */
void pci_lu_expect_invalid(int error)
{
	pr_err("invalid record (%pe): isolating all bus masters without a valid record\n",
	       ERR_PTR(error));
	pci_lu_incoming_incomplete = true;
}

/**
 * pci_lu_drop_incoming() - Quiesce the functions that are left and drop all records.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void pci_lu_drop_incoming(void)
{
	struct pci_lu_incoming *in;
	unsigned long key;

	guard(mutex)(&pci_lu_incoming_lock);
	xa_for_each(&pci_lu_incoming_devices, key, in) {
		if (in->function && in->dev)
			pci_clear_master(in->dev);
		pci_lu_incoming_drop(in, key);
	}
	pci_lu_incoming_incomplete = false;
}
