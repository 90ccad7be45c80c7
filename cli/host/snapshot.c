// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of live updates. Numbers and the states of devices come from sysfs. Sessions and
 * iommufds are found at the processes that have them open, and queried through a borrowed
 * descriptor, which needs the right to trace the process. A query changes nothing.
 *
 * An incoming session that is not retrieved is open in no process, and the kernel has no list
 * of them. Its devices and domains are in the numbers; its name is known if iolu started the
 * kexec and left a note with the names of the outgoing sessions.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/devices.h"
#include "host/files.h"
#include "host/liveupdate.h"
#include "host/open_files.h"
#include "host/snapshot.h"
#include "host/update_note.h"

#define NUMBERS	"/sys/kernel/liveupdate/"

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *to, const char *key, uint64_t value)
{
	json_object_object_add(to, key, json_object_new_int64(value));
}

/* A number in sysfs, null if it is absent */
static void add_sysfs(struct json_object *to, const char *key, const char *path)
{
	uint64_t value;

	if (host_number(&value, "%s", path))
		json_object_object_add(to, key, NULL);
	else
		add_number(to, key, value);
}

bool kernel_has_feature(void)
{
	return host_has(NUMBERS "iommu");
}

int update_numbers_read(struct update_numbers *numbers)
{
	static const struct {
		const char *name;
		size_t at;
	} files[] = {
		{ "preserved_devices", offsetof(struct update_numbers, preserved_devices) },
		{ "incoming_domains", offsetof(struct update_numbers, incoming_domains) },
		{ "incoming_devices", offsetof(struct update_numbers, incoming_devices) },
		{ "incoming_isolated", offsetof(struct update_numbers, incoming_isolated) },
	};
	size_t i;
	int rc = 0;

	*numbers = (struct update_numbers){};
	for (i = 0; i < ARRAY_SIZE(files) && !rc; i++)
		rc = host_number((uint64_t *)((char *)numbers + files[i].at),
				 NUMBERS "iommu/%s", files[i].name);
	return rc;
}

static struct json_object *kernel(void)
{
	struct json_object *o = json_object_new_object();
	char release[128] = "";
	uint64_t loaded;

	host_text(release, sizeof(release), "/proc/sys/kernel/osrelease");
	add_text(o, "release", release);
	json_object_object_add(o, "preserves_iommu_state",
			       json_object_new_boolean(kernel_has_feature()));
	json_object_object_add(o, "handover",
			       json_object_new_boolean(host_has("/dev/liveupdate")));
	json_object_object_add(o, "image_loaded", host_number(&loaded, "/sys/kernel/kexec_loaded") ?
			       NULL : json_object_new_boolean(loaded));
	add_sysfs(o, "crash_kernel_bytes", "/sys/kernel/kexec_crash_size");
	add_sysfs(o, "records", NUMBERS "records");
	add_sysfs(o, "record_bytes", NUMBERS "record_bytes");
	return o;
}

static struct json_object *preserved(void)
{
	struct json_object *o = json_object_new_object();

	add_sysfs(o, "domains", NUMBERS "iommu/preserved_domains");
	add_sysfs(o, "devices", NUMBERS "iommu/preserved_devices");
	add_sysfs(o, "table_pages", NUMBERS "iommu/preserved_table_pages");
	add_sysfs(o, "mapped_bytes", NUMBERS "iommu/preserved_mapped_bytes");
	return o;
}

static struct json_object *incoming(void)
{
	struct json_object *o = json_object_new_object();

	add_sysfs(o, "domains", NUMBERS "iommu/incoming_domains");
	add_sysfs(o, "devices", NUMBERS "iommu/incoming_devices");
	add_sysfs(o, "isolated", NUMBERS "iommu/incoming_isolated");
	return o;
}

static void add_holder(struct json_object *to, const struct holder *h)
{
	add_number(to, "pid", h->pid);
	add_text(to, "command", h->comm);
}

static void add_session(struct json_object *list, const struct holder *h, bool *complete)
{
	static const char *const directions[] = { "outgoing", "incoming" };
	struct json_object *o = json_object_new_object();
	const char *shown = strchr(h->target, ' ');
	int fd = open_files_borrow(h), direction = -1;
	char name[128] = "";

	snprintf(name, sizeof(name), "%s", shown ? shown + 1 : "");
	if (fd >= 0) {
		luo_session_name(fd, name, sizeof(name));
		direction = luo_session_direction(fd);
		close(fd);
	}
	*complete &= direction >= 0;
	add_text(o, "name", name);
	add_text(o, "direction", direction >= 0 ? directions[direction] : NULL);
	add_holder(o, h);
	json_object_array_add(list, o);
}

/* An empty list means that there is nothing, so it must be complete. */
static struct json_object *known(struct json_object *list, bool complete)
{
	if (complete || json_object_array_length(list))
		return list;
	json_object_put(list);
	return NULL;
}

static struct json_object *sessions(bool *complete)
{
	struct json_object *list = json_object_new_array();
	struct holders holders = open_files_find("anon_inode:[luo_session]");
	bool all = holders.complete;
	int i;

	for (i = 0; i < holders.n; i++)
		add_session(list, &holders.holder[i], &all);
	open_files_free(&holders);
	*complete &= all;
	return known(list, all);
}

static bool is_outgoing(struct json_object *session)
{
	const char *direction =
		json_object_get_string(json_object_object_get(session, "direction"));

	return direction && !strcmp(direction, "outgoing");
}

/* Has a process that session open? A VM's next session has the same name, but is outgoing. */
static bool is_open(struct json_object *sessions, const char *name)
{
	size_t i;

	for (i = 0; sessions && i < json_object_array_length(sessions); i++) {
		struct json_object *o = json_object_array_get_idx(sessions, i);

		if (!strcmp(json_object_get_string(json_object_object_get(o, "name")), name) &&
		    !is_outgoing(o))
			return true;
	}
	return false;
}

/* The outgoing sessions of the previous kernel; null if its iolu left no note */
static struct json_object *previous_sessions(struct json_object *sessions)
{
	struct json_object *note = update_note_take(), *list, *names, *o;
	size_t i;

	if (!note)
		return NULL;
	list = json_object_new_array();
	names = json_object_object_get(note, "sessions");
	for (i = 0; json_object_is_type(names, json_type_array) &&
	     i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (!name)
			continue;
		o = json_object_new_object();
		add_text(o, "name", name);
		json_object_object_add(o, "open", sessions ?
				       json_object_new_boolean(is_open(sessions, name)) : NULL);
		json_object_array_add(list, o);
	}
	json_object_put(note);
	return list;
}

static void add_token(struct json_object *list, const struct iommu_liveupdate_query *query,
		      const struct holder *h)
{
	struct json_object *o = json_object_new_object();
	char token[32];

	snprintf(token, sizeof(token), "0x%llx", (unsigned long long)query->out_token);
	add_text(o, "token", token);
	add_text(o, "state", luo_state_name(query->out_state));
	add_text(o, "format", (const char *)query->out_format);
	add_number(o, "levels", query->out_levels);
	add_number(o, "table_pages", query->out_table_pages);
	add_number(o, "mapped_bytes", query->out_mapped_bytes);
	add_number(o, "devices", query->out_devices);
	add_holder(o, h);
	json_object_array_add(list, o);
}

static void add_tokens(struct json_object *list, const char *prefix, bool *complete)
{
	struct holders holders = open_files_find(prefix);
	struct iommu_liveupdate_query query;
	int i, fd;

	*complete &= holders.complete;
	for (i = 0; i < holders.n; i++) {
		unsigned int index = 0;

		fd = open_files_borrow(&holders.holder[i]);
		*complete &= fd >= 0;
		while (fd >= 0 && !luo_query(fd, index++, &query))
			add_token(list, &query, &holders.holder[i]);
		if (fd >= 0)
			close(fd);
	}
	open_files_free(&holders);
}

/* A retrieved iommufd has another name than an opened one. */
static struct json_object *tokens(bool *complete)
{
	struct json_object *list = json_object_new_array();
	bool all = true;

	add_tokens(list, "/dev/iommu", &all);
	add_tokens(list, "anon_inode:[iommufd]", &all);
	*complete &= all;
	return known(list, all);
}

static struct json_object *devices(bool *complete)
{
	struct json_object *list = json_object_new_array(), *o;
	struct devices devices = devices_find();
	int i;

	for (i = 0; i < devices.n; i++) {
		const struct device *d = &devices.device[i];

		if (d->state == DEVICE_NONE || d->state == DEVICE_NOT_SHOWN)
			continue;
		o = json_object_new_object();
		add_text(o, "bdf", d->name);
		add_text(o, "state", device_state_name(d->state));
		json_object_array_add(list, o);
	}
	*complete &= devices.state_shown || !kernel_has_feature();
	list = known(list, devices.state_shown);
	devices_free(&devices);
	return list;
}

struct json_object *snapshot_take(bool *complete, bool with_note)
{
	struct json_object *top = json_object_new_object(), *open;

	*complete = true;
	json_object_object_add(top, "kernel", kernel());
	json_object_object_add(top, "preserved", preserved());
	json_object_object_add(top, "incoming", incoming());
	open = sessions(complete);
	json_object_object_add(top, "sessions", open);
	if (with_note)
		json_object_object_add(top, "previous_sessions", previous_sessions(open));
	json_object_object_add(top, "tokens", tokens(complete));
	json_object_object_add(top, "devices", devices(complete));
	return top;
}
