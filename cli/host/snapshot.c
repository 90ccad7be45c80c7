// SPDX-License-Identifier: GPL-2.0-only
/*
 * How things stand. Numbers come from sysfs. Sessions and iommufds are found at the processes
 * that have them open, and asked through a borrowed descriptor, which needs the right to trace
 * the process. Devices, by name, come from debugfs. Asking changes nothing.
 *
 * A session that came in and was not retrieved yet is open nowhere, and the kernel has no list
 * of them. Its devices and domains are in the numbers; its name is known if iolu made the jump
 * and has left a note of what went out. Whether such a session still waits nobody tells.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/update_note.h"
#include "host/open_files.h"
#include "host/snapshot.h"

#define NUMBERS	"/sys/kernel/liveupdate/"

static void add_text(struct json_object *to, const char *key, const char *text)
{
	json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *to, const char *key, uint64_t value)
{
	json_object_object_add(to, key, json_object_new_int64(value));
}

/* A number of sysfs, null if it is not there */
static void add_sysfs(struct json_object *to, const char *key, const char *path)
{
	uint64_t value;

	if (host_number(&value, "%s", path))
		json_object_object_add(to, key, NULL);
	else
		add_number(to, key, value);
}

bool state_is_there(void)
{
	return host_has(NUMBERS "iommu");
}

static struct json_object *kernel(void)
{
	struct json_object *o = json_object_new_object();
	char release[128] = "";

	host_text(release, sizeof(release), "/proc/sys/kernel/osrelease");
	add_text(o, "release", release);
	json_object_object_add(o, "carries_iommu_state",
			       json_object_new_boolean(state_is_there()));
	json_object_object_add(o, "handover",
			       json_object_new_boolean(host_has("/dev/liveupdate")));
	add_sysfs(o, "image_loaded", "/sys/kernel/kexec_loaded");
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
	static const char *const ways[] = { "outgoing", "incoming" };
	struct json_object *o = json_object_new_object();
	const char *shown = strchr(h->what, ' ');
	int fd = procs_borrow(h), way = -1;
	char name[128] = "";

	snprintf(name, sizeof(name), "%s", shown ? shown + 1 : "");
	if (fd >= 0) {
		luo_session_name(fd, name, sizeof(name));
		way = luo_session_way(fd);
		close(fd);
	}
	*complete &= way >= 0;
	add_text(o, "name", name);
	add_text(o, "way", way >= 0 ? ways[way] : NULL);
	add_holder(o, h);
	json_object_array_add(list, o);
}

static struct json_object *sessions(bool *complete)
{
	struct json_object *list = json_object_new_array();
	struct holders holders = procs_find("anon_inode:[luo_session]");
	int i;

	*complete &= holders.complete;
	for (i = 0; i < holders.n; i++)
		add_session(list, &holders.holder[i], complete);
	procs_free(&holders);
	return list;
}

/* Does somebody have a session of that name open? */
static bool is_open(struct json_object *sessions, const char *name)
{
	size_t i;

	for (i = 0; i < json_object_array_length(sessions); i++) {
		struct json_object *o = json_object_array_get_idx(sessions, i);

		if (!strcmp(json_object_get_string(json_object_object_get(o, "name")), name))
			return true;
	}
	return false;
}

/* The names that the old kernel's iolu saw going out; null if it left no note. */
static struct json_object *came_in(struct json_object *sessions)
{
	struct json_object *note = note_take(), *list, *names, *o;
	size_t i;

	if (!note)
		return NULL;
	list = json_object_new_array();
	names = json_object_object_get(note, "sessions");
	for (i = 0; json_object_is_type(names, json_type_array) &&
	     i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		o = json_object_new_object();
		add_text(o, "name", name);
		json_object_object_add(o, "open", json_object_new_boolean(
					       is_open(sessions, name)));
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
	struct holders holders = procs_find(prefix);
	struct iommu_liveupdate_query query;
	int i, fd;

	*complete &= holders.complete;
	for (i = 0; i < holders.n; i++) {
		unsigned int index = 0;

		fd = procs_borrow(&holders.holder[i]);
		*complete &= fd >= 0;
		while (fd >= 0 && !luo_query(fd, index++, &query))
			add_token(list, &query, &holders.holder[i]);
		if (fd >= 0)
			close(fd);
	}
	procs_free(&holders);
}

/* An iommufd that came in has another name than one that was opened. */
static struct json_object *tokens(bool *complete)
{
	struct json_object *list = json_object_new_array();

	add_tokens(list, "/dev/iommu", complete);
	add_tokens(list, "anon_inode:[iommufd]", complete);
	return list;
}

/* "  device 0000:01:00.0: domain 1, unit 2, domain id 3, running" */
static void add_device(struct json_object *list, char *line, const char *set)
{
	struct json_object *o;
	char bdf[16], *state = strrchr(line, ',');

	if (sscanf(line, "  device %15[0-9a-f:.]", bdf) != 1 || !state)
		return;
	bdf[strlen(bdf) - 1] = '\0';		/* the colon behind it */
	o = json_object_new_object();
	add_text(o, "bdf", bdf);
	add_text(o, "set", set);
	add_text(o, "state", state + 2);
	json_object_array_add(list, o);
}

static struct json_object *devices(bool *complete)
{
	static char dump[1 << 18];
	struct json_object *list;
	const char *set = "";
	char *line, *rest = dump;

	if (host_text(dump, sizeof(dump), "/sys/kernel/debug/iommu_liveupdate")) {
		*complete &= !state_is_there();
		return NULL;
	}
	list = json_object_new_array();
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, "preserved:", 10))
			set = "preserved";
		else if (!strncmp(line, "incoming:", 9))
			set = "incoming";
		else
			add_device(list, line, set);
	}
	return list;
}

struct json_object *state_collect(bool *complete)
{
	struct json_object *top = json_object_new_object(), *open;

	*complete = true;
	json_object_object_add(top, "kernel", kernel());
	json_object_object_add(top, "preserved", preserved());
	json_object_object_add(top, "incoming", incoming());
	open = sessions(complete);
	json_object_object_add(top, "sessions", open);
	json_object_object_add(top, "came_in", came_in(open));
	json_object_object_add(top, "tokens", tokens(complete));
	json_object_object_add(top, "devices", devices(complete));
	return top;
}
