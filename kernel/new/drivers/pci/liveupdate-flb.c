// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: PCI functions that go on over a live update
 *
 * A function that is preserved goes on with its DMA from the old kernel into
 * the new one. That takes both of them: the old one must stop doing what it
 * does to every device at kexec, the new one must find the function without
 * disturbing it and keep everybody off it until the driver that knows how takes
 * it over. "Function" stands for the endpoint, which a driver asked to preserve;
 * the bridges above it go along because its requests and its configuration pass
 * through them.
 *
 * liveupdate-outgoing.c is the old kernel's part, liveupdate-incoming.c the new
 * one's, liveupdate-irq.c keeps a function quiet in between. What goes from one
 * to the other is described in include/linux/kho/abi/pci.h.
 *
 * The records live as long as files are preserved, or wait to be finished, whose
 * handlers were registered with pci_liveupdate_register_handler().
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

/* Whether anything is preserved, and whether anything has come over */
static atomic_t pci_liveupdate_awake = ATOMIC_INIT(0);

/* The index that came over, if it is good. Under the FLB's own lock. */
static struct kho_record_index_ser *pci_incoming_index;

static int pci_liveupdate_flb_preserve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;

	index = kho_record_alloc(KHO_RECORD_INDEX, KHO_RECORD_INDEX_VERSION,
				 sizeof(*index));
	if (IS_ERR(index))
		return PTR_ERR(index);
	index->owner = PCI_RECORD_INDEX;
	kho_record_seal(index);

	atomic_inc(&pci_liveupdate_awake);
	pci_liveupdate_set_index(index);
	args->obj = index;
	args->data = virt_to_phys(index);
	return 0;
}

static void pci_liveupdate_flb_unpreserve(struct liveupdate_flb_op_args *args)
{
	pci_liveupdate_set_index(NULL);
	atomic_dec(&pci_liveupdate_awake);
	kho_record_free(args->obj);
}

static int pci_liveupdate_expect_record(u64 phys)
{
	struct pci_dev_ser *ser = kho_record_get(phys, PCI_RECORD_DEVICE,
						 PCI_RECORD_DEVICE_VERSION,
						 sizeof(*ser));

	return IS_ERR(ser) ? PTR_ERR(ser) : pci_liveupdate_expect(ser);
}

/* Never fails: damage is dealt with device by device when they are found */
static int pci_liveupdate_flb_retrieve(struct liveupdate_flb_op_args *args)
{
	struct kho_record_index_ser *index;
	unsigned int i;
	int rc;

	atomic_inc(&pci_liveupdate_awake);
	args->obj = &pci_incoming_index;	/* any: LUO wants one */
	index = kho_record_index_get(args->data, PCI_RECORD_INDEX);
	if (IS_ERR(index)) {
		pci_liveupdate_expect_damage(PTR_ERR(index));
		return 0;
	}

	for (i = 1; i < KHO_RECORD_INDEX_SLOTS; i++) {
		rc = index->slots[i] ? pci_liveupdate_expect_record(index->slots[i]) : 0;
		if (rc)
			pci_liveupdate_expect_damage(rc);
	}
	pci_incoming_index = index;
	return 0;
}

static void pci_liveupdate_flb_finish(struct liveupdate_flb_op_args *args)
{
	pci_liveupdate_expect_none();
	kho_record_put(pci_incoming_index);
	pci_incoming_index = NULL;
	atomic_dec(&pci_liveupdate_awake);
}

/* Suspend puts every device to sleep, these must not stop */
static int pci_liveupdate_sleep(struct notifier_block *nb, unsigned long event, void *data)
{
	if ((event != PM_SUSPEND_PREPARE && event != PM_HIBERNATION_PREPARE) ||
	    !atomic_read(&pci_liveupdate_awake))
		return NOTIFY_DONE;
	pr_info("PCI live update: no sleep while devices go on: close or finish the sessions\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block pci_liveupdate_sleep_nb = {
	.notifier_call = pci_liveupdate_sleep,
};

static const struct liveupdate_flb_ops pci_liveupdate_flb_ops = {
	.preserve = pci_liveupdate_flb_preserve,
	.unpreserve = pci_liveupdate_flb_unpreserve,
	.retrieve = pci_liveupdate_flb_retrieve,
	.finish = pci_liveupdate_flb_finish,
	.owner = THIS_MODULE,
};

static struct liveupdate_flb pci_liveupdate_flb = {
	.ops = &pci_liveupdate_flb_ops,
	.compatible = PCI_LIVEUPDATE_FLB_COMPATIBLE,
};

/**
 * pci_liveupdate_register_handler() - Let a file handler preserve PCI functions.
 * @fh: The handler, registered with LUO already.
 * @driver: The driver that takes them over in the new kernel, the only one that may.
 *
 * Context: Process context, may sleep.
 * Return: 0 or a negative errno of liveupdate_register_flb().
 */
int pci_liveupdate_register_handler(struct liveupdate_file_handler *fh,
				    const struct pci_driver *driver)
{
	int rc = liveupdate_register_flb(fh, &pci_liveupdate_flb);

	if (!rc)
		pci_liveupdate_set_driver(driver);
	return rc;
}

/**
 * pci_liveupdate_unregister_handler() - Undo pci_liveupdate_register_handler().
 * @fh: The handler.
 *
 * Context: Process context, may sleep. Never fails.
 */
void pci_liveupdate_unregister_handler(struct liveupdate_file_handler *fh)
{
	liveupdate_unregister_flb(fh, &pci_liveupdate_flb);
}

/* Before any bus is scanned, after the bus type is there */
static int __init pci_liveupdate_fetch(void)
{
	void *obj;

	kho_record_tell_layout(KHO_RECORD_LAYOUT("pci-device", PCI_RECORD_DEVICE_VERSION));
	register_pm_notifier(&pci_liveupdate_sleep_nb);
	if (liveupdate_flb_get_incoming(&pci_liveupdate_flb, &obj))
		return 0;
	liveupdate_flb_put_incoming(&pci_liveupdate_flb);
	return bus_register_notifier(&pci_bus_type, &pci_liveupdate_notifier);
}
arch_initcall(pci_liveupdate_fetch);
