// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration space of a device.
 *
 * QEMU 11.1 resets each device when its machine begins, also for cpr-exec, unless the device can
 * be reset alone, and not by power management only (vfio_pci_compute_needs_reset() in
 * hw/vfio/pci.c). The reset itself fails for a device that is alone, but before it QEMU has
 * switched off the device's bus mastering, and no part of it switches that on again. Such a device
 * cannot be handed over without a loss. If its VM continues here, its command register is written
 * back when QEMU has loaded the VM.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "cpr.h"

static int config_at(int device, uint64_t *at)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		return cpr_fail(-errno, "the device has no configuration space: %s",
				strerror(errno));
	*at = info.offset;
	return 0;
}

int cpr_read_config(int device, uint8_t config[CPR_CONFIG])
{
	uint64_t at = 0;
	int rc = config_at(device, &at);

	if (!rc && pread(device, config, CPR_CONFIG, at) != CPR_CONFIG)
		rc = cpr_fail(-EIO, "the configuration space of the device cannot be read");
	return rc;
}

const uint8_t *cpr_capability(const uint8_t config[CPR_CONFIG], uint8_t id)
{
	uint8_t at = config[PCI_CAPABILITY_LIST] & ~3, left = 48;

	for (; at >= 0x40 && at <= CPR_CONFIG - 16 && left; at = config[at + 1] & ~3, left--)
		if (config[at] == id)
			return config + at;
	return NULL;
}

static bool has_flr(const uint8_t config[CPR_CONFIG])
{
	const uint8_t *express = cpr_capability(config, PCI_CAP_ID_EXP);
	const uint8_t *advanced = cpr_capability(config, PCI_CAP_ID_AF);
	const uint8_t both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;

	return (express && express[PCI_EXP_DEVCAP + 3] & PCI_EXP_DEVCAP_FLR >> 24) ||
	       (advanced && (advanced[PCI_AF_CAP] & both) == both);
}

static bool resets_by_power(const uint8_t config[CPR_CONFIG])
{
	const uint8_t *power = cpr_capability(config, PCI_CAP_ID_PM);

	return power && !(power[PCI_PM_CTRL] & PCI_PM_CTRL_NO_SOFT_RESET);
}

int cpr_check_reset(int device, const char *bdf)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint8_t config[CPR_CONFIG];
	int rc = cpr_read_config(device, config);

	if (rc)
		return rc;
	if (!ioctl(device, VFIO_DEVICE_GET_INFO, &info) && info.flags & VFIO_DEVICE_FLAGS_RESET &&
	    (has_flr(config) || !resets_by_power(config)))
		return 0;
	return cpr_fail(-EOPNOTSUPP, "device %s has no function level reset: QEMU ends its DMA "
			"whenever it is executed", bdf);
}

/* -- the command registers, over an execution of QEMU -- */

void cpr_read_commands(const struct cpr *cpr, struct cpr_commands *commands)
{
	uint8_t config[CPR_CONFIG];
	uint32_t i;

	commands->n = 0;
	for (i = 0; i < cpr->nfds && commands->n < CPR_MAX_DEVICES; i++) {
		if (!cpr_find_device(cpr, cpr->fds[i].name) ||
		    cpr_read_config(cpr->fds[i].fd, config))
			continue;
		commands->fd[commands->n] = cpr->fds[i].fd;
		memcpy(commands->value[commands->n++], config + PCI_COMMAND, 2);
	}
}

void cpr_write_commands(const struct cpr_commands *commands)
{
	uint8_t now[2];
	uint64_t at;
	uint32_t i;

	for (i = 0; i < commands->n; i++) {
		int fd = commands->fd[i];

		if (config_at(fd, &at) || pread(fd, now, 2, at + PCI_COMMAND) != 2 ||
		    !memcmp(now, commands->value[i], 2))
			continue;
		if (pwrite(fd, commands->value[i], 2, at + PCI_COMMAND) != 2)
			cpr_fail(-errno, "a device does not go on: %s", strerror(errno));
	}
}
