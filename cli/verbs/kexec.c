// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu kexec: jump into the next kernel, unless something would be lost without a word.
 *
 * Where systemd is PID 1 it is asked to do it: it stops the services first, and from there is
 * no way back. Elsewhere the jump is one system call while everything runs. Either way the VMMs
 * have preserved before, so that what is preserved can be compared with what is in use.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rules/device.h"
#include "rules/rules.h"
#include "host/files.h"
#include "target/loaded_image.h"
#include "host/liveupdate.h"
#include "host/update_note.h"
#include "host/open_files.h"
#include "host/snapshot.h"

#define NUMBERS	"/sys/kernel/liveupdate/iommu/"

static bool under_systemd(void)
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
	else if (loaded_read(name, sizeof(name)))
		out_item(items, "kexec", "image", UNKNOWN, "load it with iolu load",
			 "whether the loaded kernel will be told what is preserved is not shown");
	else
		out_item(items, "kexec", "image", YES, NULL, "%s is loaded", name);
}

/* What came in and was not taken up is not handed on. */
static void incoming(struct json_object *items)
{
	uint64_t domains = 0, devices = 0, isolated = 0;

	if (!state_is_there()) {
		out_item(items, "kexec", "incoming", NO, "use systemctl kexec or reboot",
			 "this kernel does not carry IOMMU state");
		return;
	}
	host_number(&domains, NUMBERS "incoming_domains");
	host_number(&devices, NUMBERS "incoming_devices");
	host_number(&isolated, NUMBERS "incoming_isolated");
	if (domains || devices || isolated)
		out_item(items, "kexec", "incoming", NO,
			 "let the VMMs finish, or give the session up with iolu discard",
			 "%llu HWPTs and %llu devices of the last update were not taken over, "
			 "%llu are isolated", (unsigned long long)domains,
			 (unsigned long long)devices, (unsigned long long)isolated);
	else
		out_item(items, "kexec", "incoming", YES, NULL,
			 "nothing of the last update waits");
}

/* Does process 1 hold the same session? Its name is in what the link says. */
static bool in_store(const struct holders *holders, const struct holder *h)
{
	int i;

	for (i = 0; i < holders->n; i++)
		if (holders->holder[i].pid == 1 && !strcmp(holders->holder[i].what, h->what))
			return true;
	return false;
}

/* A session that is finished but still open looks like one that is not finished. */
static void sessions(struct json_object *items)
{
	struct holders holders = procs_find("anon_inode:[luo_session]");
	int i, fd, out = 0, unknown = !holders.complete;

	for (i = 0; i < holders.n; i++) {
		const struct holder *h = &holders.holder[i];
		int way = -1;

		fd = procs_borrow(h);
		if (fd >= 0) {
			way = luo_session_way(fd);
			close(fd);
		}
		out += way == LUO_OUTGOING;
		unknown += way < 0;
		if (way == LUO_INCOMING)
			out_item(items, "kexec", "sessions", UNKNOWN,
				 h->pid == 1 ? "start the unit whose store has it" :
				 "let it finish and close its session",
				 "process %d (%s) has a session of the last update open: %s",
				 h->pid, h->comm, h->what);
		else if (under_systemd() && !in_store(&holders, h))
			out_item(items, "kexec", "sessions", NO,
				 "let it give the session to systemd's file descriptor store",
				 "process %d (%s), which systemd ends first, has one alone: %s",
				 h->pid, h->comm, h->what);
	}
	procs_free(&holders);
	if (unknown)
		out_item(items, "kexec", "sessions", UNKNOWN, "run iolu kexec as root",
			 "not all processes can be looked at");
	else
		out_item(items, "kexec", "sessions", YES, NULL, "%d go along", out);
}

/* Distinct files that were opened, and each that came in */
static int devices_in_use(bool *complete)
{
	struct holders opened = procs_find("/dev/vfio/devices/");
	struct holders came = procs_find("anon_inode:[vfio-device]");
	int i, k, n = came.n;

	*complete = opened.complete;
	for (i = 0; i < opened.n; i++) {
		for (k = 0; k < i; k++)
			if (!strcmp(opened.holder[i].what, opened.holder[k].what))
				break;
		n += k == i;
	}
	procs_free(&opened);
	procs_free(&came);
	return n;
}

static void devices(struct json_object *items)
{
	uint64_t preserved = 0;
	bool complete;
	int used = devices_in_use(&complete);

	host_number(&preserved, NUMBERS "preserved_devices");
	if (!complete)
		out_item(items, "kexec", "devices", UNKNOWN, "run iolu kexec as root",
			 "not all processes can be looked at");
	else if ((uint64_t)used > preserved)
		out_item(items, "kexec", "devices", NO, "let each VMM preserve its devices",
			 "%d in use, %llu preserved: DMA of the others would end", used,
			 (unsigned long long)preserved);
	else
		out_item(items, "kexec", "devices", YES, NULL, "%d in use, %llu preserved",
			 used, (unsigned long long)preserved);
}

/*
 * A device that the kernel would refuse to freeze: without systemd the jump is refused then and
 * everything goes on; with it all VMMs are gone by then, and it reboots the host instead.
 */
static void carried(struct json_object *items)
{
	bool complete;
	struct json_object *state = state_collect(&complete), *list, *device;
	size_t i;

	list = json_object_object_get(state, "devices");
	if (!list)
		out_item(items, "kexec", "carried", UNKNOWN, "mount debugfs, as root",
			 "the preserved devices cannot be seen");
	for (i = 0; list && i < json_object_array_length(list); i++) {
		device = json_object_array_get_idx(list, i);
		if (!strcmp(json_object_get_string(json_object_object_get(device, "set")),
			    "preserved"))
			carry_check(items, json_object_get_string(
				    json_object_object_get(device, "bdf")));
	}
	json_object_put(state);
}

/* systemd opens it to keep its store, and loses it all if somebody else has it. */
static void device_file(struct json_object *items)
{
	struct holders holders;
	int fd = host_is_real() || !host_has("/dev/liveupdate") ? luo_open() : -EBUSY;

	if (fd >= 0) {
		close(fd);
		out_item(items, "kexec", "liveupdate", YES, NULL, "/dev/liveupdate is free");
		return;
	}
	if (fd != -EBUSY) {
		out_item(items, "kexec", "liveupdate", fd == -ENOENT ? NO : UNKNOWN,
			 fd == -ENOENT ? "boot with kho=on liveupdate=on" :
			 "run iolu kexec as root", "/dev/liveupdate: %s", strerror(-fd));
		return;
	}
	holders = procs_find("/dev/liveupdate");
	out_item(items, "kexec", "liveupdate", under_systemd() ? NO : YES,
		 under_systemd() ? "stop it: systemd needs the device at the update" : NULL,
		 "/dev/liveupdate is held by process %d (%s)",
		 holders.n ? holders.holder[0].pid : 0, holders.n ? holders.holder[0].comm : "?");
	procs_free(&holders);
}

static int go(const struct call *call)
{
	int note, rc;

	sync();
	if (under_systemd()) {
		execlp("systemctl", "systemctl", "kexec", (char *)NULL);
		return call_fail(call, EXIT_UNKNOWN, "systemctl: %s", strerror(errno));
	}
	note = note_leave();
	if (note < 0)
		fprintf(stderr, "iolu: no note goes along (%s): iolu report will not know this "
			"kernel's part\n", note == -EBUSY ? "/dev/liveupdate is held by somebody" :
			strerror(-note));
	rc = luo_kexec();
	if (note >= 0)
		close(note);
	return call_fail(call, rc == -EPERM ? EXIT_UNKNOWN : EXIT_NO,
			 "the kernel refuses (%s): see its log; everything goes on as before",
			 strerror(-rc));
}

static int kexec(struct call *call)
{
	struct json_object *items;
	bool force = call_get(call, "force");
	int code;

	if (!host_is_real() && !call_get(call, "dry-run"))
		return call_fail(call, EXIT_USAGE, "--root is for looking only");
	items = json_object_new_array();
	image(items);
	incoming(items);
	sessions(items);
	devices(items);
	device_file(items);
	if (under_systemd())
		carried(items);
	code = check_print(call, items);
	if (call_get(call, "dry-run") || (code && !force))
		return code;
	return go(call);
}

const struct verb verb_kexec = {
	.name = "kexec", .operands = "",
	.what = "jump into the loaded kernel, unless something would be lost",
	.codes = "0 with --dry-run: it would jump; 1 refused; 3 it cannot be told",
	.opts = {
		{ "dry-run", NULL, "look only" },
		{ "force", NULL, "jump whatever would be lost" },
	},
	.run = kexec,
};
