// SPDX-License-Identifier: GPL-2.0
/*
 * The models of devices that testos can drive.
 *
 * A device's index is its place among these, in the order of addresses: the runner adds root
 * ports and devices in index order. A virtual function counts as soon as it exists.
 */
#include <string.h>
#include <sys/mman.h>

#include "device/dma_device.h"
#include "device/nic.h"
#include "kapi/vfio.h"
#include "os/report.h"
#include "os/util.h"

static const struct dma_device_ops *const all[] = {
	&nic_igb.ops, &nic_igbvf.ops, &nic_e1000e.ops, &nic_virtio.ops, &nvme.ops,
};

const struct dma_device_ops *dma_device_ops(const char *model)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (!strcmp(model, all[i]->model))
			return all[i];
	bail_out("testos cannot drive a \"%s\"", model);
}

static const struct dma_device_ops *ops_of(const char *bdf)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (pci_has_ids(bdf, all[i]->ids))
			return all[i];
	return NULL;
}

const char *dma_device_model(const char *bdf)
{
	const struct dma_device_ops *ops = ops_of(bdf);

	return ops ? ops->model : "unknown";
}

static bool is_known(const char *bdf, uint32_t unused)
{
	(void)unused;
	return ops_of(bdf);
}

bool dma_device_find(unsigned int index, char bdf[BDF_LEN])
{
	return pci_find(is_known, 0, index, bdf);
}

void dma_device_map(struct dma_device *d)
{
	d->regs = vfio_map_bar(d->dev, d->ops->bar, d->ops->bar_size);
}

void dma_device_look(struct dma_device *d, const char *bdf, const char *model)
{
	d->ops = dma_device_ops(model);
	d->regs = pci_map_bar(bdf, d->ops->bar, d->ops->bar_size);
}

void dma_device_unmap(struct dma_device *d)
{
	munmap((void *)d->regs, d->ops->bar_size);
	d->regs = NULL;
}

/* A pause of the whole emulator passes for one look: it is looks that count and not time. */
bool device_reaches(const struct dma_device *d, uint32_t n)
{
	unsigned int look;

	for (look = 0; device_progress(d) <= n && look < 200; look++)
		sleep_ms(50);
	return device_progress(d) > n;
}

void device_await_silence(const struct dma_device *d)
{
	uint32_t before = device_progress(d), now;
	unsigned int look, quiet = 0;

	for (look = 0; quiet < 10 && look < 200; look++) {
		sleep_ms(50);
		now = device_progress(d);
		quiet = now == before ? quiet + 1 : 0;
		before = now;
	}
}
