// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The handle: allocation, reasons, lists of objects, blobs.
 *
 * Each look-up walks a list: a VM has tens of objects, and IOLU_MAX_OBJECTS limits a damaged
 * journal. Dropping an object closes its descriptors; the caller makes sure that no other object
 * points to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

static const struct {
	const char *name;
	size_t size;
} kinds[IOLU_KINDS] = {
	[IOLU_MEMFD] = { "memfd", sizeof(struct iolu_memfd) },
	[IOLU_IOAS] = { "IOAS", sizeof(struct iolu_ioas) },
	[IOLU_HWPT] = { "HWPT", sizeof(struct iolu_hwpt) },
	[IOLU_DEVICE] = { "device", sizeof(struct iolu_device) },
	[IOLU_BLOB] = { "blob", sizeof(struct iolu_blob) },
};

const char *iolu_kind_name(unsigned int kind)
{
	return kinds[kind].name;
}

/* Set the reason and return @rc, so that a failure is one statement. */
int iolu_fail(struct iolu_vm *vm, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vm->reason, sizeof(vm->reason), fmt, ap);
	va_end(ap);
	return rc;
}

void iolu_step(const struct iolu_vm *vm, const char *step, const char *object)
{
	if (vm->progress)
		vm->progress(vm->progress_arg, step, object);
}

void iolu_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int iolu_dup(struct iolu_vm *vm, int fd, int *copy)
{
	*copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (*copy < 0)
		return iolu_fail(vm, -errno, "descriptor %d cannot be duplicated: %s", fd,
				 strerror(errno));
	return 0;
}

bool iolu_name_valid(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return false;
	return length && length < IOLU_NAME;
}

/* -- objects -- */

void *iolu_find(const struct iolu_vm *vm, unsigned int kind, const char *name)
{
	struct iolu_object *o = vm->objects[kind];

	while (o && strcmp(o->name, name))
		o = o->next;
	return o;
}

int iolu_need_object(struct iolu_vm *vm, unsigned int kind, const char *name,
		     struct iolu_object **found)
{
	*found = name ? iolu_find(vm, kind, name) : NULL;
	if (*found)
		return 0;
	return iolu_fail(vm, -ENOENT, "there is no %s \"%s\"", kinds[kind].name,
			 name ? name : "");
}

void *iolu_find_token(const struct iolu_vm *vm, unsigned int kind, uint64_t token)
{
	struct iolu_object *o = vm->objects[kind];

	while (o && o->token != token)
		o = o->next;
	return o;
}

/* The lowest token of a kind that no object has */
uint64_t iolu_free_token(const struct iolu_vm *vm, unsigned int kind)
{
	uint64_t token = IOLU_TOKEN(kind, 0);

	while (iolu_find_token(vm, kind, token))
		token++;
	return token;
}

static void init_object(unsigned int kind, void *object)
{
	if (kind == IOLU_MEMFD)
		((struct iolu_memfd *)object)->fd = -1;
	if (kind == IOLU_DEVICE)
		((struct iolu_device *)object)->fd = -1;
}

static int check_new(struct iolu_vm *vm, unsigned int kind, const char *name)
{
	struct iolu_object *o;
	unsigned int n = 0;

	if (!name || !iolu_name_valid(name, strnlen(name, IOLU_NAME)))
		return iolu_fail(vm, -EINVAL, "the name of a %s has 1 to %u printable characters "
				 "without blanks", kinds[kind].name, IOLU_NAME - 1);
	if (iolu_find(vm, kind, name))
		return iolu_fail(vm, -EEXIST, "%s \"%s\" already exists", kinds[kind].name, name);
	for (o = vm->objects[kind]; o; o = o->next)
		n++;
	if (n >= IOLU_MAX_OBJECTS)
		return iolu_fail(vm, -E2BIG, "%s \"%s\": the limit of %u is reached",
				 kinds[kind].name, name, IOLU_MAX_OBJECTS);
	return 0;
}

int iolu_make_object(struct iolu_vm *vm, unsigned int kind, const char *name,
		     struct iolu_object **made)
{
	struct iolu_object **last = &vm->objects[kind], *object;
	int rc = check_new(vm, kind, name);

	if (rc)
		return rc;
	object = calloc(1, kinds[kind].size);
	if (!object)
		return iolu_fail(vm, -ENOMEM, "no memory for %s \"%s\"", kinds[kind].name, name);
	strcpy(object->name, name);
	init_object(kind, object);
	while (*last)
		last = &(*last)->next;
	*last = object;
	*made = object;
	return 0;
}

void iolu_close_vectors(struct iolu_irq *irq)
{
	uint32_t i;

	for (i = 0; irq->fds && i < irq->count; i++)
		iolu_close(&irq->fds[i]);
	free(irq->fds);
	irq->fds = NULL;
}

static void drop_maps(struct iolu_vm *vm, struct iolu_ioas *ioas)
{
	struct iolu_map *map;

	while ((map = ioas->maps)) {
		ioas->maps = map->next;
		vm->nmaps--;
		free(map);
	}
}

static void release(struct iolu_vm *vm, unsigned int kind, void *object)
{
	struct iolu_device *device = object;
	unsigned int i;

	if (kind == IOLU_MEMFD)
		iolu_close(&((struct iolu_memfd *)object)->fd);
	else if (kind == IOLU_IOAS)
		drop_maps(vm, object);
	else if (kind == IOLU_BLOB)
		free(((struct iolu_blob *)object)->data);
	if (kind != IOLU_DEVICE)
		return;
	for (i = 0; i < IOLU_IRQS; i++)
		iolu_close_vectors(&device->irq[i]);
	iolu_drop_bars(device);
	iolu_close(&device->fd);
}

void iolu_drop(struct iolu_vm *vm, unsigned int kind, void *object)
{
	struct iolu_object **at = &vm->objects[kind];

	while (*at != object)
		at = &(*at)->next;
	*at = (*at)->next;
	release(vm, kind, object);
	free(object);
}

/* Devices before the iommufd: it cannot be destroyed while a device is bound to it. */
void iolu_drop_all(struct iolu_vm *vm)
{
	struct iolu_unknown *unknown;
	unsigned int kind = IOLU_KINDS;

	while (kind--)
		while (vm->objects[kind])
			iolu_drop(vm, kind, vm->objects[kind]);
	while ((unknown = vm->unknown)) {
		vm->unknown = unknown->next;
		free(unknown);
	}
	iolu_close(&vm->iommufd);
	vm->journal_read = false;
}

/* May the contents of the journal change in this state? */
int iolu_changeable(struct iolu_vm *vm, bool preserved_too)
{
	if (vm->state == IOLU_SAVED || (vm->state == IOLU_PRESERVED && !preserved_too))
		return iolu_fail(vm, -EBUSY, "VM \"%s\" is preserved: call iolu_vm_unsave() first",
				 vm->name);
	return 0;
}

/* -- allocate and free -- */

const char *iolu_version(void)
{
	return IOLU_VERSION;
}

int iolu_vm_new(const char *name, struct iolu_vm **vm)
{
	struct iolu_vm *new;

	*vm = NULL;
	if (!name || !iolu_name_valid(name, strnlen(name, IOLU_NAME)))
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	strcpy(new->name, name);
	new->liveupdate = -1;
	new->given_session = -1;
	new->session = -1;
	new->given_iommufd = -1;
	new->iommufd = -1;
	*vm = new;
	return 0;
}

void iolu_vm_free(struct iolu_vm *vm)
{
	if (!vm)
		return;
	iolu_close(&vm->session);
	iolu_close(&vm->given_session);
	iolu_close(&vm->given_iommufd);
	iolu_drop_all(vm);
	iolu_drop_vf_tokens(vm);
	iolu_close(&vm->liveupdate);
	free(vm);
}

const char *iolu_vm_reason(const struct iolu_vm *vm)
{
	return vm->reason;
}

void iolu_vm_set_progress(struct iolu_vm *vm, iolu_progress progress, void *arg)
{
	vm->progress = progress;
	vm->progress_arg = arg;
}

const char *iolu_vm_next(const struct iolu_vm *vm, enum iolu_kind kind, const char *name)
{
	const struct iolu_object *o;

	if ((unsigned int)kind >= IOLU_KINDS)
		return NULL;
	o = vm->objects[kind];
	if (name) {
		o = iolu_find(vm, kind, name);
		o = o ? o->next : NULL;
	}
	return o ? o->name : NULL;
}

/* -- blobs -- */

static int remove_blob(struct iolu_vm *vm, const char *name)
{
	struct iolu_blob *blob = NULL;
	int rc = iolu_need_blob(vm, name, &blob);

	if (!rc)
		iolu_drop(vm, IOLU_BLOB, blob);
	return rc;
}

int iolu_vm_set_blob(struct iolu_vm *vm, const char *name, const void *data, size_t size)
{
	struct iolu_blob *blob;
	void *copy;
	int rc = iolu_changeable(vm, true);

	if (rc)
		return rc;
	if (!data)
		return remove_blob(vm, name);
	if (size > IOLU_MAX_BLOB)
		return iolu_fail(vm, -E2BIG, "a blob of %zu bytes is too large, %u at most: use a "
				 "memfd", size, IOLU_MAX_BLOB);
	copy = malloc(size ? size : 1);
	if (!copy)
		return iolu_fail(vm, -ENOMEM, "no memory for a blob of %zu bytes", size);
	memcpy(copy, data, size);
	blob = name ? iolu_find(vm, IOLU_BLOB, name) : NULL;
	rc = blob ? 0 : iolu_make_blob(vm, name, &blob);
	if (rc) {
		free(copy);
		return rc;
	}
	free(blob->data);
	blob->data = copy;
	blob->size = size;
	return 0;
}

int iolu_vm_blob(struct iolu_vm *vm, const char *name, const void **data, size_t *size)
{
	struct iolu_blob *blob = NULL;
	int rc = iolu_need_blob(vm, name, &blob);

	if (rc)
		return rc;
	*data = blob->data;
	*size = blob->size;
	return 0;
}
