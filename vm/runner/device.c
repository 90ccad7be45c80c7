// SPDX-License-Identifier: GPL-2.0
/* The list of kinds of devices. */
#include <string.h>

#include "core/needs.h"
#include "core/util.h"
#include "device.h"
#include "qemu/args.h"
#include "qemu/sender.h"

static const struct device_kind *const kinds[] = {
	&device_nic, &device_virtio, &device_vhost, &device_nvme,
};

static const struct device_model *find(const struct device_kind *kind, const char *model)
{
	size_t i;

	for (i = 0; i < kind->nmodels; i++)
		if (!strcmp(kind->models[i].name, model))
			return &kind->models[i];
	return NULL;
}

void device_add_datagrams(struct args *a, int i, const struct sender *link)
{
	arg(a, "-netdev");
	arg(a, "dgram,id=n%d,local.type=fd,local.str=%d", i, link->qemu_fd);
}

const struct device_kind *device_kind(const char *model)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (find(kinds[i], model))
			return kinds[i];
	return &device_nic;
}

const struct device_model *device_model(const char *model)
{
	return find(device_kind(model), model);
}

bool device_any_outside(const struct needs *needs)
{
	int i;

	for (i = 0; i < needs->ndevices; i++)
		if (device_kind(needs->device[i].model)->outside)
			return true;
	return needs->pasids;
}
