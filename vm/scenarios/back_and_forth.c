// SPDX-License-Identifier: GPL-2.0
/*
 * Three updates: older Linux series to the current one, back, and again to the current one, with
 * the DMA of one VM's device continuing throughout. Both kernels are built from the same new
 * files: each must understand the records of the other, and the older kernel must find nothing
 * that only the newer one knows.
 *
 * promise: 9, mismatch
 * red when: the older kernel (a 7.3 in the place of 7.2): the kernel whose turn it is does not run
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kapi/kexec.h"
#include "kapi/kho.h"
#include "os/command.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define UPDATES	3

/* Is this the kernel whose turn it is? */
static void look_at_release(void)
{
	const char *wanted = story_stage() % 2 ? OLDER_SERIES "." : SERIES ".";
	struct utsname name;

	uname(&name);
	ok(!strncmp(name.release, wanted, strlen(wanted)), "the kernel whose turn it is runs",
	   "%s, not %s", name.release, wanted);
}

/* Compares the records that this kernel writes with those that the other image reads. */
static void iolu_says_yes(void)
{
	int kernel = kexec_next_kernel(story_stage());
	char path[48], line[2048];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), kernel);
	kexec_next_cmdline(line, sizeof(line), story_stage());
	iolu_tells(iolu("check", "--kernel", path, "--cmdline", line, NULL), 0, "verdict: yes",
		   "iolu check says yes to the other kernel");
	close(kernel);
}

static void before(void)
{
	look_at_release();
	story_begin(one_nic_each, 1);
	iolu_says_yes();
	kexec_keep_next();
	story_preserve();
	story_leave();
}

/* The same VM is the same records, whichever kernel writes them. */
static void compare_records(void)
{
	struct state *state = state_get();
	uint64_t records = kho_records();

	if (state->updates > 1)
		ok(records == state->records, "it takes as many records as the other kernel made",
		   "%llu, not %llu", (unsigned long long)records,
		   (unsigned long long)state->records);
	state->records = records;
}

static void after(void)
{
	look_at_release();
	story_arrive();
	story_retrieve();
	story_adopt();
	story_finish();
	story_traffic("lu.post");
	if (state_get()->updates < UPDATES) {
		iolu_says_yes();
		story_preserve();
		compare_records();
		story_leave();
	}
	story_judge();
	story_life();
}

SCENARIO(.name = "back_and_forth", .older = true, .updates = UPDATES, .timeout = 200,
	 .command = true, .before = before, .after = after);
