// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Preserving PCI functions across a live update: outgoing side
 *
 * A driver that can hand over a function with DMA in progress calls
 * pci_liveupdate_preserve(), and pci_liveupdate_freeze() right before kexec. Each
 * has a counterpart that cannot fail. Then
 *
 * - function and bridges stay in D0 from preserve on: each holds a runtime PM reference;
 * - bus mastering stays on in all of them at kexec, when it is turned off in all
 *   other devices;
 * - the interrupts of the function are masked from freeze on;
 * - resets are refused from preserve on.
 *
 * A bridge is preserved as long as a function below it is; the functions are counted.
 * Each function and each bridge has a record, filled with each freeze and unfreeze of a
 * function at or below it.
 *
 * The physical function of a virtual function (VF) is above it in the same sense. To
 * preserve a VF its physical function must be preserved, or be bound to a driver that
 * keeps it as it is, such as pci-pf-stub. If that is unpreserved first, or cannot be
 * frozen, it is kept like a bridge, for its VFs: its configuration is, its DMA ends.
 */

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
 * struct pci_lu_outgoing - An outgoing function, or a device above one.
 * @dev: The device, referenced.
 * @ser: Its record.
 * @users: Number of preserved functions at or below @dev.
 * @frozen: Number of @users that are frozen.
 * @function: @dev itself is one of @users.
 * @function_frozen: @dev itself is one of @frozen.
 * @pf_driver: @dev is a physical function above a VF, and its driver keeps it for that.
 * @irqs: Interrupt registers of a frozen function as they were before freeze.
 * @rcu: Delays the free until lock-less readers are done.
 */
struct pci_lu_outgoing {
	struct pci_dev *dev;
	struct pci_dev_ser *ser;
	unsigned int users;
	unsigned int frozen;
	bool function;
	bool function_frozen;
	bool pf_driver;
	struct pci_lu_irqs irqs;
	struct rcu_head rcu;
};

/* The lock protects changes; look-ups need RCU only */
static DEFINE_MUTEX(pci_lu_outgoing_lock);
static DEFINE_XARRAY(pci_lu_outgoing_devices);
static struct kho_record_index_ser *pci_lu_outgoing_index;

void pci_lu_set_index(struct kho_record_index_ser *index)
{
	guard(mutex)(&pci_lu_outgoing_lock);
	pci_lu_outgoing_index = index;
}

static struct pci_lu_outgoing *pci_lu_outgoing_find(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out = xa_load(&pci_lu_outgoing_devices,
					      pci_lu_key(dev));

	return out && out->dev == dev ? out : NULL;
}

static u64 pci_lu_outgoing_size(struct pci_dev *dev, int resno)
{
	return pci_resource_flags(dev, resno) & (IORESOURCE_IO | IORESOURCE_MEM) ?
	       pci_resource_len(dev, resno) : 0;
}

static u32 pci_lu_outgoing_flags(const struct pci_lu_outgoing *out)
{
	struct pci_dev *dev = out->dev;
	u32 flags = 0;

	if (out->function_frozen)
		flags = PCI_DEV_SER_FUNCTION;
	else if (dev->hdr_type == PCI_HEADER_TYPE_NORMAL && out->frozen)
		flags = PCI_DEV_SER_PHYSFN | (out->pf_driver ? PCI_DEV_SER_PF_DRIVER : 0);
	if (dev->broken_intx_masking)
		flags |= PCI_DEV_SER_INTX_MASK_BROKEN;
	if (dev->pref_64_window)
		flags |= PCI_DEV_SER_PREF_64_WINDOW;
	return flags;
}

static void pci_lu_outgoing_fill(struct pci_lu_outgoing *out)
{
	struct pci_dev *dev = out->dev;
	struct pci_dev_ser *ser = out->ser;
	int bars = dev->hdr_type == PCI_HEADER_TYPE_NORMAL ? PCI_STD_NUM_BARS : 2;
	int i;

	ser->flags = pci_lu_outgoing_flags(out);
	for (i = 0; i < PCI_DEV_SER_HEADER_DWORDS; i++)
		pci_read_config_dword(dev, i * sizeof(u32), &ser->header[i]);
	if (ser->flags & PCI_DEV_SER_PHYSFN)
		ser->header[PCI_COMMAND / sizeof(u32)] &= ~(u32)PCI_COMMAND_MASTER;
	for (i = 0; i < bars; i++)
		ser->bar_size[i] = pci_lu_outgoing_size(dev, i);
	ser->rom_size = pci_lu_outgoing_size(dev, PCI_ROM_RESOURCE);
	pci_lu_read_regs(dev, &ser->regs);
	pci_lu_read_iov(dev, &ser->iov);
	kho_record_seal(ser);
}

static void pci_lu_outgoing_free(struct pci_lu_outgoing *out)
{
	kho_record_index_del(pci_lu_outgoing_index, out->ser);
	kho_record_free(out->ser);
	pci_dev_put(out->dev);
	kfree_rcu(out, rcu);
}

static struct pci_lu_outgoing *pci_lu_outgoing_alloc(struct pci_dev *dev, bool above)
{
	struct pci_lu_outgoing *out;
	int rc;

	out = kzalloc_obj(*out);
	if (!out)
		return ERR_PTR(-ENOMEM);

	out->ser = kho_record_alloc(PCI_RECORD_DEVICE, PCI_RECORD_DEVICE_VERSION,
				    sizeof(*out->ser));
	if (IS_ERR(out->ser)) {
		rc = PTR_ERR(out->ser);
		goto err_free;
	}
	out->ser->segment = pci_domain_nr(dev->bus);
	out->ser->bdf = pci_dev_id(dev);
	out->dev = pci_dev_get(dev);
	out->pf_driver = above && dev->is_physfn;
	pci_lu_outgoing_fill(out);

	rc = kho_record_index_add(pci_lu_outgoing_index, out->ser);
	if (rc < 0)
		goto err_record;
	return out;

err_record:
	pci_dev_put(dev);
	kho_record_free(out->ser);
err_free:
	kfree(out);
	return ERR_PTR(rc);
}

static int pci_lu_outgoing_get(struct pci_dev *dev, bool above)
{
	struct pci_lu_outgoing *out = pci_lu_outgoing_find(dev);
	int rc;

	if (!out) {
		out = pci_lu_outgoing_alloc(dev, above);
		if (IS_ERR(out))
			return PTR_ERR(out);
		rc = xa_insert(&pci_lu_outgoing_devices, pci_lu_key(dev), out,
			       GFP_KERNEL);
		if (rc) {
			pci_lu_outgoing_free(out);
			return rc;
		}
		pm_runtime_get_noresume(&dev->dev);
	}
	out->users++;
	return 0;
}

static void pci_lu_outgoing_put(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out = pci_lu_outgoing_find(dev);

	if (--out->users)
		return;
	xa_erase(&pci_lu_outgoing_devices, pci_lu_key(dev));
	pm_runtime_put(&dev->dev);
	pci_lu_outgoing_free(out);
}

/* Undo pci_lu_outgoing_get() for @dev and the devices above it, up to but not including @end */
static void pci_lu_outgoing_put_path(struct pci_dev *dev, struct pci_dev *end)
{
	for (; dev != end; dev = pci_lu_above(dev))
		pci_lu_outgoing_put(dev);
}

static bool pci_lu_outgoing_is_function(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out = pci_lu_outgoing_find(dev);

	return out && out->function;
}

static int pci_lu_outgoing_check_pf(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out = pci_lu_outgoing_find(pci_physfn(dev));

	return out && (out->function || out->pf_driver) ? 0 : pci_lu_check_pf_driver(dev);
}

static int pci_lu_outgoing_check(struct pci_dev *dev)
{
	int rc;

	if (pci_lu_outgoing_is_function(dev))
		return pci_lu_refuse(dev, -EBUSY, "already preserved");
	if (pci_liveupdate_accepted(dev))
		return pci_lu_refuse(dev, -EBUSY, "previous live update is not finished");
	rc = dev->is_virtfn ? pci_lu_outgoing_check_pf(dev) : 0;
	return rc ?: pci_lu_check_preserve(dev);
}

/* Under the device lock */
static int pci_lu_outgoing_add(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out;
	struct pci_dev *pos;
	int rc;

	guard(mutex)(&pci_lu_outgoing_lock);

	if (!pci_lu_outgoing_index)
		return -EINVAL;
	rc = pci_lu_outgoing_check(dev);
	if (rc)
		return rc;

	for (pos = dev; pos; pos = pci_lu_above(pos)) {
		rc = pci_lu_outgoing_get(pos, pos != dev);
		if (rc) {
			pci_lu_outgoing_put_path(dev, pos);
			return rc;
		}
	}
	out = pci_lu_outgoing_find(dev);
	out->function = true;
	/* Invalid until it is frozen */
	out->ser->flags |= PCI_DEV_SER_FUNCTION;
	return 0;
}

/**
 * pci_liveupdate_preserve() - Preserve a function for the next live update.
 * @dev: The function. Its driver must be able to hand it over with DMA in progress.
 *
 * The reason of a refusal is logged.
 *
 * Context: Process context, may sleep. Called from a file handler registered
 * with pci_liveupdate_register_handler().
 * Return: 0; -EINVAL if @dev is not an endpoint; -ENXIO for a virtual function whose
 * physical function is not preserved; -EPERM for a device class that kernels use at
 * boot (VGA, bridge, USB host controller); -EXDEV if its DMA may use another
 * requester ID; -EBUSY if @dev is already preserved, incoming and not finished, or a
 * device lock is held; -EAGAIN if @dev is not in D0; -ENOMEM. On error nothing has changed.
 */
int pci_liveupdate_preserve(struct pci_dev *dev)
{
	int rc;

	/*
	 * Resets and sriov_numvfs test under the device lock whether the function
	 * is preserved. Trylock, because a removal keeps the lock until its files
	 * are closed.
	 */
	if (!device_trylock(&dev->dev))
		return pci_lu_refuse(dev, -EBUSY, "reset, removal or probe is in progress");
	rc = pci_lu_outgoing_add(dev);
	device_unlock(&dev->dev);
	return rc;
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_preserve, "vfio-pci");

/**
 * pci_liveupdate_unpreserve() - Undo pci_liveupdate_preserve().
 * @dev: The function, not frozen.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void pci_liveupdate_unpreserve(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out;

	guard(mutex)(&pci_lu_outgoing_lock);
	out = pci_lu_outgoing_find(dev);
	out->function = false;
	/* A frozen virtual function of it keeps its record */
	if (out->frozen)
		pci_lu_outgoing_fill(out);
	pci_lu_outgoing_put_path(dev, NULL);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_unpreserve, "vfio-pci");

/**
 * pci_liveupdate_freeze() - Prepare a preserved function for kexec.
 * @dev: The function. From now on its driver must neither write to its
 *	 configuration space nor let its user do so.
 *
 * Masks the interrupts of @dev and records its final state. The reason of a
 * refusal is logged.
 *
 * Context: Process context, may sleep. Waits for the device lock for a short time.
 * Return: 0; -EINVAL if @dev is not preserved; -EBUSY if the device lock of @dev
 * or of a bridge above stays locked, as during a removal; -EAGAIN if a self test
 * is in progress or @dev is not in D0; -ENOLINK if a bridge above does not
 * forward its DMA; -ENOTEMPTY if a virtual function of @dev is in use and not
 * preserved. On error nothing has changed.
 */
int pci_liveupdate_freeze(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out;
	struct pci_dev *pos;
	int rc;

	guard(mutex)(&pci_lu_outgoing_lock);

	out = pci_lu_outgoing_find(dev);
	if (!out || out->function_frozen)
		return -EINVAL;
	rc = pci_lu_check_freeze(dev);
	if (rc)
		return rc;

	pci_lu_mask_irqs(dev, &out->irqs);
	out->function_frozen = true;
	for (pos = dev; pos; pos = pci_lu_above(pos)) {
		out = pci_lu_outgoing_find(pos);
		out->frozen++;
		pci_lu_outgoing_fill(out);
	}
	return 0;
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_freeze, "vfio-pci");

/**
 * pci_liveupdate_unfreeze() - Undo pci_liveupdate_freeze().
 * @dev: The function.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void pci_liveupdate_unfreeze(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out;
	struct pci_dev *pos;

	guard(mutex)(&pci_lu_outgoing_lock);
	out = pci_lu_outgoing_find(dev);
	WRITE_ONCE(out->function_frozen, false);
	pci_lu_unmask_irqs(dev, &out->irqs);
	for (pos = dev; pos; pos = pci_lu_above(pos)) {
		out = pci_lu_outgoing_find(pos);
		/* A function that is frozen below it keeps its record */
		if (--out->frozen)
			pci_lu_outgoing_fill(out);
	}
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_unfreeze, "vfio-pci");

/**
 * pci_liveupdate_outgoing() - Test whether a device is preserved.
 * @dev: A function or a bridge.
 *
 * Context: Any.
 * Return: True from pci_liveupdate_preserve() of @dev, of a function below it or of a
 * virtual function of it, until pci_liveupdate_unpreserve().
 */
bool pci_liveupdate_outgoing(struct pci_dev *dev)
{
	guard(rcu)();
	return pci_lu_outgoing_find(dev);
}

/* True for a frozen function, and for a bridge above one */
bool pci_lu_frozen(struct pci_dev *dev)
{
	struct pci_lu_outgoing *out;

	guard(rcu)();
	out = pci_lu_outgoing_find(dev);
	if (!out)
		return false;
	return dev->hdr_type == PCI_HEADER_TYPE_NORMAL ? READ_ONCE(out->function_frozen) :
							 READ_ONCE(out->frozen);
}
