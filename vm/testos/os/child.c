// SPDX-License-Identifier: GPL-2.0
/* Child processes that may hang, as a test expects them to or not to. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child.h"
#include "os/util.h"

pid_t child_start(void (*body)(const void *arg), const void *arg)
{
	pid_t pid = fork();

	if (!pid) {
		body(arg);
		_exit(0);
	}
	nap(10);
	return pid;
}

/* Does the child end by itself within @ms? */
bool child_ends(pid_t pid, unsigned int ms)
{
	for (; ms > 0; ms -= 100) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		sleep_ms(100);
	}
	return false;
}

void child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
