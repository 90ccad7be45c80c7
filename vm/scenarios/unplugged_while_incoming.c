// SPDX-License-Identifier: GPL-2.0
/*
 * Two VMs. The slot of the second VM's device is switched off after the kexec, before its session
 * is retrieved. That VM loses its device: no other call fails, nothing warns, and its session can
 * be discarded. The first VM is not disturbed.
 *
 * promise: 7
 * red when: the IOMMU core forgets a device that is removed (`iommu_liveupdate_remove_device`): a
 *   warning about the DMA owner of the group, then retrieving the iommufd dereferences NULL
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define VICTIM 1

static void before(void)
{
	story_begin(one_nic_each, 2);
	story_discard_from(VICTIM);
	story_preserve();
	story_leave();
}

/* The power file of the slot with this device */
static void slot_power(const char *bdf, char *power, size_t room)
{
	char address[64];
	glob_t g;
	size_t i;

	if (glob("/sys/bus/pci/slots/*/address", 0, NULL, &g))
		bail_out("no slots");
	for (i = 0; i < g.gl_pathc; i++) {
		if (file_read(g.gl_pathv[i], address, sizeof(address)) < 0)
			continue;
		address[strcspn(address, "\n")] = 0;
		if (strncmp(address, bdf, strlen(address)))
			continue;
		snprintf(power, room, "%.*s/power",
			 (int)(strrchr(g.gl_pathv[i], '/') - g.gl_pathv[i]), g.gl_pathv[i]);
		globfree(&g);
		return;
	}
	bail_out("%s is in no slot", bdf);
}

static bool disappears(const char *bdf)
{
	char path[80];
	int i;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	for (i = 0; i < 50; i++) {
		if (access(path, F_OK))
			return true;
		sleep_ms(100);
	}
	return false;
}

static void lose_device(const struct vm_data *data)
{
	const char *bdf = data->device[0].bdf;
	char power[160];
	int session, fd;

	slot_power(bdf, power, sizeof(power));
	file_write(power, "0");
	ok(disappears(bdf), "the device is gone", "it is there");
	mark_nic(VICTIM, "quiet");
	session = luo_retrieve(data->session);
	fd = luo_retrieve_fd(session, TOKEN_IOMMUFD);
	ok(fd >= 0, "the iommufd can be retrieved", "error %d", -fd);
	close(fd);
	ok_rc(luo_discard(session), "the session can be discarded");
	close(session);
}

static void after(void)
{
	story_arrive();
	lose_device(&state_get()->vm[VICTIM]);
	state_get()->nvms = VICTIM;
	story_take_over(story_vm(0));
	story_end();
}

SCENARIO(.name = "unplugged_while_incoming", .nics = "igb,igb", .discarded = "1",
	 .cmdline = "lu.rate=300", .qemu = "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off",
	 .timeout = 120, .before = before, .after = after);
