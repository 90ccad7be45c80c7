/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * iolu-cpr: takes a QEMU VM through an update of the host
 *
 * QEMU's migration mode cpr-exec executes this program in QEMU's own process, with all
 * descriptors open, a table of them in a memfd (the CPR state) and the state of the machine in a
 * file. `iolu-cpr save` puts all of it into a live update session and waits for the kexec. In the
 * next kernel `iolu-cpr restore` retrieves it, makes a table with the new descriptors, and
 * executes QEMU, which finds everything as if it had executed itself.
 *
 * No VM depends on a process of this program alone. In the previous kernel QEMU's own process
 * keeps all descriptors and waits for a child that does the work; when the child ends, for
 * whatever reason, QEMU is executed again. In the next kernel each step can be repeated by another
 * process until QEMU has loaded the VM: only then a process beside QEMU finishes the session and
 * lets the vCPUs run.
 *
 * Rules: a function that can fail returns 0 or -errno, after a line on standard error.
 */
#ifndef IOLU_CPR_H
#define IOLU_CPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <iolu.h>

#define CPR_MAX_FDS	4096u
#define CPR_MAX_DEVICES	64u
#define CPR_NAME	256u		/* with the terminating NUL */
#define CPR_CONFIG	256u		/* of a device's configuration space, bytes */
#define CPR_MAX_WORDS	2097152u	/* of a command line or an environment, bytes */
#define CPR_ENV		"QEMU_CPR_EXEC_STATE"

/* What a descriptor is. The journal has this in place of its number. */
enum cpr_kind { CPR_OTHER, CPR_MEMORY, CPR_EVENT, CPR_IOMMUFD, CPR_DEVICE };

/* An entry of QEMU's table */
struct cpr_fd {
	char name[CPR_NAME];
	uint32_t id;			/* less than CPR_MAX_FDS */
	int fd;
	enum cpr_kind kind;
};

struct cpr_device {
	char name[CPR_NAME];		/* PCI address */
	uint32_t id, ioas, hwpt;	/* ids in the iommufd */
};

struct cpr {
	uint32_t nfds, ndevices;
	bool lists_devices;		/* also if it has none */
	struct cpr_device devices[CPR_MAX_DEVICES];
	struct cpr_fd fds[CPR_MAX_FDS];
};

/* The command line of this program */
struct cpr_call {
	const char *name;		/* of the VM and its session */
	const char *stream;		/* file with the state of the machine */
	char **qemu;			/* QEMU and its arguments, ends with NULL; NULL: as saved */
	uint64_t stopped;		/* when the VM stopped, ms of the clock of the day */
};

/* state.c: the CPR state */
int cpr_parse(struct cpr *cpr, const void *bytes, size_t size);
int cpr_write(const struct cpr *cpr, uint8_t **bytes, size_t *size);

/* words.c: command line and environment, which end with NULL */
int cpr_pack(char *const *words, uint8_t **bytes, size_t *size);
int cpr_unpack(const void *bytes, size_t size, char ***words);
char **cpr_environment(char *const *saved, char *const *now);
char *cpr_difference(char *const *now, char *const *saved);

/* table.c: the table of descriptors */
const struct cpr_device *cpr_find_device(const struct cpr *cpr, const char *name);
void cpr_find_kinds(struct cpr *cpr);
int cpr_check_kinds(const struct cpr *cpr);
struct cpr_fd *cpr_find(struct cpr *cpr, enum cpr_kind kind, const char *name, uint32_t id);
int cpr_event(const struct cpr *cpr, const char *bdf, const char *kind);
uint32_t cpr_vectors(const struct cpr *cpr, const char *bdf, int fds[CPR_MAX_FDS]);
void cpr_memory_name(const struct cpr *cpr, const struct cpr_fd *fd, char *name, size_t room);

/* The command registers of devices */
struct cpr_commands {
	uint32_t n;
	int fd[CPR_MAX_DEVICES];
	uint8_t value[CPR_MAX_DEVICES][2];
};

/* device.c: configuration space */
int cpr_read_config(int device, uint8_t config[CPR_CONFIG]);
const uint8_t *cpr_capability(const uint8_t config[CPR_CONFIG], uint8_t id);
int cpr_check_reset(int device, const char *bdf);	/* QEMU does not disturb its DMA */
void cpr_read_commands(const struct cpr *cpr, struct cpr_commands *commands);
void cpr_write_commands(const struct cpr_commands *commands);

/* irq.c: interrupts */
int cpr_irq_type(int device, uint32_t *type);
int cpr_arm(struct cpr *cpr, const struct cpr_device *device, int fd, uint32_t type);
void cpr_signal(const struct cpr *cpr);	/* each vector once */

/* files.c */
int cpr_read_fd(int fd, uint8_t **bytes, size_t *size);
int cpr_read_file(const char *path, uint8_t **bytes, size_t *size);
int cpr_memfd_with(const char *name, const void *bytes, size_t size);

/* put.c: the VM goes into a session */
int cpr_put(struct iolu_vm *vm, struct cpr *cpr, const struct cpr_call *call);

/* stream.c: the state of the machine */
bool cpr_was_running(const void *bytes, size_t size);
uint64_t cpr_now(void);			/* ms of the clock of the day */
uint64_t cpr_time_of(const char *path);

/*
 * start.c: executes QEMU; returns after a failure only.
 * @incoming: where QEMU finds the state of the machine.
 * @vm: to be finished when QEMU has loaded the state, and its vCPUs do not run before that; NULL:
 *	there is no session, and QEMU starts the vCPUs itself.
 * @commands: written back when QEMU has loaded the state; NULL: they need not be.
 * @run: the vCPUs ran when QEMU stopped.
 */
int cpr_start(const struct cpr_call *call, const char *incoming, struct iolu_vm *vm,
	      const struct cpr_commands *commands, bool run);

/* service.c: systemd's store and sessions */
bool cpr_has_store(void);
int cpr_new_session(void);
int cpr_stored_session(void);
void cpr_drop_session(void);
void cpr_tell_status(const char *text);

/* The verbs; they return the exit code, or execute QEMU. */
int cpr_save(struct cpr_call *call);
int cpr_restore(struct cpr_call *call);

/* main.c */
void cpr_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int cpr_fail(int rc, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cpr_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int cpr_check(struct iolu_vm *vm, int rc);	/* fails with the library's reason */

#endif /* IOLU_CPR_H */
