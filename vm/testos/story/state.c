// SPDX-License-Identifier: GPL-2.0
/*
 * The state that one kernel's init hands to the next one's, in a session of its own.
 *
 * Several memfds under fixed tokens: the state proper, the record of the table walk, and,
 * when more than one update is asked for, the next kernels and their initramfs (the inner
 * initramfs does not hold itself). They are created on first use, mapped shared and changed
 * in place, so the next kernel finds the last values written before reboot(2).
 *
 * Invariant: the session is created right before the kexec and finished as soon as its
 * files are retrieved, so the scenarios' own sessions are not affected.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kapi/luo.h"
#include "os/report.h"
#include "os/util.h"
#include "story/state.h"

#define STATE_SESSION	"testos-state"
#define STATE_TOKEN	0x57a7e000ull
#define STATE_SIZE	(64 * KIB)

static struct state *state;
static int files[STATE_FILES] = { -1, -1, -1, -1, -1 };
static int session = -1;

static int file_create(enum state_file which, uint64_t size)
{
	int fd = memfd_create("testos-state", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size))
		bail_out("state file %d: %s", which, strerror(errno));
	files[which] = fd;
	return fd;
}

struct state *state_create(void)
{
	state = must_map(file_create(STATE_SELF, STATE_SIZE), STATE_SIZE, 0, "state");
	state->magic = STATE_MAGIC;
	state->version = STATE_VERSION;
	state->size = sizeof(*state);
	return state;
}

struct state *state_get(void)
{
	return state;
}

int state_file(enum state_file which)
{
	return files[which];
}

/* Maps a file of the state, once; creates it with @size when there is none. */
void *state_map(enum state_file which, uint64_t size)
{
	static void *mapped[STATE_FILES];

	if (files[which] < 0)
		file_create(which, size);
	if (!mapped[which])
		mapped[which] = must_map(files[which], size, 0, "state file");
	return mapped[which];
}

void state_keep_file(enum state_file which, const char *path)
{
	int from = must_open(path, O_RDONLY);
	struct stat st;
	off_t at = 0;
	int fd;

	if (fstat(from, &st))
		bail_out("stat %s: %s", path, strerror(errno));
	fd = file_create(which, st.st_size);
	while (at < st.st_size)
		if (sendfile(fd, from, &at, st.st_size - at) <= 0)
			bail_out("copy %s: %s", path, strerror(errno));
	close(from);
}

void state_preserve(void)
{
	int rc, i;

	session = luo_create(STATE_SESSION);
	for (i = 0; i < STATE_FILES; i++) {
		if (files[i] < 0)
			continue;
		rc = luo_preserve_fd(session, files[i], STATE_TOKEN + i);
		if (rc < 0)
			bail_out("preserve state file %d: %s", i, strerror(-rc));
	}
}

static void check(const struct state *s)
{
	if (s->magic != STATE_MAGIC || s->version != STATE_VERSION || s->size != sizeof(*s))
		bail_out("state of version %u and size %u is not ours", s->version, s->size);
	if (s->nvms > STATE_VMS)
		bail_out("state with %u VMs", s->nvms);
}

struct state *state_retrieve(void)
{
	int i;

	session = luo_retrieve(STATE_SESSION);
	for (i = 0; i < STATE_FILES; i++) {
		files[i] = luo_retrieve_fd(session, STATE_TOKEN + i);
		if (files[i] < 0 && files[i] != -ENOENT)
			bail_out("retrieve state file %d: %s", i, strerror(-files[i]));
	}
	if (files[STATE_SELF] < 0)
		bail_out("the session holds no state");
	state = must_map(files[STATE_SELF], STATE_SIZE, 0, "state");
	check(state);
	return state;
}

void state_finish(void)
{
	int rc = luo_finish(session);

	if (rc < 0)
		bail_out("finish the state's session: %s", strerror(-rc));
	close(session);
	session = -1;
}
