// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: PCI functions that go on over a live update, new kernel
 *
 * The records are read before the first device is looked for. When the PCI core
 * finds a device that has one, it is compared with the hardware, by reading
 * only. From then on a device is
 *
 * - kept, if everything is as the record says and all bridges above are kept.
 *   The PCI core then takes BARs, windows and bus numbers as they are, sizes
 *   nothing by writing, moves nothing, resets nothing. The device holds a
 *   runtime PM reference, so it stays in D0, and counts as enabled, so nobody
 *   who enables or disables it touches its registers. To a function only the
 *   driver may bind that takes it over, and only if it was asked for by
 *   driver_override.
 * - bad, if anything differs. Bus mastering goes off before anything else
 *   happens to it, and no driver may bind. Other devices are not concerned,
 *   unless they are below.
 *
 * If a record itself is damaged, nobody can tell whose it was, but the hardware
 * can: the old kernel turned bus mastering off in everything that it did not
 * preserve. So whatever has it on and no good record is bad, too.
 *
 * pci_liveupdate_finish() ends all that for a function, and for a bridge with
 * the last function below. What is left goes when the last file that depends on
 * the FLB is finished.
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
 * struct pci_incoming - A device that came over, or claims so.
 * @ser: Its record; NULL if there is none that is good.
 * @dev: The device from its registration on, referenced, if it is kept.
 * @state: enum pci_lu_state.
 * @function: A preserved function, not a bridge above one.
 * @users: Kept functions below a bridge.
 * @fixed: BARs that this file made immovable.
 * @rcu: For readers without a lock.
 */
struct pci_incoming {
	struct pci_dev_ser *ser;
	struct pci_dev *dev;
	enum pci_lu_state state;
	bool function;
	unsigned int users;
	unsigned long fixed;
	struct rcu_head rcu;
};

/* Changed under the lock, looked up under RCU */
static DEFINE_MUTEX(pci_incoming_lock);
static DEFINE_XARRAY(pci_incoming_devices);
static bool pci_incoming_damaged;

static struct pci_incoming *pci_incoming_find(struct pci_dev *dev)
{
	struct pci_incoming *in;

	if (dev->is_virtfn || pci_domain_nr(dev->bus) > U16_MAX)
		return NULL;
	in = xa_load(&pci_incoming_devices, pci_liveupdate_key(dev));
	return in && (!in->dev || in->dev == dev) ? in : NULL;
}

static struct pci_incoming *pci_incoming_find_kept(struct pci_dev *dev)
{
	struct pci_incoming *in = pci_incoming_find(dev);

	return in && READ_ONCE(in->state) == PCI_LU_KEPT ? in : NULL;
}

static int pci_incoming_check(struct pci_incoming *in, struct pci_dev *dev)
{
	struct pci_dev *bridge = pci_upstream_bridge(dev);

	if (!in)
		return pci_incoming_damaged && pci_liveupdate_is_suspect(dev) ? -EBADMSG : 0;
	if (in->state == PCI_LU_BAD)
		return -EBADMSG;
	if (bridge && !pci_incoming_find_kept(bridge))
		return -ENOLINK;
	return pci_liveupdate_check(dev, in->ser);
}

static void pci_incoming_accept(struct pci_incoming *in, struct pci_dev *dev)
{
	dev->broken_intx_masking = !!(in->ser->flags & PCI_DEV_SER_INTX_MASK_BROKEN);
	dev->mmio_always_on = true;
	pci_liveupdate_take_windows(dev, in->ser);
	WRITE_ONCE(in->state, PCI_LU_KEPT);
	pci_info(dev, "preserved, goes on as it is\n");
}

static void pci_incoming_isolate(struct pci_incoming *in, struct pci_dev *dev, int why)
{
	pci_clear_master(dev);
	pci_err(dev, "isolated, handover is invalid (%pe)\n", ERR_PTR(why));
	if (in) {
		WRITE_ONCE(in->state, PCI_LU_BAD);
		return;
	}

	in = kzalloc_obj(*in);
	if (!in)
		return;
	in->state = PCI_LU_BAD;
	if (xa_insert(&pci_incoming_devices, pci_liveupdate_key(dev), in, GFP_KERNEL))
		kfree(in);
}

/**
 * pci_liveupdate_setup() - Decide what becomes of a device just found.
 * @dev: The device; its class and header type are known, nothing was written.
 *
 * Context: Enumeration, may sleep.
 */
void pci_liveupdate_setup(struct pci_dev *dev)
{
	struct pci_incoming *in;
	int rc;

	if (dev->is_virtfn || !(pci_liveupdate_kept_any() || pci_incoming_damaged))
		return;

	guard(mutex)(&pci_incoming_lock);
	in = pci_incoming_find(dev);
	rc = pci_incoming_check(in, dev);
	if (rc)
		pci_incoming_isolate(in, dev, rc);
	else if (in)
		pci_incoming_accept(in, dev);
}

/**
 * pci_liveupdate_size_bars() - Tell the sizes of BARs without probing.
 * @dev: The device.
 * @count: Number of BARs.
 * @pos: Where in configuration space they start.
 * @sizes: What they would read as after all ones were written to them.
 *
 * Context: Enumeration, may sleep.
 * Return: False if nothing is known about these: probe.
 */
bool pci_liveupdate_size_bars(struct pci_dev *dev, int count, unsigned int pos, u32 *sizes)
{
	struct pci_incoming *in;

	guard(mutex)(&pci_incoming_lock);
	in = pos < PCI_STD_HEADER_SIZEOF ? pci_incoming_find_kept(dev) : NULL;
	if (!in)
		return false;
	if (pos == PCI_BASE_ADDRESS_0)
		pci_liveupdate_bar_masks(in->ser, count, sizes);
	else
		*sizes = lower_32_bits(-in->ser->rom_size);
	return true;
}

/* A kept device is registered, the first moment it can be held on to */
static void pci_incoming_hold(struct pci_incoming *in, struct pci_dev *dev)
{
	struct pci_dev *bridge;
	int i;

	in->dev = pci_dev_get(dev);
	pm_runtime_get_noresume(&dev->dev);
	atomic_inc(&dev->enable_cnt);
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct resource *res = &dev->resource[i];

		if (!res->flags || res->flags & IORESOURCE_PCI_FIXED)
			continue;
		res->flags |= IORESOURCE_PCI_FIXED;
		__set_bit(i, &in->fixed);
	}
	if (!in->function)
		return;
	for (bridge = pci_upstream_bridge(dev); bridge; bridge = pci_upstream_bridge(bridge)) {
		in = pci_incoming_find_kept(bridge);
		if (in)
			in->users++;
	}
}

/*
 * A bridge goes on counting as enabled, as pci_enable_bridge() leaves it, too. A
 * function counts so by whoever has it open now.
 */
static void pci_incoming_release(struct pci_incoming *in)
{
	struct pci_dev *dev = in->dev;
	int i;

	for_each_set_bit(i, &in->fixed, PCI_STD_NUM_BARS)
		dev->resource[i].flags &= ~IORESOURCE_PCI_FIXED;
	if (in->function)
		atomic_dec(&dev->enable_cnt);
	pm_runtime_put(&dev->dev);
	pci_dev_put(dev);
}

static void pci_incoming_drop(struct pci_incoming *in, u32 key)
{
	xa_erase(&pci_incoming_devices, key);
	if (in->dev)
		pci_incoming_release(in);
	kho_record_put(in->ser);
	kfree_rcu(in, rcu);
}

static void pci_incoming_drop_path(struct pci_incoming *in, struct pci_dev *dev)
{
	bool counted = in->function && in->dev;
	struct pci_dev *bridge;

	pci_incoming_drop(in, pci_liveupdate_key(dev));
	if (!counted)
		return;
	for (bridge = pci_upstream_bridge(dev); bridge; bridge = pci_upstream_bridge(bridge)) {
		in = pci_incoming_find_kept(bridge);
		if (in && !--in->users)
			pci_incoming_drop(in, pci_liveupdate_key(bridge));
	}
}

/**
 * pci_liveupdate_finish() - A function is an ordinary one again.
 * @dev: The function, taken over by its driver, or stopped.
 *
 * Context: Process context, may sleep. Never fails.
 */
void pci_liveupdate_finish(struct pci_dev *dev)
{
	struct pci_incoming *in;

	guard(mutex)(&pci_incoming_lock);
	in = pci_incoming_find(dev);
	if (in && in->function)
		pci_incoming_drop_path(in, dev);
}

static int pci_incoming_notify(struct notifier_block *nb, unsigned long action,
			       void *data)
{
	struct pci_dev *dev = to_pci_dev(data);
	struct pci_incoming *in;

	if (action != BUS_NOTIFY_ADD_DEVICE && action != BUS_NOTIFY_REMOVED_DEVICE)
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_REMOVED_DEVICE)
		pci_liveupdate_set_isolated(dev, false);

	guard(mutex)(&pci_incoming_lock);

	in = pci_incoming_find(dev);
	if (!in || in->state == PCI_LU_EXPECTED)
		return NOTIFY_DONE;
	if (action == BUS_NOTIFY_REMOVED_DEVICE)
		pci_incoming_drop_path(in, dev);
	else if (in->state == PCI_LU_KEPT && !in->dev)
		pci_incoming_hold(in, dev);
	return NOTIFY_DONE;
}

struct notifier_block pci_liveupdate_notifier = {
	.notifier_call = pci_incoming_notify,
};

bool pci_liveupdate_kept(struct pci_dev *dev)
{
	guard(rcu)();
	return pci_incoming_find_kept(dev);
}

/* PCI_LU_NONE if @dev has no record and none is made for it */
enum pci_lu_state pci_liveupdate_state(struct pci_dev *dev)
{
	struct pci_incoming *in;

	guard(rcu)();
	in = pci_incoming_find(dev);
	return in ? READ_ONCE(in->state) : PCI_LU_NONE;
}

/* Conservative: also true when something is expected or bad */
bool pci_liveupdate_kept_any(void)
{
	return !xa_empty(&pci_incoming_devices);
}

/**
 * pci_liveupdate_incoming() - Does a function go on from the previous kernel?
 * @dev: The function.
 *
 * Context: Any.
 * Return: True from the discovery of @dev until pci_liveupdate_finish().
 */
bool pci_liveupdate_incoming(struct pci_dev *dev)
{
	struct pci_incoming *in;

	guard(rcu)();
	in = pci_incoming_find_kept(dev);
	return in && in->function;
}
EXPORT_SYMBOL_GPL(pci_liveupdate_incoming);

/**
 * pci_liveupdate_expect() - Expect the device of a record.
 * @ser: The record, with a valid checksum.
 *
 * Context: Process context, before enumeration.
 * Return: 0, -EPROTO if the record has unknown flags, -EBUSY if there is a
 * record for the same device, or -ENOMEM. The record is not used then.
 */
int pci_liveupdate_expect(struct pci_dev_ser *ser)
{
	struct pci_incoming *in;
	int rc;

	if (ser->flags & ~PCI_DEV_SER_FLAGS)
		return -EPROTO;

	in = kzalloc_obj(*in);
	if (!in)
		return -ENOMEM;
	in->ser = ser;
	in->state = PCI_LU_EXPECTED;
	in->function = ser->flags & PCI_DEV_SER_FUNCTION;

	guard(mutex)(&pci_incoming_lock);
	rc = xa_insert(&pci_incoming_devices, (u32)ser->segment << 16 | ser->bdf, in,
		       GFP_KERNEL);
	if (rc)
		kfree(in);
	return rc;
}

/**
 * pci_liveupdate_expect_damage() - Some record is not what it should be.
 * @why: The errno that says so.
 *
 * Context: Process context, before enumeration.
 */
void pci_liveupdate_expect_damage(int why)
{
	pr_err("invalid record (%pe): isolating what is busmaster without a good one\n",
	       ERR_PTR(why));
	pci_incoming_damaged = true;
}

/**
 * pci_liveupdate_expect_none() - Stop and drop what is left, nobody waits for it.
 *
 * Context: Process context, may sleep. Never fails.
 */
void pci_liveupdate_expect_none(void)
{
	struct pci_incoming *in;
	unsigned long key;

	guard(mutex)(&pci_incoming_lock);
	xa_for_each(&pci_incoming_devices, key, in) {
		if (in->function && in->dev)
			pci_clear_master(in->dev);
		pci_incoming_drop(in, key);
	}
	pci_incoming_damaged = false;
}
