/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The contents of a handle. iolu.h describes the model, vm.c the lists.
 *
 * Every object begins with struct iolu_object and is in the list of its kind, in order of creation.
 * Members that the journal has are plain data, or a pointer to another object. Members that are
 * valid in this kernel only (descriptors, ids) are -1 or 0 while unset, so that each step of a
 * restore can be repeated and skips the parts that are done.
 *
 * Private functions also begin with iolu_, for programs that link the static library.
 */
#ifndef IOLU_VM_H
#define IOLU_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iolu.h"

#define IOLU_NAME	64u		/* with the terminating NUL */
#define IOLU_KINDS	5u
#define IOLU_IRQS	3u

/* Tokens of files in a session and of HWPTs: "iolu", kind + 1, a number */
#define IOLU_TOKEN(kind, n)	(0x696f6c7500000000ull | ((kind) + 1ull) << 24 | (n))
#define IOLU_TOKEN_JOURNAL	0x696f6c7500000000ull
#define IOLU_TOKEN_IOMMUFD	0x696f6c7500000001ull
#define IOLU_TOKEN_NUMBER	0xffffffull
#define IOLU_TOKEN_OWNER	0xffffffff00000000ull	/* "iolu" if the library's */

enum iolu_state { IOLU_LIVE, IOLU_PRESERVED, IOLU_SAVED, IOLU_INCOMING };

struct iolu_object {
	struct iolu_object *next;
	uint64_t token;			/* of a memfd, HWPT or device; else 0 */
	uint32_t id;			/* of an IOAS, HWPT or device in the iommufd; 0: not known */
	bool imported;			/* made by the VMM; a memfd: preserved by the VMM */
	char name[IOLU_NAME];
};

struct iolu_memfd {
	struct iolu_object object;
	uint64_t size;
	int fd;
};

struct iolu_map {
	struct iolu_map *next;
	struct iolu_memfd *memfd;
	uint64_t offset;
	uint64_t iova;
	uint64_t length;
	uint32_t flags;
};

struct iolu_ioas {
	struct iolu_object object;
	struct iolu_map *maps;		/* sorted by IOVA */
};

struct iolu_hwpt {
	struct iolu_object object;
	struct iolu_ioas *ioas;
	uint32_t restored;		/* the HWPT without an IOAS that its devices leave, or 0 */
};

struct iolu_irq {
	uint32_t count;
	bool kept;			/* since iolu_vm_mask() the device keeps what is pending */
	int *fds;			/* NULL: not armed in this kernel */
};

/* A BAR of the device that an IOAS maps; the table of the next kernel may lack it */
struct iolu_bar {
	struct iolu_bar *next;
	struct iolu_ioas *ioas;
	uint64_t offset;
	uint64_t iova;
	uint64_t length;
	uint32_t region;
	uint32_t flags;
};

struct iolu_device {
	struct iolu_object object;
	struct iolu_hwpt *hwpt;		/* attached to it, or to be by a restore */
	struct iolu_irq irq[IOLU_IRQS];
	struct iolu_bar *bars;
	int fd;
	bool bound;
	bool attached;
};

struct iolu_blob {
	struct iolu_object object;
	void *data;
	size_t size;
};

/* Set by the VMM, and in no journal; the device need not be in the handle */
struct iolu_vf_token {
	struct iolu_vf_token *next;
	char bdf[IOLU_NAME];
	uint8_t uuid[16];
};

/* An optional record of a newer library, written back unchanged */
struct iolu_unknown {
	struct iolu_unknown *next;
	uint32_t size;
	uint16_t type;
	uint8_t data[];
};

struct iolu_vm {
	char name[IOLU_NAME];
	char reason[512];
	enum iolu_state state;
	int liveupdate;			/* given, or -1 */
	int given_session;		/* for the next update, or -1 */
	int session;			/* of the update in progress, or -1 */
	int given_iommufd;		/* until the handle needs one, or -1 */
	int iommufd;			/* of the objects, or -1 */
	bool journal_read;
	uint32_t nmaps;
	struct iolu_object *objects[IOLU_KINDS];
	struct iolu_unknown *unknown;
	struct iolu_vf_token *vf_tokens;
	iolu_progress progress;
	void *progress_arg;
};

#define iolu_for_each(vm, kind, o)						\
	for ((o) = (void *)(vm)->objects[kind]; (o); (o) = (void *)(o)->object.next)

/* vm.c */
int iolu_fail(struct iolu_vm *vm, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void iolu_step(const struct iolu_vm *vm, const char *step, const char *object);
bool iolu_name_valid(const char *name, size_t length);
void *iolu_find(const struct iolu_vm *vm, unsigned int kind, const char *name);
int iolu_need_object(struct iolu_vm *vm, unsigned int kind, const char *name,
		     struct iolu_object **found);
int iolu_make_object(struct iolu_vm *vm, unsigned int kind, const char *name,
		     struct iolu_object **made);

/*
 * iolu_need_memfd() finds and iolu_make_memfd() makes the memfd of a name, and so on for each
 * kind. They return 0 or -errno with a reason; *@o is set if they return 0.
 */
#define IOLU_OBJECT(type, kind)								\
static inline int iolu_need_##type(struct iolu_vm *vm, const char *name,		\
				   struct iolu_##type **o)				\
{											\
	struct iolu_object *object;							\
	int rc = iolu_need_object(vm, kind, name, &object);				\
											\
	_Static_assert(!offsetof(struct iolu_##type, object), "not first");		\
	if (!rc)									\
		*o = (struct iolu_##type *)object;					\
	return rc;									\
}											\
static inline int iolu_make_##type(struct iolu_vm *vm, const char *name,		\
				   struct iolu_##type **o)				\
{											\
	struct iolu_object *object;							\
	int rc = iolu_make_object(vm, kind, name, &object);				\
											\
	if (!rc)									\
		*o = (struct iolu_##type *)object;					\
	return rc;									\
}

IOLU_OBJECT(memfd, IOLU_MEMFD)
IOLU_OBJECT(ioas, IOLU_IOAS)
IOLU_OBJECT(hwpt, IOLU_HWPT)
IOLU_OBJECT(device, IOLU_DEVICE)
IOLU_OBJECT(blob, IOLU_BLOB)

void *iolu_find_token(const struct iolu_vm *vm, unsigned int kind, uint64_t token);
uint64_t iolu_free_token(const struct iolu_vm *vm, unsigned int kind);
void iolu_drop(struct iolu_vm *vm, unsigned int kind, void *object);
void iolu_drop_all(struct iolu_vm *vm);
void iolu_close_vectors(struct iolu_irq *irq);
int iolu_changeable(struct iolu_vm *vm, bool preserved_too);
int iolu_dup(struct iolu_vm *vm, int fd, int *copy);
void iolu_close(int *fd);
const char *iolu_kind_name(unsigned int kind);

/* memory.c */
int iolu_open_iommufd(struct iolu_vm *vm);
int iolu_measure_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd);
/* A copy of @fd, or no memfd: on failure @memfd is gone. */
int iolu_take_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd, int fd);

/* preserve.c: into the session of the handle; a trial takes the VMM's own memfds, too */
struct iolu_attempt;
int iolu_check_objects(struct iolu_vm *vm);
int iolu_put(struct iolu_vm *vm, int fd, uint64_t token, const struct iolu_attempt *attempt,
	     const char *name);
int iolu_check_mapped(struct iolu_vm *vm);	/* marks the HWPTs */
int iolu_put_objects(struct iolu_vm *vm, bool trial);

/* group.c: would a function in the device's IOMMU group be left behind? */
int iolu_check_group(struct iolu_vm *vm, const char *bdf);

/* ioas.c */
int iolu_add_map(struct iolu_vm *vm, const char *ioas_name, const char *memfd,
		 struct iolu_map *map, bool imported);
int iolu_replay(struct iolu_vm *vm, struct iolu_ioas *ioas);
int iolu_remove_ioas(struct iolu_vm *vm, struct iolu_ioas *ioas);
int iolu_remove_memfd(struct iolu_vm *vm, struct iolu_memfd *memfd);

/* area.c: does the kernel map what the handle has? */
int iolu_check_areas(struct iolu_vm *vm, struct iolu_ioas *ioas);

/* bar.c */
bool iolu_bar_valid(const struct iolu_bar *bar);
int iolu_add_bar(struct iolu_vm *vm, struct iolu_device *device, const struct iolu_bar *bar);
int iolu_map_bars(struct iolu_vm *vm, const struct iolu_ioas *ioas);
bool iolu_unmap_revoked(struct iolu_vm *vm, const struct iolu_ioas *ioas, uint64_t iova);
void iolu_forget_bars(struct iolu_vm *vm, const struct iolu_ioas *ioas);
void iolu_drop_bars(struct iolu_device *device);

/* bind.c */
void iolu_drop_vf_tokens(struct iolu_vm *vm);
bool iolu_is_bound(int fd);
int iolu_bound_id(const struct iolu_device *device, uint32_t *id);
int iolu_bind(struct iolu_vm *vm, struct iolu_device *device);

/* device.c, irq.c */
int iolu_alloc_hwpt(struct iolu_vm *vm, struct iolu_hwpt *hwpt, uint32_t device);
int iolu_attach_pt(struct iolu_vm *vm, struct iolu_device *device, const struct iolu_hwpt *hwpt);
int iolu_attach(struct iolu_vm *vm, struct iolu_device *device, struct iolu_hwpt *hwpt);
bool iolu_bdf_valid(const char *name);
int iolu_check_bdf(struct iolu_vm *vm, const char *bdf);
int iolu_check_cdev(struct iolu_vm *vm, const char *bdf, int fd);
int iolu_rearm_device(struct iolu_vm *vm, struct iolu_device *device);
int iolu_unmask_devices(struct iolu_vm *vm);

/* restore.c, adopt.c */
int iolu_need_incoming(struct iolu_vm *vm);
int iolu_something_to_restore(const struct iolu_vm *vm, int rc);
void iolu_drop_restored(struct iolu_vm *vm);

/* session.c: those that take a handle give a reason with an error */
bool iolu_session_use_given(struct iolu_vm *vm);
void iolu_session_set_aside(struct iolu_vm *vm);
int iolu_session_create(struct iolu_vm *vm, const char *name);
int iolu_session_retrieve(struct iolu_vm *vm);
int iolu_session_preserve_fd(int session, int fd, uint64_t token);
int iolu_session_retrieve_fd(int session, uint64_t token);
int iolu_session_finish(int session);
int iolu_session_discard(int session);

/* journal_write.c, journal_read.c */
int iolu_journal_write(struct iolu_vm *vm, void **bytes, size_t *size);
int iolu_journal_read(struct iolu_vm *vm, const void *bytes, size_t size);

#endif /* IOLU_VM_H */
