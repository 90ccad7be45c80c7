// SPDX-License-Identifier: GPL-2.0
/* The model of a party: its state after boot, and the states in which changes are refused. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "fuzz/fuzz.h"
#include "kapi/luo.h"

static void forget(struct party *p)
{
	p->id = p->ioas = p->hwpt = 0;
	p->mapped = p->marked = p->attached = p->stale = false;
	p->kept_memfd = p->kept_iommufd = p->kept_dev = false;
	p->failures = 0;
}

void party_init(struct party *p, unsigned int number, bool incoming)
{
	*p = (struct party){
		.incoming = incoming, .session = -1, .memfd = -1, .iommufd = -1, .dev = -1,
	};
	pthread_mutex_init(&p->lock, NULL);
	forget(p);
	snprintf(p->name, sizeof(p->name), "%s", fuzz_session(number));
	if (number >= FUZZ_DEVICES)
		return;
	pci_find_device(EXTRA_NVME, number, p->bdf);
	pci_bind_vfio(p->bdf);
	pci_cdev_path(p->bdf, p->cdev, sizeof(p->cdev));
}

/* The order in which a VMM that dies closes its files */
void party_drop(struct party *p)
{
	party_close(&p->dev);
	party_close(&p->iommufd);
	party_close(&p->memfd);
	party_close(&p->session);
	forget(p);
}

/*
 * A session holds the files that were retrieved from it, even when it is closed. Another thread
 * may have had it open when the party was given up: then the model has lost it.
 */
void party_discard(struct party *p)
{
	int session = luo_try_retrieve(p->name);

	if (session < 0)
		return;
	luo_discard(session);
	close(session);
}

/* Nothing is held any more, in any state and without the lock. */
void party_give_up(struct party *p)
{
	if (p->incoming && p->session >= 0)
		luo_discard(p->session);
	else if (p->incoming)
		party_discard(p);
	p->incoming = false;
	party_drop(p);
}

/* No descriptor is lost between threads: a device that is unbound would wait for its file. */
void party_take(int *slot, int fd)
{
	int none = -1;

	if (!__atomic_compare_exchange_n(slot, &none, fd, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST))
		close(fd);
}

int party_close(int *slot)
{
	int fd = __atomic_exchange_n(slot, -1, __ATOMIC_SEQ_CST);

	return fd >= 0 && close(fd) ? -errno : 0;
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
