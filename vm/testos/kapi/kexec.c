// SPDX-License-Identifier: GPL-2.0
/*
 * Kexec: kexec_file_load(2) and reboot(2), without tools.
 *
 * The image comes from /next in the initramfs or, in a kernel that was itself started by
 * kexec and has no /next, from the memfds that are preserved with the state. Where kernels take
 * turns there is a second image: every other update goes back to the first kernel.
 *
 * Invariant: the next command line is this one with lu.stage counted up, the words of
 * lu.cmdline2 added once, and the number of facts stated so far; unless words are replaced.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kapi/kexec.h"
#include "os/report.h"
#include "os/util.h"
#include "story/state.h"

static bool word_is_ours(const char *word)
{
	static const char *const ours[] = { "lu.stage=", "lu.facts=", "lu.cmdline2=" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ours); i++)
		if (!strncmp(word, ours[i], strlen(ours[i])))
			return true;
	return false;
}

/* Copies the words of @line that stay, with quotes respected; returns the length. */
static size_t copy_words(char *out, size_t room, const char *line)
{
	size_t n = 0;

	while (*line) {
		bool quoted = false;
		size_t len;

		for (len = 0; line[len] && (quoted || line[len] != ' '); len++)
			if (line[len] == '"')
				quoted = !quoted;
		if (len && !word_is_ours(line) && n + len + 2 < room) {
			memcpy(out + n, line, len);
			n += len;
			out[n++] = ' ';
		}
		line += len + (line[len] == ' ');
	}
	out[n] = '\0';
	return n;
}

static struct {
	const char *words, *by;
} replaced;

void kexec_replace_words(const char *words, const char *by)
{
	replaced.words = words;
	replaced.by = by;
}

static void replace_words(char *out, size_t room)
{
	char *at = strstr(out, replaced.words), rest[2048];

	if (!at)
		bail_out("the next command line has no %s", replaced.words);
	snprintf(rest, sizeof(rest), "%s", at + strlen(replaced.words));
	room -= at - out;
	if ((size_t)snprintf(at, room, "%s%s", replaced.by, rest) >= room)
		bail_out("the next command line is too long");
}

void kexec_next_cmdline(char *out, size_t room, int stage)
{
	char extra[1024];
	size_t n = copy_words(out, room, cmdline_line());

	if (!cmdline_get("lu.cmdline2", extra, sizeof(extra)))
		extra[0] = '\0';
	if ((size_t)snprintf(out + n, room - n, "lu.stage=%d lu.facts=%u %s", stage + 1,
			     report_facts(), extra) >= room - n)
		bail_out("the next command line is too long");
	if (replaced.words)
		replace_words(out, room);
}

void kexec_keep_next(void)
{
	if (state_file(STATE_KERNEL) >= 0)
		return;
	state_keep_file(STATE_KERNEL, NEXT_KERNEL);
	state_keep_file(STATE_INITRD, NEXT_INITRD);
	if (!access(NEXT_BACK, F_OK))
		state_keep_file(STATE_BACK, NEXT_BACK);
}

static int image(const char *path, enum state_file which)
{
	char self[32];

	if (!access(path, F_OK))
		return must_open(path, O_RDONLY);
	if (state_file(which) < 0)
		bail_out("no %s and none in the state", path);
	snprintf(self, sizeof(self), "/proc/self/fd/%d", state_file(which));
	return must_open(self, O_RDONLY);
}

/* Which kernel follows that of @stage */
int kexec_next_kernel(int stage)
{
	if (stage % 2 == 0 && state_file(STATE_BACK) >= 0)
		return image(NEXT_BACK, STATE_BACK);
	return image(NEXT_KERNEL, STATE_KERNEL);
}

void kexec_load_next(int stage)
{
	char cmdline[2048];
	int kernel = kexec_next_kernel(stage);
	int initrd = image(NEXT_INITRD, STATE_INITRD);

	kexec_next_cmdline(cmdline, sizeof(cmdline), stage);
	mark("load.begin");
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(cmdline) + 1, cmdline, 0ul))
		bail_out("kexec_file_load: %s", strerror(errno));
	mark("load.end");
	close(kernel);
	close(initrd);
}

/*
 * Load an image with kexec_load(2), which passes no KHO data. The image is not a kernel: a
 * kexec to it hangs. Returns 0 or -errno.
 */
int kexec_load_untold(void)
{
	static const unsigned char hang[4096] = { 0xeb, 0xfe };	/* jmp . */
	struct kexec_segment segment = {
		.buf = hang,
		.bufsz = sizeof(hang),
		.mem = (void *)(128ul << 20),
		.memsz = sizeof(hang),
	};

	return syscall(SYS_kexec_load, segment.mem, 1ul, &segment, KEXEC_ARCH_DEFAULT) ? -errno : 0;
}

/* Returns -errno when the kernel refuses to go. */
int kexec_try(void)
{
	mark("reboot");
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC,
		NULL);
	return -errno;
}

void kexec_strict(bool strict)
{
	must_write("/sys/kernel/liveupdate/strict", strict ? "1" : "0");
}

void kexec_go(void)
{
	int rc = kexec_try();

	bail_out("reboot into the next kernel: %s", strerror(-rc));
}
