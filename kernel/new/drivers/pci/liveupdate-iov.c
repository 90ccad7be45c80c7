// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Virtual functions over a live update
 *
 * The record of a physical function (PF) has the state of its SR-IOV capability. In the
 * next kernel that state is compared with the hardware when the PF is enumerated, and
 * the capability is taken over without a write: enabled VFs stay enabled, and their
 * BARs are not sized. The VFs are added when all resources of the boot are claimed, and
 * before the drivers of IOMMUs look for devices. From then on each VF is a function with a
 * record of its own, or without one.
 *
 * If the state cannot be taken over the VFs are disabled, as at any boot: a VF that
 * does not exist does no DMA.
 */

#define dev_fmt(fmt) "live update: " fmt

#include <linux/export.h>
#include <linux/init.h>
#include <linux/kho/abi/pci.h>
#include <linux/msi.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "liveupdate.h"
#include "pci.h"

#define PCI_LU_VFS_ON	(PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE)

static void pci_lu_read_iov_regs(struct pci_dev *dev, int pos, struct pci_iov_ser *ser)
{
	int i;

	pci_read_config_word(dev, pos + PCI_SRIOV_CTRL, &ser->ctrl);
	pci_read_config_word(dev, pos + PCI_SRIOV_NUM_VF, &ser->num_vfs);
	pci_read_config_word(dev, pos + PCI_SRIOV_VF_OFFSET, &ser->offset);
	pci_read_config_word(dev, pos + PCI_SRIOV_VF_STRIDE, &ser->stride);
	pci_read_config_dword(dev, pos + PCI_SRIOV_SYS_PGSIZE, &ser->page_size);
	for (i = 0; i < PCI_SRIOV_NUM_BARS; i++)
		pci_read_config_dword(dev, pos + PCI_SRIOV_BAR + i * sizeof(u32),
				      &ser->bar[i]);
}

/**
 * pci_lu_read_iov() - Record the SR-IOV state of a function.
 * @dev: A function or a bridge.
 * @ser: Out: the state; all 0 if @dev has no virtual functions.
 *
 * Context: Process context.
 */
void pci_lu_read_iov(struct pci_dev *dev, struct pci_iov_ser *ser)
{
	int i;

	memset(ser, 0, sizeof(*ser));
	if (!pci_num_vf(dev))
		return;
	pci_lu_read_iov_regs(dev, dev->sriov->pos, ser);
	ser->last_bus = dev->sriov->max_VF_buses;
	for (i = 0; i < PCI_SRIOV_NUM_BARS; i++)
		ser->bar_size[i] = dev->sriov->barsz[i];
}

static unsigned int pci_lu_vf_bus(struct pci_dev *dev, const struct pci_iov_ser *ser,
				  unsigned int vf)
{
	return dev->bus->number + ((dev->devfn + ser->offset + ser->stride * vf) >> 8);
}

/* A BAR of all VFs together is below 2^56 */
static bool pci_lu_vf_bars_valid(const struct pci_iov_ser *ser)
{
	unsigned int i;

	for (i = 0; i < PCI_SRIOV_NUM_BARS; i++) {
		u64 size = ser->bar_size[i];

		if (!size)
			continue;
		if (size & (size - 1) || size < PAGE_SIZE || size > SZ_1T ||
		    ser->bar[i] & PCI_BASE_ADDRESS_SPACE ||
		    ser->bar[i] & (size - 1) & (u32)PCI_BASE_ADDRESS_MEM_MASK)
			return false;
		if (ser->bar[i] & PCI_BASE_ADDRESS_MEM_TYPE_64 &&
		    (++i == PCI_SRIOV_NUM_BARS || ser->bar_size[i]))
			return false;
	}
	return true;
}

static bool pci_lu_iov_valid(struct pci_dev *dev, int pos, const struct pci_iov_ser *ser)
{
	u16 total, initial;

	pci_read_config_word(dev, pos + PCI_SRIOV_TOTAL_VF, &total);
	pci_read_config_word(dev, pos + PCI_SRIOV_INITIAL_VF, &initial);
	return (ser->ctrl & PCI_LU_VFS_ON) == PCI_LU_VFS_ON && ser->num_vfs <= total &&
	       ser->num_vfs <= initial && ser->offset && (ser->num_vfs == 1 || ser->stride) &&
	       !memchr_inv(ser->reserved, 0, sizeof(ser->reserved)) &&
	       pci_lu_vf_bus(dev, ser, ser->num_vfs - 1) <= ser->last_bus &&
	       ser->last_bus <= dev->bus->busn_res.end && pci_lu_vf_bars_valid(ser);
}

/* The registers are all before the fields that are only in the record, except the BARs */
static bool pci_lu_iov_same(struct pci_dev *dev, int pos, const struct pci_iov_ser *ser)
{
	struct pci_iov_ser now;

	pci_lu_read_iov_regs(dev, pos, &now);
	return !memcmp(&now, ser, offsetof(struct pci_iov_ser, last_bus)) &&
	       !memcmp(now.bar, ser->bar, sizeof(now.bar));
}

/**
 * pci_lu_check_iov() - Compare the SR-IOV capability of a device with its record.
 * @dev: The device, in enumeration.
 * @ser: The recorded state.
 *
 * Context: Enumeration.
 * Return: 0; -EBADMSG if a value is implausible for @dev; -ESTALE if a register of @dev
 * differs.
 */
int pci_lu_check_iov(struct pci_dev *dev, const struct pci_iov_ser *ser)
{
	int pos;

	if (!ser->num_vfs)
		return memchr_inv(ser, 0, sizeof(*ser)) ? -EBADMSG : 0;
	pos = dev->is_virtfn ? 0 : pci_find_ext_capability(dev, PCI_EXT_CAP_ID_SRIOV);
	if (!pos || !pci_lu_iov_valid(dev, pos, ser))
		return -EBADMSG;
	if (pci_lu_iov_same(dev, pos, ser))
		return 0;
	pci_err(dev, "SR-IOV capability differs from the record\n");
	return -ESTALE;
}

static struct pci_dev *pci_lu_get_vf(struct pci_dev *dev, int vf)
{
	return pci_get_domain_bus_and_slot(pci_domain_nr(dev->bus), pci_iov_virtfn_bus(dev, vf),
					   pci_iov_virtfn_devfn(dev, vf));
}

/**
 * pci_lu_leaves_vf() - Test whether a virtual function in use would be left behind.
 * @dev: A function.
 *
 * Context: Process context.
 * Return: True if a virtual function of @dev is enabled by a driver, such as vfio-pci
 * for an open file, and not preserved.
 */
bool pci_lu_leaves_vf(struct pci_dev *dev)
{
	bool leaves = false;
	struct pci_dev *vf;
	int i;

	for (i = 0; i < pci_num_vf(dev) && !leaves; i++) {
		vf = pci_lu_get_vf(dev, i);
		leaves = vf && pci_is_enabled(vf) && !pci_liveupdate_outgoing(vf);
		pci_dev_put(vf);
	}
	return leaves;
}

/* NULL if @dev is not accepted or had no VFs */
static const struct pci_iov_ser *pci_lu_incoming_iov(struct pci_dev *dev)
{
	const struct pci_dev_ser *ser = pci_lu_incoming_ser(dev);

	return ser && ser->iov.num_vfs ? &ser->iov : NULL;
}

static void pci_lu_adopt_vf_bars(struct pci_dev *dev, struct pci_sriov *iov,
				 const struct pci_iov_ser *ser)
{
	u32 masks[PCI_SRIOV_NUM_BARS];
	struct resource *res;
	int i, is_64;

	pci_lu_bar_masks(ser->bar_size, ser->bar, PCI_SRIOV_NUM_BARS, masks);
	for (i = 0; i < PCI_SRIOV_NUM_BARS; i++) {
		res = &dev->resource[pci_resource_num_from_vf_bar(i)];
		is_64 = __pci_read_base(dev, pci_bar_unknown, res,
					iov->pos + PCI_SRIOV_BAR + i * sizeof(u32), &masks[i]);
		if (!res->flags)
			continue;
		iov->barsz[i] = resource_size(res);
		resource_set_size(res, resource_size(res) * iov->total_VFs);
		iov->nres++;
		i += is_64;
	}
}

static void pci_lu_adopt_iov_regs(struct pci_dev *dev, struct pci_sriov *iov,
				  const struct pci_iov_ser *ser)
{
	pci_read_config_word(dev, iov->pos + PCI_SRIOV_TOTAL_VF, &iov->total_VFs);
	pci_read_config_word(dev, iov->pos + PCI_SRIOV_INITIAL_VF, &iov->initial_VFs);
	pci_read_config_word(dev, iov->pos + PCI_SRIOV_VF_DID, &iov->vf_device);
	pci_read_config_dword(dev, iov->pos + PCI_SRIOV_CAP, &iov->cap);
	pci_read_config_byte(dev, iov->pos + PCI_SRIOV_FUNC_LINK, &iov->link);
	if (pci_pcie_type(dev) == PCI_EXP_TYPE_RC_END)
		iov->link = PCI_DEVFN(PCI_SLOT(dev->devfn), iov->link);
	iov->ctrl = ser->ctrl;
	iov->offset = ser->offset;
	iov->stride = ser->stride;
	iov->pgsz = ser->page_size;
	iov->max_VF_buses = ser->last_bus;
	iov->driver_max_VFs = iov->total_VFs;
	iov->drivers_autoprobe = true;
	iov->vf_rebar_cap = pci_find_ext_capability(dev, PCI_EXT_CAP_ID_VF_REBAR);
}

static struct pci_dev *pci_lu_lowest_pf(struct pci_dev *dev)
{
	struct pci_dev *pos;

	list_for_each_entry(pos, &dev->bus->devices, bus_list) {
		if (pos->is_physfn)
			return pci_dev_get(pos);
	}
	return dev;
}

/**
 * pci_liveupdate_adopt_iov() - Take an SR-IOV capability over as it is.
 * @dev: The function, in enumeration.
 * @pos: The capability.
 *
 * Stands in for sriov_init(), which disables VFs and sizes their BARs. Like every boot it
 * sets sriov_drivers_autoprobe; pci_lu_vf_is_held() keeps drivers from these VFs.
 *
 * Context: Enumeration, may sleep.
 * Return: True; false if the capability has to be initialized.
 */
bool pci_liveupdate_adopt_iov(struct pci_dev *dev, int pos)
{
	const struct pci_iov_ser *ser = pci_lu_incoming_iov(dev);
	struct pci_sriov *iov = ser ? kzalloc_obj(*iov) : NULL;

	if (!iov)
		return false;
	iov->pos = pos;
	iov->self = dev;
	iov->dev = pci_lu_lowest_pf(dev);
	pci_lu_adopt_iov_regs(dev, iov, ser);
	pci_lu_adopt_vf_bars(dev, iov, ser);
	dev->sriov = iov;
	dev->is_physfn = 1;
	return true;
}

/**
 * pci_lu_capture_vfs() - Keep the drivers of the host from the VFs of userspace.
 * @dev: The PF, just bound to @driver.
 * @driver: The driver that takes over incoming functions.
 *
 * vfio-pci captures VFs when they are added to a PF of its own; these were there before.
 *
 * Context: Process context, may sleep.
 */
void pci_lu_capture_vfs(struct pci_dev *dev, const struct pci_driver *driver)
{
	struct pci_dev *vf;
	int i;

	for (i = 0; i < pci_num_vf(dev); i++) {
		vf = pci_lu_get_vf(dev, i);
		if (vf && !device_has_driver_override(&vf->dev) &&
		    device_set_driver_override(&vf->dev, driver->name))
			pci_err(vf, "any driver can bind to it: no memory for its driver_override\n");
		pci_dev_put(vf);
	}
}

/**
 * pci_liveupdate_keeps_vfs() - Test whether a driver may bind to a PF with enabled VFs.
 * @dev: The PF.
 *
 * Context: Any.
 * Return: True from enumeration until @dev and its VFs are finished: no other driver
 * can have any of the VFs that are incoming.
 */
bool pci_liveupdate_keeps_vfs(struct pci_dev *dev)
{
	return pci_liveupdate_accepted(dev);
}
EXPORT_SYMBOL_GPL(pci_liveupdate_keeps_vfs);

static bool pci_lu_vf_bars_claimed(struct pci_dev *dev)
{
	struct resource *res;
	int i;

	for (i = 0; i < PCI_SRIOV_NUM_BARS; i++) {
		res = &dev->resource[pci_resource_num_from_vf_bar(i)];
		if (res->flags && !res->parent)
			return false;
	}
	return true;
}

static int pci_lu_add_vfs(struct pci_dev *dev, unsigned int num_vfs)
{
	unsigned int i;
	int rc;

	if (!pci_lu_vf_bars_claimed(dev))
		return -EADDRINUSE;
	for (i = 0; i < num_vfs; i++) {
		rc = pci_iov_add_virtfn(dev, i);
		if (rc)
			return rc;
	}
	pci_info(dev, "incoming: %u virtual functions\n", num_vfs);
	return 0;
}

/* After the BARs of all devices are claimed, before the IOMMU drivers look for devices */
static int __init pci_lu_add_incoming_vfs(void)
{
	const struct pci_iov_ser *ser;
	struct pci_dev *dev = NULL;
	int rc;

	pci_lock_rescan_remove();
	for_each_pci_dev(dev) {
		ser = dev->is_physfn ? pci_lu_incoming_iov(dev) : NULL;
		if (!ser)
			continue;
		dev->sriov->num_VFs = ser->num_vfs;
		rc = pci_lu_add_vfs(dev, ser->num_vfs);
		if (!rc)
			continue;
		pci_err(dev, "virtual functions disabled: cannot be taken over (%pe)\n",
			ERR_PTR(rc));
		pci_disable_sriov(dev);
	}
	pci_unlock_rescan_remove();
	return 0;
}
fs_initcall_sync(pci_lu_add_incoming_vfs);

/**
 * pci_lu_remove_vfs() - Remove the virtual functions of a function that is removed.
 * @dev: The function, without a driver that would have disabled them.
 *
 * If @dev goes with the bridge above it the caller walks the functions on its bus, and
 * removes those VFs itself that are among them.
 *
 * Context: Process context, may sleep. The caller holds pci_rescan_remove_lock.
 */
void pci_lu_remove_vfs(struct pci_dev *dev)
{
	struct pci_dev *bridge = pci_upstream_bridge(dev);
	int i;

	if (!bridge || pci_dev_is_added(bridge))
		return pci_disable_sriov(dev);
	for (i = 0; i < pci_num_vf(dev); i++) {
		if (pci_iov_virtfn_bus(dev, i) != dev->bus->number)
			pci_iov_remove_virtfn(dev, i);
	}
	dev->sriov->num_VFs = 0;
}

/*
 * The VFs were added before interrupt remapping knew its devices. A VF that is added
 * later inherits the interrupt domain of its PF from the IOMMU driver.
 */
static int __init pci_lu_inherit_msi_domains(void)
{
	struct pci_dev *dev = NULL;

	for_each_pci_dev(dev) {
		if (dev->is_virtfn && pci_liveupdate_accepted(pci_physfn(dev)))
			dev_set_msi_domain(&dev->dev, dev_get_msi_domain(&pci_physfn(dev)->dev));
	}
	return 0;
}
device_initcall(pci_lu_inherit_msi_domains);
