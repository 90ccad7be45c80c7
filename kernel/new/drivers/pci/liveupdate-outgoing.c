// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: PCI functions that go on over a live update, old kernel
 *
 * Whoever drives a function, and can hand it to the next kernel while it goes
 * on doing DMA, calls pci_liveupdate_preserve() and later, when the jump is
 * certain but for errors, pci_liveupdate_freeze(). Both have an un-half that
 * cannot fail. Then
 *
 * - the function and each bridge above it stay in D0 from preserve on: each
 *   holds a runtime PM reference;
 * - bus mastering stays on in all of them when everything else loses it at
 *   kexec;
 * - the function is quiet from freeze on. An interrupt that is due then is lost
 *   to the next kernel's driver, but not to this one if the freeze is undone;
 * - nobody resets it from freeze on.
 *
 * A bridge is preserved as long as a function below it is, and is counted. Each
 * function and each bridge has a record, which is final once everything at or
 * below is frozen.
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
 * struct pci_outgoing - A function, or a bridge above one, on its way.
 * @dev: The device, referenced.
 * @ser: Its record.
 * @users: Preserved functions at or below @dev.
 * @frozen: How many of @users are frozen.
 * @irqs: How interrupts were set up before freeze.
 * @rcu: For readers without a lock.
 */
struct pci_outgoing {
	struct pci_dev *dev;
	struct pci_dev_ser *ser;
	unsigned int users;
	unsigned int frozen;
	struct pci_liveupdate_irqs irqs;
	struct rcu_head rcu;
};

/* Changed under the lock, looked up under RCU */
static DEFINE_MUTEX(pci_outgoing_lock);
static DEFINE_XARRAY(pci_outgoing_devices);
static struct kho_record_index_ser *pci_outgoing_index;

void pci_liveupdate_set_index(struct kho_record_index_ser *index)
{
	guard(mutex)(&pci_outgoing_lock);
	pci_outgoing_index = index;
}

static struct pci_outgoing *pci_outgoing_find(struct pci_dev *dev)
{
	struct pci_outgoing *out = xa_load(&pci_outgoing_devices,
					   pci_liveupdate_key(dev));

	return out && out->dev == dev ? out : NULL;
}

static u64 pci_outgoing_size(struct pci_dev *dev, int resno)
{
	struct resource *res = &dev->resource[resno];

	return res->flags & (IORESOURCE_IO | IORESOURCE_MEM) ? resource_size(res) : 0;
}

static void pci_outgoing_fill(struct pci_outgoing *out)
{
	struct pci_dev *dev = out->dev;
	struct pci_dev_ser *ser = out->ser;
	int bars = dev->hdr_type == PCI_HEADER_TYPE_NORMAL ? PCI_STD_NUM_BARS : 2;
	int i;

	for (i = 0; i < PCI_DEV_SER_HEADER_DWORDS; i++)
		pci_read_config_dword(dev, i * sizeof(u32), &ser->header[i]);
	for (i = 0; i < bars; i++)
		ser->bar_size[i] = pci_outgoing_size(dev, i);
	ser->rom_size = pci_outgoing_size(dev, PCI_ROM_RESOURCE);
	if (dev->broken_intx_masking)
		ser->flags |= PCI_DEV_SER_INTX_MASK_BROKEN;
	if (dev->pref_64_window)
		ser->flags |= PCI_DEV_SER_PREF_64_WINDOW;
	kho_record_seal(ser);
}

static void pci_outgoing_free(struct pci_outgoing *out)
{
	kho_record_index_del(pci_outgoing_index, out->ser);
	kho_record_free(out->ser);
	pci_dev_put(out->dev);
	kfree_rcu(out, rcu);
}

static struct pci_outgoing *pci_outgoing_alloc(struct pci_dev *dev)
{
	struct pci_outgoing *out;
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
	pci_outgoing_fill(out);

	rc = kho_record_index_add(pci_outgoing_index, out->ser);
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

static int pci_outgoing_get(struct pci_dev *dev)
{
	struct pci_outgoing *out = pci_outgoing_find(dev);
	int rc;

	if (!out) {
		out = pci_outgoing_alloc(dev);
		if (IS_ERR(out))
			return PTR_ERR(out);
		rc = xa_insert(&pci_outgoing_devices, pci_liveupdate_key(dev), out,
			       GFP_KERNEL);
		if (rc) {
			pci_outgoing_free(out);
			return rc;
		}
		pm_runtime_get_noresume(&dev->dev);
	}
	out->users++;
	return 0;
}

static void pci_outgoing_put(struct pci_dev *dev)
{
	struct pci_outgoing *out = pci_outgoing_find(dev);

	if (--out->users)
		return;
	xa_erase(&pci_outgoing_devices, pci_liveupdate_key(dev));
	pm_runtime_put(&dev->dev);
	pci_outgoing_free(out);
}

/* Undo pci_outgoing_get() of @dev and the bridges above, but not from @end on */
static void pci_outgoing_put_path(struct pci_dev *dev, struct pci_dev *end)
{
	for (; dev != end; dev = pci_upstream_bridge(dev))
		pci_outgoing_put(dev);
}

static bool pci_outgoing_in_d0(struct pci_dev *dev)
{
	u16 pmcsr = 0;

	if (dev->pm_cap)
		pci_read_config_word(dev, dev->pm_cap + PCI_PM_CTRL, &pmcsr);
	return dev->current_state == PCI_D0 && !(pmcsr & PCI_PM_CTRL_STATE_MASK);
}

/*
 * A kernel takes hold of these while it enumerates, before any driver binds.
 * Functions that call themselves bridges often cannot turn bus mastering off.
 */
static bool pci_outgoing_class_seized(struct pci_dev *dev)
{
	return dev->class >> 16 == PCI_BASE_CLASS_DISPLAY ||
	       dev->class >> 16 == PCI_BASE_CLASS_BRIDGE ||
	       dev->class >> 8 == PCI_CLASS_SERIAL_USB;
}

static int pci_outgoing_foreign_alias(struct pci_dev *dev, u16 alias, void *data)
{
	return alias != *(u16 *)data;
}

static int pci_outgoing_refuse(struct pci_dev *dev, int rc, const char *why)
{
	pci_info_ratelimited(dev, "not preserved: %s\n", why);
	return rc;
}

static int pci_outgoing_check(struct pci_dev *dev)
{
	u16 rid = pci_dev_id(dev);

	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL || !pci_outgoing_index)
		return -EINVAL;
	if (dev->is_virtfn || pci_domain_nr(dev->bus) > U16_MAX)
		return pci_outgoing_refuse(dev, -EOPNOTSUPP, "it is a virtual function");
	if (pci_outgoing_class_seized(dev))
		return pci_outgoing_refuse(dev, -EPERM, "kernels seize displays and USB at boot");
	if (pci_num_vf(dev))
		return pci_outgoing_refuse(dev, -ENOTEMPTY, "it has virtual functions");
	if (pci_for_each_dma_alias(dev, pci_outgoing_foreign_alias, &rid))
		return pci_outgoing_refuse(dev, -EXDEV, "its DMA is seen as another's");
	if (pci_liveupdate_kept(dev) || pci_outgoing_find(dev))
		return pci_outgoing_refuse(dev, -EBUSY, "it is preserved or not finished");
	if (!pci_outgoing_in_d0(dev))
		return pci_outgoing_refuse(dev, -EAGAIN, "it sleeps");
	return 0;
}

/**
 * pci_liveupdate_preserve() - Carry a function over the next live update.
 * @dev: The function. Its driver must be able to hand it over as it runs.
 *
 * Context: Process context, may sleep. Called from a file handler registered
 * with pci_liveupdate_register_handler().
 * Return: 0, or -EINVAL for what is not a function of an endpoint, -EOPNOTSUPP
 * for a virtual function, -EPERM for a class of device that the next kernel
 * would seize at boot (display, bridges, USB host controllers), -ENOTEMPTY if virtual
 * functions are enabled, -EXDEV if its requests may carry another function's
 * id, -EBUSY if it is preserved already or came with the last live update and
 * is not finished, -EAGAIN if it is not in D0, -ENOMEM, or -ENOSPC if there are
 * too many devices. Nothing has changed then.
 */
int pci_liveupdate_preserve(struct pci_dev *dev)
{
	struct pci_dev *pos;
	int rc;

	guard(mutex)(&pci_outgoing_lock);

	rc = pci_outgoing_check(dev);
	if (rc)
		return rc;

	for (pos = dev; pos; pos = pci_upstream_bridge(pos)) {
		rc = pci_outgoing_get(pos);
		if (rc) {
			pci_outgoing_put_path(dev, pos);
			return rc;
		}
	}
	pci_outgoing_find(dev)->ser->flags |= PCI_DEV_SER_FUNCTION;
	return 0;
}

/**
 * pci_liveupdate_unpreserve() - Undo pci_liveupdate_preserve().
 * @dev: The function, not frozen.
 *
 * Context: Process context, may sleep. Never fails.
 */
void pci_liveupdate_unpreserve(struct pci_dev *dev)
{
	guard(mutex)(&pci_outgoing_lock);
	pci_outgoing_put_path(dev, NULL);
}

/* Can requests of @dev get upstream? Only asked for if @dev makes any. */
static bool pci_outgoing_path_open(struct pci_dev *dev)
{
	struct pci_dev *pos;
	u16 command;

	pci_read_config_word(dev, PCI_COMMAND, &command);
	if (!(command & PCI_COMMAND_MASTER))
		return true;
	for (pos = pci_upstream_bridge(dev); pos; pos = pci_upstream_bridge(pos)) {
		pci_read_config_word(pos, PCI_COMMAND, &command);
		if (!(command & PCI_COMMAND_MASTER) || !pci_outgoing_in_d0(pos))
			return false;
	}
	return true;
}

/* Somebody resets @dev, or has it under a self test */
static bool pci_outgoing_config_locked(struct pci_dev *dev)
{
	if (!pci_cfg_access_trylock(dev))
		return true;
	pci_cfg_access_unlock(dev);
	return false;
}

/**
 * pci_liveupdate_freeze() - Make a preserved function ready for the jump.
 * @dev: The function. Its driver must not touch its configuration any more, nor
 *	 let anybody else.
 *
 * Silences the interrupts of @dev and takes down its final state.
 *
 * Context: Process context, may sleep; does not take the device lock.
 * Return: 0, or -EINVAL if it was not preserved, -EAGAIN if it is being reset or
 * is not in D0, -ENOLINK if a bridge above does not let its DMA through.
 * Nothing has changed then.
 */
int pci_liveupdate_freeze(struct pci_dev *dev)
{
	struct pci_outgoing *out;
	struct pci_dev *pos;

	guard(mutex)(&pci_outgoing_lock);

	out = pci_outgoing_find(dev);
	if (!out || out->frozen)
		return -EINVAL;
	if (pci_outgoing_config_locked(dev) || !pci_outgoing_in_d0(dev))
		return -EAGAIN;
	if (!pci_outgoing_path_open(dev))
		return -ENOLINK;

	pci_liveupdate_mask_irqs(dev, &out->irqs);
	for (pos = dev; pos; pos = pci_upstream_bridge(pos)) {
		out = pci_outgoing_find(pos);
		out->frozen++;
		pci_outgoing_fill(out);
	}
	return 0;
}

/**
 * pci_liveupdate_unfreeze() - Undo pci_liveupdate_freeze().
 * @dev: The function.
 *
 * Context: Process context, may sleep. Never fails.
 */
void pci_liveupdate_unfreeze(struct pci_dev *dev)
{
	struct pci_dev *pos;

	guard(mutex)(&pci_outgoing_lock);
	for (pos = dev; pos; pos = pci_upstream_bridge(pos))
		pci_outgoing_find(pos)->frozen--;
	pci_liveupdate_unmask_irqs(dev, &pci_outgoing_find(dev)->irqs);
}

/**
 * pci_liveupdate_outgoing() - Does a device go along with the next live update?
 * @dev: A function or a bridge.
 *
 * Context: Any.
 * Return: True from pci_liveupdate_preserve() of @dev, or of a function below
 * it, on.
 */
bool pci_liveupdate_outgoing(struct pci_dev *dev)
{
	guard(rcu)();
	return pci_outgoing_find(dev);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_outgoing);

bool pci_liveupdate_frozen(struct pci_dev *dev)
{
	struct pci_outgoing *out;

	guard(rcu)();
	out = pci_outgoing_find(dev);
	return out && READ_ONCE(out->frozen);
}
