// SPDX-License-Identifier: GPL-2.0-only
/*
 * Values that the kernel does not preserve and iolu reports later: the time of the kexec, the
 * steps traced before it, and the names of the outgoing sessions. The previous kernel's iolu
 * writes them as JSON into a memfd in a live update session of its own. In the next kernel
 * iolu retrieves the memfd, finishes that session, and keeps the text in /run for this boot.
 *
 * The session lives as long as its descriptor, so this works if iolu itself makes the kexec,
 * but not if systemd does, which ends all processes first. Without a note only figures are
 * missing.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/liveupdate.h"
#include "host/update_note.h"
#include "host/open_files.h"
#include "host/trace.h"
#include "host/tsc.h"

#define SESSION		"iolu.note"
#define NO_NOTE		"none"
#define FORMAT		"iolu-note-v1"
#define TOKEN		1
#define DIR_OF_NOTE	"/run/iolu"
#define TAKEN		DIR_OF_NOTE "/last-update"
#define NOTE_MAX	(1l << 20)

/* -- outgoing -- */

static struct json_object *outgoing(void)
{
	struct json_object *list = json_object_new_array();
	struct holders holders = open_files_find("anon_inode:[luo_session]");
	char name[128];
	int i, fd;

	for (i = 0; i < holders.n; i++) {
		fd = open_files_borrow(&holders.holder[i]);
		if (fd < 0)
			continue;
		if (luo_session_direction(fd) == LUO_OUTGOING &&
		    !luo_session_name(fd, name, sizeof(name)))
			json_object_array_add(list, json_object_new_string(name));
		close(fd);
	}
	open_files_free(&holders);
	return list;
}

static struct json_object *traced(void)
{
	struct json_object *list = json_object_new_array(), *o;
	struct steps steps;
	int i;

	if (trace_read(&steps))
		return list;
	for (i = 0; i < steps.n; i++) {
		const struct step *s = &steps.step[i];

		if (strncmp(s->name, "preserve_", 9))
			continue;
		o = json_object_new_object();
		json_object_object_add(o, "step", json_object_new_string(s->name));
		json_object_object_add(o, "object", json_object_new_string(s->object));
		json_object_object_add(o, "end_us", json_object_new_double(s->end));
		json_object_object_add(o, "ns", json_object_new_int64(s->ns));
		json_object_object_add(o, "ret", json_object_new_int(s->ret));
		json_object_array_add(list, o);
	}
	trace_free(&steps);
	return list;
}

/* The clock is read last, as close to the kexec as possible. */
static struct json_object *write_note(void)
{
	struct json_object *note = json_object_new_object();
	struct tsc_clock clock;
	char release[128] = "";
	uint64_t now;

	host_text(release, sizeof(release), "/proc/sys/kernel/osrelease");
	json_object_object_add(note, "format", json_object_new_string(FORMAT));
	json_object_object_add(note, "release", json_object_new_string(release));
	json_object_object_add(note, "sessions", outgoing());
	json_object_object_add(note, "steps", traced());
	if (!tsc_clock_read(&clock)) {
		now = tsc_now();
		json_object_object_add(note, "tsc", json_object_new_int64(now));
		json_object_object_add(note, "clock_ns",
				       json_object_new_int64(tsc_clock_at(&clock, now)));
	}
	return note;
}

static int keep_text(int session, const char *text)
{
	size_t size = strlen(text);
	int fd = memfd_create(SESSION, MFD_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = write(fd, text, size) == (ssize_t)size ? 0 : -EIO;
	if (!rc)
		rc = luo_preserve_fd(session, fd, TOKEN);
	close(fd);
	return rc;
}

int update_note_leave(void)
{
	struct json_object *note;
	int device, session, rc;

	json_object_put(update_note_take());		/* Nothing else would finish its session. */
	device = luo_open();
	if (device < 0)
		return device;
	session = luo_create(device, SESSION);
	close(device);
	if (session < 0)
		return session;
	note = write_note();
	rc = keep_text(session, json_object_to_json_string(note));
	json_object_put(note);
	if (rc)
		close(session);
	return rc ? rc : session;
}

/* -- incoming -- */

static char *read_text(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) || st.st_size > NOTE_MAX)
		return NULL;
	text = malloc(st.st_size + 1);
	n = text ? pread(fd, text, st.st_size, 0) : -1;
	if (n >= 0)
		text[n] = '\0';
	else if (text)
		text[0] = '\0';
	return text;
}

/* Returns the text, NO_NOTE if this boot has none, or NULL if that is not known. */
static char *take_out(void)
{
	int device = luo_open(), session, fd;
	char *text = NULL;

	if (device < 0)
		return NULL;
	session = luo_retrieve(device, SESSION);
	close(device);
	if (session < 0)
		return session == -ENOENT ? strdup(NO_NOTE) : NULL;
	fd = luo_retrieve_fd(session, TOKEN);
	if (fd >= 0) {
		text = read_text(fd);
		close(fd);
	}
	luo_finish(session);
	close(session);
	return text;
}

static void keep_for_this_boot(const char *text)
{
	char id[64], path[4096];
	FILE *f;

	if (host_boot_id(id, sizeof(id)))
		return;
	mkdir(DIR_OF_NOTE, 0755);
	host_path(path, sizeof(path), "%s", TAKEN);
	f = fopen(path, "we");
	if (!f)
		return;
	fprintf(f, "%s %s\n", id, text);
	fclose(f);
}

/* The result of an earlier call in this boot, released with free() */
static char *read_kept(void)
{
	char id[64], *text = calloc(1, NOTE_MAX);

	if (!text || host_boot_id(id, sizeof(id)) || host_text(text, NOTE_MAX, TAKEN) ||
	    strncmp(text, id, strlen(id)) || text[strlen(id)] != ' ') {
		free(text);
		return NULL;
	}
	memmove(text, text + strlen(id) + 1, strlen(text + strlen(id)));
	return text;
}

struct json_object *update_note_take(void)
{
	struct json_object *note = NULL, *format;
	char *text = read_kept();

	if (!text && host_is_real()) {
		text = take_out();
		if (text)
			keep_for_this_boot(text);
	}
	if (text)
		note = json_tokener_parse(text);
	free(text);
	if (note && (!json_object_object_get_ex(note, "format", &format) || !format ||
		     strcmp(json_object_get_string(format), FORMAT))) {
		json_object_put(note);
		note = NULL;
	}
	return note;
}
