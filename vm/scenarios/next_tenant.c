// SPDX-License-Identifier: GPL-2.0
/*
 * A guest changes registers of its device in configuration space, and the kernel is replaced. The
 * next kernel leaves them as they are. When the VM has ended, the device has the registers that it
 * had before its first assignment: those of a device of the same kind that was never assigned to a
 * guest. The next kernel reports an error of the update, and a register that is not as it was.
 *
 * promise: 9
 * red when: registers that a guest can change are handed over (`pci_liveupdate_set_saved`): the
 *   next user finds the error mask of the guest
 * red when: link control is compared with the record (`pci_lu_report_regs`): no line in the log
 */
#include <string.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "device/pci.h"
#include "kapi/damage.h"
#include "kapi/records.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define IGB		0x808610c9u
#define AER		0x100	/* where this model has advanced error reporting */
#define MASK		(AER + PCI_ERR_UNCOR_MASK)
#define STATUS		(AER + PCI_ERR_UNCOR_STATUS)
#define CHANGES		(PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_POISON_TLP)

static uint32_t error_mask(const char *bdf)
{
	return pci_config(bdf, MASK, 4);
}

static void spare(const char *nic, char bdf[BDF_LEN])
{
	pci_find_device(IGB, 0, bdf);
	if (!strcmp(bdf, nic))
		pci_find_device(IGB, 1, bdf);
}

static void guest_changes(struct dma_device *nic)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint32_t value = error_mask(nic->place->bdf) ^ CHANGES;

	must_ioctl(nic->dev, VFIO_DEVICE_GET_REGION_INFO, &info, "get the configuration region");
	if (pwrite(nic->dev, &value, sizeof(value), info.offset + MASK) != sizeof(value))
		bail_out("the guest cannot write to its error mask");
}

/* The guest has masked it, so the device only notes it. */
static void error_occurs(const char *bdf)
{
	int i;

	monitor("pcie_aer_inject_error nic0 POISON_TLP");
	for (i = 0; i < 100 && !(pci_config(bdf, STATUS, 4) & PCI_ERR_UNC_POISON_TLP); i++)
		sleep_ms(100);
	ok(pci_config(bdf, STATUS, 4) & PCI_ERR_UNC_POISON_TLP, "the NIC notes an error", "it does not");
}

/* As if the link had been reconfigured: the record says so, the device goes on */
static const struct damage other_link = {
	.where = DAMAGE_PCI, MEMBER(pci_dev_ser, regs.lnkctl), .what = "another link control",
	.value = PCI_EXP_LNKCTL_CCC, .flip = true, .seal = true,
};

static void before(void)
{
	struct dma_device *nic;
	char other[BDF_LEN];

	story_begin(one_nic_each, 1);
	nic = &story_vm(0)->device[0];
	spare(nic->place->bdf, other);
	ok(error_mask(nic->place->bdf) == error_mask(other), "two NICs have the same error mask",
	   "0x%x and 0x%x", error_mask(nic->place->bdf), error_mask(other));
	guest_changes(nic);
	ok(error_mask(nic->place->bdf) != error_mask(other), "a guest changes that of its NIC", "0x%x",
	   error_mask(other));
	ok(pci_update_state(nic->place->bdf, "none"), "sysfs shows an ordinary device",
	   "another state");
	story_preserve();
	error_occurs(nic->place->bdf);
	damage_order(&other_link, &state_get()->vm[0], &state_get()->vm[0]);
	ok(pci_update_state(nic->place->bdf, "outgoing"), "then an outgoing one", "another state");
	story_leave();
}

static void after(void)
{
	char nic[BDF_LEN], other[BDF_LEN];

	story_arrive();
	strcpy(nic, state_get()->vm[0].device[0].bdf);
	spare(nic, other);
	ok(error_mask(nic) != error_mask(other), "the update leaves it as the guest has set it", "0x%x",
	   error_mask(nic));
	ok(klog_said("errors during the update: uncorrectable 0x1000"), "the kernel reports the error",
	   "it does not");
	ok(klog_said("link control is"), "and that link control is not as it was", "it does not");
	ok(!klog_said("device control is"), "and nothing else", "it does");
	ok(pci_update_state(nic, "incoming"), "sysfs shows an incoming device", "another state");
	story_retrieve();
	story_adopt();
	story_finish();
	ok(pci_update_state(nic, "none"), "and an ordinary one when its session is finished",
	   "another state");
	story_traffic("lu.post");
	story_judge();
	story_life();
	ok(error_mask(nic) == error_mask(other), "when the VM has ended it is as it was at first",
	   "0x%x, not 0x%x", error_mask(nic), error_mask(other));
}

SCENARIO(.name = "next_tenant", .cmdline = "lu.rate=300",
	 .qemu = "-device pcie-root-port,id=more,chassis=8,addr=08 -device igb,bus=more",
	 .before = before, .after = after);
