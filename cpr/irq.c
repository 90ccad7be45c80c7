// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts. QEMU expects that the vectors signal the eventfds of its table: it arms nothing
 * while it loads its state.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "cpr.h"

static bool is_enabled(const uint8_t config[CPR_CONFIG], uint8_t id, uint8_t mask)
{
	const uint8_t *cap = cpr_capability(config, id);

	return cap && cap[id == PCI_CAP_ID_MSIX ? 3 : 2] & mask;
}

/* @type: the one that the guest has enabled, as the device's configuration space has it */
int cpr_irq_type(int device, uint32_t *type)
{
	uint8_t config[CPR_CONFIG];
	int rc = cpr_read_config(device, config);

	if (rc)
		return rc;
	if (is_enabled(config, PCI_CAP_ID_MSIX, PCI_MSIX_FLAGS_ENABLE >> 8))
		*type = VFIO_PCI_MSIX_IRQ_INDEX;
	else if (is_enabled(config, PCI_CAP_ID_MSI, PCI_MSI_FLAGS_ENABLE))
		*type = VFIO_PCI_MSI_IRQ_INDEX;
	else
		*type = VFIO_PCI_INTX_IRQ_INDEX;
	return 0;
}

static int set(int device, uint32_t index, uint32_t action, const int *fds, uint32_t n)
{
	struct vfio_irq_set *arg = malloc(sizeof(*arg) + n * sizeof(*fds));
	int rc;

	if (!arg)
		return cpr_fail(-ENOMEM, "no memory for %u vectors", n);
	*arg = (struct vfio_irq_set) {
		.argsz = sizeof(*arg) + n * sizeof(*fds),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | action, .index = index, .count = n,
	};
	memcpy(arg->data, fds, n * sizeof(*fds));
	rc = ioctl(device, VFIO_DEVICE_SET_IRQS, arg);
	rc = rc ? cpr_fail(-errno, "interrupts of type %u cannot be armed: %s", index,
			   strerror(errno)) : 0;
	free(arg);
	return rc;
}

/* The interrupts of the gap are counted once: what QEMU's old eventfd held is lost. */
static void signal_once(const int *fds, uint32_t n)
{
	const uint64_t one = 1;
	uint32_t i;

	for (i = 0; i < n; i++)
		if (fds[i] >= 0 && write(fds[i], &one, sizeof(one)) < 0)
			cpr_fail(-errno, "vector %u cannot be signalled", i);
}

static int arm_vectors(struct cpr *cpr, const char *bdf, int fd, uint32_t type)
{
	int *fds = malloc(CPR_MAX_FDS * sizeof(*fds)), rc = 0;
	uint32_t n;

	if (!fds)
		return cpr_fail(-ENOMEM, "no memory for vectors");
	n = cpr_vectors(cpr, bdf, fds);
	if (n)
		rc = set(fd, type, VFIO_IRQ_SET_ACTION_TRIGGER, fds, n);
	if (!rc)
		signal_once(fds, n);
	free(fds);
	return rc;
}

/*
 * QEMU forgets that it was handling an interrupt, which the guest then ends in vain. One more makes
 * QEMU lower the line.
 */
static int arm_intx(struct cpr *cpr, const char *bdf, int fd)
{
	int trigger = cpr_event(cpr, bdf, "intx-interrupt");
	int unmask = cpr_event(cpr, bdf, "intx-unmask");
	int rc = 0;

	if (trigger >= 0)
		rc = set(fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, &trigger, 1);
	if (!rc && unmask >= 0)
		rc = set(fd, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, &unmask, 1);
	if (!rc)
		signal_once(&trigger, 1);
	return rc;
}

/*
 * QEMU has saved its interrupt controllers before it executes this program, and forgets an INTx that
 * it was handling. So an interrupt of that time can be lost, and a device that waits for the guest's
 * answer raises no other. One more of each makes the guest look.
 */
void cpr_signal(const struct cpr *cpr)
{
	int *fds = malloc(CPR_MAX_FDS * sizeof(*fds)), trigger;
	const char *bdf;
	uint32_t i;

	for (i = 0; fds && i < cpr->ndevices; i++) {
		bdf = cpr->devices[i].name;
		signal_once(fds, cpr_vectors(cpr, bdf, fds));
		trigger = cpr_event(cpr, bdf, "intx-interrupt");
		signal_once(&trigger, 1);
	}
	free(fds);
}

int cpr_arm(struct cpr *cpr, const struct cpr_device *device, int fd, uint32_t type)
{
	static const struct {
		const char *name;
		uint32_t index;
	} notifiers[] = {
		{ "err_notifier", VFIO_PCI_ERR_IRQ_INDEX },
		{ "req_notifier", VFIO_PCI_REQ_IRQ_INDEX },
	};
	int rc, event, i;

	rc = type == VFIO_PCI_INTX_IRQ_INDEX ? arm_intx(cpr, device->name, fd) :
					       arm_vectors(cpr, device->name, fd, type);
	for (i = 0; !rc && i < 2; i++) {
		event = cpr_event(cpr, device->name, notifiers[i].name);
		if (event >= 0)
			rc = set(fd, notifiers[i].index, VFIO_IRQ_SET_ACTION_TRIGGER, &event, 1);
	}
	return rc;
}
