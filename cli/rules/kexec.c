// SPDX-License-Identifier: GPL-2.0-only
/*
 * Losses by a kexec now. The kernel does not object to any of these: an image that
 * does not receive KHO's data, incoming sessions that nothing took over, devices in use that
 * are not preserved.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "host/devices.h"
#include "host/files.h"
#include "host/snapshot.h"
#include "rules/kexec.h"
#include "rules/refusals.h"
#include "rules/rules.h"
#include "target/loaded_image.h"

bool under_systemd(void)
{
	return host_has("/run/systemd/system");
}

static void image(struct json_object *items)
{
	char name[4096];
	uint64_t loaded = 0;

	if (host_number(&loaded, "/sys/kernel/kexec_loaded") || !loaded)
		out_item(items, "kexec", "image", NO, "load one with iolu load",
			 "no kernel is loaded");
	else if (loaded_image_read(name, sizeof(name)))
		out_item(items, "kexec", "image", UNKNOWN, "load it with iolu load",
			 "iolu has not loaded the kernel that is loaded; whether it will receive "
			 "KHO's data is not shown");
	else
		out_item(items, "kexec", "image", YES, NULL, "%s is loaded", name);
}

/* Incoming objects that are not taken over are not handed on. */
static void incoming(struct json_object *items)
{
	struct update_numbers n;

	if (!kernel_has_feature()) {
		out_item(items, "kexec", "incoming", NO, "use systemctl kexec or reboot",
			 "this kernel does not preserve IOMMU state");
		return;
	}
	if (update_numbers_read(&n))
		out_item(items, "kexec", "incoming", UNKNOWN, NULL,
			 "/sys/kernel/liveupdate/iommu is not readable");
	else if (n.incoming_domains || n.incoming_devices || n.incoming_isolated)
		out_item(items, "kexec", "incoming", NO,
			 "let the VMMs finish, or discard the session with iolu discard",
			 "%llu HWPTs and %llu devices of the last update are not finished, "
			 "%llu are isolated", (unsigned long long)n.incoming_domains,
			 (unsigned long long)n.incoming_devices,
			 (unsigned long long)n.incoming_isolated);
	else
		out_item(items, "kexec", "incoming", YES, NULL, "nothing of the last update waits");
}

struct device_counts {
	int in_use, preserved;
	enum answer answer;
};

static void device(struct json_object *items, const struct device *d,
		   const struct holders *holders, struct device_counts *counts)
{
	struct device_user user = device_user(d, holders);

	counts->in_use += d->state == DEVICE_OUTGOING || user.use == DEVICE_IN_USE;
	counts->preserved += d->state == DEVICE_OUTGOING;
	if (user.use == DEVICE_IDLE || (d->state != DEVICE_NONE && d->state != DEVICE_NOT_SHOWN))
		return;
	if (user.use == DEVICE_USE_UNKNOWN || d->state == DEVICE_NOT_SHOWN) {
		counts->answer = answer_worse(counts->answer, UNKNOWN);
		out_item(items, "kexec", "devices", UNKNOWN, AS_ROOT, "%s: %s not visible",
			 d->name, d->state == DEVICE_NOT_SHOWN ? "its live update state is" :
			 "its use is");
		return;
	}
	counts->answer = NO;
	out_item(items, "kexec", "devices", NO, "let its VMM preserve it",
		 "%s is in use%s%s and not preserved: its DMA would end", d->name,
		 *user.by ? " by " : "", user.by);
}

static void devices(struct json_object *items, const struct devices *devices)
{
	struct holders holders = open_files_find("/dev/vfio/");
	struct device_counts counts = { .answer = YES };
	struct update_numbers numbers;
	int i;

	if (!devices->visible) {
		counts.answer = UNKNOWN;
		out_item(items, "kexec", "devices", UNKNOWN, "mount sysfs",
			 "the PCI devices of the host are not visible");
	}
	for (i = 0; i < devices->n; i++)
		device(items, &devices->device[i], &holders, &counts);
	open_files_free(&holders);
	if (!update_numbers_read(&numbers) &&
	    numbers.preserved_devices != (uint64_t)counts.preserved) {
		counts.answer = answer_worse(counts.answer, UNKNOWN);
		out_item(items, "kexec", "devices", UNKNOWN, "try again",
			 "the kernel has preserved %llu devices, %d of them are visible",
			 (unsigned long long)numbers.preserved_devices, counts.preserved);
	}
	out_item(items, "kexec", "devices", counts.answer, NULL, "%d in use, %d preserved",
		 counts.in_use, counts.preserved);
}

/* An HWPT without a preserved device cannot be frozen, and its session not with it. */
static void hwpts(struct json_object *items, bool strict)
{
	bool complete;
	struct json_object *state = snapshot_take(&complete, false), *list, *token;
	size_t i;

	list = json_object_object_get(state, "tokens");
	for (i = 0; list && i < json_object_array_length(list); i++) {
		token = json_object_array_get_idx(list, i);
		if (strcmp(json_object_get_string(json_object_object_get(token, "state")),
			   "preserved") ||
		    json_object_get_int(json_object_object_get(token, "devices")))
			continue;
		out_item(items, "kexec", "hwpt", strict ? NO : YES,
			 refusal_of(FREEZE_HWPT)->remedy,
			 "token %s of process %d (%s): %s%s",
			 json_object_get_string(json_object_object_get(token, "token")),
			 json_object_get_int(json_object_object_get(token, "pid")),
			 json_object_get_string(json_object_object_get(token, "command")),
			 refusal_of(FREEZE_HWPT)->sentence,
			 strict ? "" : "; its session will be left behind");
	}
	json_object_put(state);
}

/* systemd opens it to keep its stores, and loses them all if another process has it open. */
static void device_file(struct json_object *items)
{
	struct holders holders = open_files_find("/dev/liveupdate");

	if (!host_has("/dev/liveupdate"))
		out_item(items, "kexec", "liveupdate", NO, "boot with kho=on liveupdate=on",
			 "there is no /dev/liveupdate");
	else if (holders.n)
		out_item(items, "kexec", "liveupdate", under_systemd() ? NO : YES,
			 under_systemd() ? "end that process: systemd needs the device" : NULL,
			 "process %d (%s) has /dev/liveupdate open", holders.holder[0].pid,
			 holders.holder[0].comm);
	else if (holders.complete)
		out_item(items, "kexec", "liveupdate", YES, NULL, "/dev/liveupdate is free");
	else
		out_item(items, "kexec", "liveupdate", UNKNOWN, AS_ROOT,
			 "whether a process has /dev/liveupdate open is not visible");
	open_files_free(&holders);
}

/*
 * A device that cannot be frozen. Without systemd its session is asked (left_behind()). With
 * systemd all VMMs have ended when the kernel finds out: it leaves the session behind, or refuses
 * the kexec on a strict host, which systemd then reboots.
 */
static void freezable(struct json_object *items, const struct devices *found)
{
	if (found->state_shown)
		check_preserved_devices(items, found);
	else
		out_item(items, "kexec", "preserved", UNKNOWN, NULL,
			 "this kernel does not show which devices are preserved");
}

void check_kexec(struct json_object *items, const char *expect, bool strict)
{
	struct devices found = devices_find();
	uint64_t host_strict = 0;

	host_number(&host_strict, KEXEC_STRICT);
	strict |= host_strict;
	image(items);
	incoming(items);
	check_sessions(items, expect, strict);
	devices(items, &found);
	hwpts(items, strict);
	device_file(items);
	if (under_systemd())
		freezable(items, &found);
	devices_free(&found);
}
