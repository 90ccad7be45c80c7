// SPDX-License-Identifier: GPL-2.0
/* The model of a party: its state after boot, and the states in which changes are refused. */
#include <stdio.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "fuzz/fuzz.h"

static void forget(struct party *p)
{
	p->session = p->memfd = p->iommufd = p->dev = -1;
	p->id = p->ioas = p->hwpt = 0;
	p->mapped = p->marked = p->attached = p->stale = false;
	p->kept_memfd = p->kept_iommufd = p->kept_dev = false;
	p->failures = 0;
}

void party_init(struct party *p, unsigned int number, bool incoming)
{
	*p = (struct party){ .incoming = incoming };
	pthread_mutex_init(&p->lock, NULL);
	forget(p);
	snprintf(p->name, sizeof(p->name), "%s", fuzz_session(number));
	if (number >= FUZZ_DEVICES)
		return;
	pci_find_device(EXTRA_NVME, number, p->bdf);
	pci_bind_vfio(p->bdf);
	pci_cdev_path(p->bdf, p->cdev, sizeof(p->cdev));
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void party_drop(struct party *p)
{
	close_fd(p->dev);
	close_fd(p->iommufd);
	close_fd(p->memfd);
	close_fd(p->session);
	forget(p);
}

void party_take(int *slot, int fd)
{
	if (*slot < 0)
		*slot = fd;
	else
		close(fd);
}

bool party_has(const struct party *p, unsigned int needs)
{
	return (p->session >= 0 || !(needs & NEEDS_SESSION)) &&
	       (p->memfd >= 0 || !(needs & NEEDS_MEMFD)) &&
	       (p->iommufd >= 0 || !(needs & NEEDS_IOMMUFD)) &&
	       (p->dev >= 0 || !(needs & NEEDS_DEV)) && (*p->bdf || !(needs & NEEDS_BDF));
}

bool party_may_change(const struct party *p)
{
	return !p->stale && !p->kept_iommufd && !(p->incoming && p->hwpt);
}
