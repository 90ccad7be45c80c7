// SPDX-License-Identifier: GPL-2.0
/*
 * Unbinding a device from vfio-pci waits for its last file. A process that has no such file
 * does it, so that the fuzzer never waits for itself: a thread asks it through a pipe and does
 * not wait long for the answer. No other device is unbound until the answer is there.
 *
 * A device that was unbound stays enabled from then on, as sysfs lets root do: to enable a device
 * anew Linux evaluates the interrupt routing of its bus, on the debug kernel for a second.
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "fuzz/fuzz.h"
#include "os/report.h"

#define ANSWER_MS	300

static int question[2], answer[2];
static bool asked;		/* and not answered yet */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int rebind(const char *bdf)
{
	int rc = pci_unbind_vfio(bdf);

	if (!rc)
		rc = pci_set(bdf, "enable", "1");
	return rc ? rc : pci_bind_to(bdf, "vfio-pci");
}

_Noreturn static void serve(void)
{
	const int keep[] = { question[0], answer[1] };
	char bdf[BDF_LEN];

	fuzz_close_others(keep, 2);
	while (read(question[0], bdf, sizeof(bdf)) == sizeof(bdf)) {
		int rc = rebind(bdf);

		if (write(answer[1], &rc, sizeof(rc)) != sizeof(rc))
			break;
	}
	_exit(0);
}

pid_t unbinder_start(void)
{
	pid_t pid;

	asked = false;
	if (pipe2(question, O_CLOEXEC) || pipe2(answer, O_CLOEXEC) || (pid = fork()) < 0)
		bail_out("start the unbinder: %m");
	if (!pid)
		serve();
	close(question[0]);
	close(answer[1]);
	return pid;
}

void unbinder_fds(int fds[2])
{
	fds[0] = question[1];
	fds[1] = answer[0];
}

void unbinder_close(void)
{
	close(question[1]);
	close(answer[0]);
}

static bool answered(int patience, int *rc)
{
	struct pollfd p = { .fd = answer[0], .events = POLLIN };

	if (poll(&p, 1, patience) != 1)
		return false;
	asked = false;
	if (read(answer[0], rc, sizeof(*rc)) != sizeof(*rc))
		*rc = -EIO;
	return true;
}

static int ask(const char *bdf)
{
	char line[BDF_LEN] = "";
	int rc;

	if (asked && !answered(0, &rc))
		return -EBUSY;
	memcpy(line, bdf, strnlen(bdf, BDF_LEN - 1));
	if (write(question[1], line, sizeof(line)) != sizeof(line))
		return -errno;
	asked = true;
	return answered(ANSWER_MS, &rc) ? rc : -EAGAIN;
}

bool unbinder_waits(void)
{
	bool waits;
	int rc;

	pthread_mutex_lock(&lock);
	waits = asked && !answered(ANSWER_MS, &rc);
	pthread_mutex_unlock(&lock);
	return waits;
}

int unbinder_ask(const char *bdf)
{
	int rc;

	pthread_mutex_lock(&lock);
	rc = ask(bdf);
	pthread_mutex_unlock(&lock);
	return rc;
}
