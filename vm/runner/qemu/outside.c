// SPDX-License-Identifier: GPL-2.0
/* The socket and the thread of a device, or of a part of one, outside the emulator */
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/util.h"
#include "outside.h"

void outside_open(struct outside *o, const char *address, void *(*loop)(void *), void *arg)
{
	o->listener = listen_at(address);
	o->emulator = -1;
	o->stop = eventfd(0, EFD_CLOEXEC);
	if (o->stop < 0 || pthread_create(&o->thread, NULL, loop, arg))
		die("cannot start the thread for %s", address);
}

void outside_close(struct outside *o)
{
	eventfd_write(o->stop, 1);
	pthread_join(o->thread, NULL);
	if (o->emulator >= 0)
		close(o->emulator);
	close(o->listener);
	close(o->stop);
}
