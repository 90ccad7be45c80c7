// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Live update of PCI functions
 *
 * A preserved function continues its DMA while one kernel replaces another.
 * Both kernels take part: the previous kernel exempts the function from what it
 * does to every device at kexec; the next kernel enumerates the function without
 * writing to it and keeps other code away from it until its driver takes it over.
 * The bridges above a preserved function are preserved with it, because its
 * requests and its configuration accesses pass through them.
 *
 * liveupdate-outgoing.c is the part of the previous kernel, liveupdate-incoming.c
 * that of the next one. liveupdate-irq.c masks interrupts in between, and
 * liveupdate-check.c compares records with the hardware. The records are
 * described in include/linux/kho/abi/pci.h.
 *
 * This file ties the records to LUO. They exist while files are preserved, or
 * wait to be finished, whose handlers were registered with
 * pci_liveupdate_register_handler().
 */

#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/kho/abi/pci.h>
#include <linux/kho_record.h>
#include <linux/liveupdate.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/pci.h>
#include <linux/suspend.h>
#include "liveupdate.h"

/* Number of FLB directions in use: outgoing, incoming */
static atomic_t pci_lu_active = ATOMIC_INIT(0);

/* The incoming index, NULL if it is invalid. Protected by the FLB's own lock. */
static struct kho_record_index_ser *pci_lu_incoming_index;

static int pci_lu_flb_preserve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;

	index = kho_record_index_alloc(PCI_RECORD_INDEX);
	if (IS_ERR(index))
		return PTR_ERR(index);

	atomic_inc(&pci_lu_active);
	pci_lu_set_index(index);
	args->obj = index;
	args->data = virt_to_phys(index);
	return 0;
}

static void pci_lu_flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	pci_lu_set_index(NULL);
	atomic_dec(&pci_lu_active);
	kho_record_index_free(args->obj);
}

static int pci_lu_expect_record(u64 phys)
{
	struct pci_dev_ser *ser = kho_record_get(phys, PCI_RECORD_DEVICE,
						 PCI_RECORD_DEVICE_VERSION,
						 sizeof(*ser));

	return IS_ERR(ser) ? PTR_ERR(ser) : pci_lu_expect(ser);
}

/* Never fails: invalid records isolate devices when these are enumerated */
static int pci_lu_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;
	u32 id = 0;
	u64 phys;
	int rc;

	atomic_inc(&pci_lu_active);
	args->obj = &pci_lu_incoming_index;	/* LUO requires a non-NULL object */
	index = kho_record_index_get(args->data, PCI_RECORD_INDEX);
	if (IS_ERR(index)) {
		pci_lu_expect_invalid(PTR_ERR(index));
		return 0;
	}

	while ((phys = kho_record_index_next(index, &id))) {
		rc = pci_lu_expect_record(phys);
		if (rc)
			pci_lu_expect_invalid(rc);
	}
	pci_lu_incoming_index = index;
	return 0;
}

static void pci_lu_flb_finish(struct liveupdate_flb_op_args *args)
{
	pci_lu_drop_incoming();
	kho_record_index_put(pci_lu_incoming_index);
	pci_lu_incoming_index = NULL;
	atomic_dec(&pci_lu_active);
}

/* Suspend would put the devices into a sleep state and end their DMA */
static int pci_lu_suspend(struct notifier_block *nb, unsigned long event, void *data)
{
	if ((event != PM_SUSPEND_PREPARE && event != PM_HIBERNATION_PREPARE) ||
	    !atomic_read(&pci_lu_active))
		return NOTIFY_DONE;
	pr_info("PCI live update: suspend refused: devices are preserved; finish or close their sessions\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block pci_lu_suspend_nb = {
	.notifier_call = pci_lu_suspend,
};

static const struct liveupdate_flb_ops pci_lu_flb_ops = {
	.preserve = pci_lu_flb_preserve,
	.unpreserve = pci_lu_flb_unpreserve,
	.retrieve = pci_lu_flb_retrieve,
	.finish = pci_lu_flb_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb pci_lu_flb = {
	.ops = &pci_lu_flb_ops,
	.compatible = PCI_LIVEUPDATE_FLB_COMPATIBLE,
};

/**
 * pci_liveupdate_register_handler() - Let a file handler preserve PCI functions.
 * @fh: The handler, already registered with LUO.
 * @driver: The only driver that can bind to incoming functions in the next kernel.
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative errno of liveupdate_register_flb().
 */
int pci_liveupdate_register_handler(struct liveupdate_file_handler *fh,
				    const struct pci_driver *driver)
{
	int rc = liveupdate_register_flb(fh, &pci_lu_flb);

	if (!rc)
		pci_lu_set_driver(driver);
	return rc;
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_register_handler, "vfio-pci");

/**
 * pci_liveupdate_unregister_handler() - Undo pci_liveupdate_register_handler().
 * @fh: The handler.
 *
 * Context: Process context, may sleep. Cannot fail.
 */
void pci_liveupdate_unregister_handler(struct liveupdate_file_handler *fh)
{
	pci_lu_set_driver(NULL);
	liveupdate_unregister_flb(fh, &pci_lu_flb);
}
EXPORT_SYMBOL_FOR_MODULES(pci_liveupdate_unregister_handler, "vfio-pci");

/* After the bus type is registered, before any bus is scanned */
static int __init pci_lu_fetch_incoming(void)
{
	void *obj;

	kho_record_register_layout(KHO_RECORD_LAYOUT("pci-device", PCI_RECORD_DEVICE_VERSION));
	register_pm_notifier(&pci_lu_suspend_nb);
	if (liveupdate_flb_get_incoming(&pci_lu_flb, &obj))
		return 0;
	liveupdate_flb_put_incoming(&pci_lu_flb);
	return bus_register_notifier(&pci_bus_type, &pci_lu_incoming_nb);
}
arch_initcall(pci_lu_fetch_incoming);
