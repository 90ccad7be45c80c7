// SPDX-License-Identifier: GPL-2.0
/*
 * The refusals of libiolu that need devices: each with its errno, a reason that names the object
 * and the rule, and nothing changed. Also a session that another process has created and holds.
 * One kernel, no traffic, two NICs of the same VM.
 *
 * promise: library
 * red when: a failed save does not look for objects still preserved (`undo`): the VMM is not told to
 *   close its session, and `iolu_vm_unsave` says that nothing is preserved
 * red when: a file of hugetlbfs is taken for a memfd (`check_huge`): the library adds it
 * red when: a BAR of a device that is not in the handle is passed over (`learn_bar`): the VM is saved
 */
#define _GNU_SOURCE 1

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "lib/library.h"
#include "os/pool.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/story.h"

#define HELD		"/dev/liveupdate is open in another process: get a session from that process"
#define PRESERVED	"VM \"vm0\" is preserved: call iolu_vm_unsave() first"
#define STILL \
	"VM \"vm0\" stays preserved until its session is closed: close your descriptor of the session"

static struct iolu_vm *vm;
static const char *nic, *other;

static void refuses(int rc, int expected, const char *words, const char *fact)
{
	lib_refuses(vm, rc, expected, words, fact);
}

static void refuses_save(int expected, const char *words, const char *fact)
{
	refuses(iolu_vm_save(vm), expected, words, fact);
	ok(!kho_records(), "  nothing is left of it", "%llu records",
	   (unsigned long long)kho_records());
	lib_holds(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW),
		  "  the VM can be changed");
	lib_holds(vm, iolu_vm_unmap(vm, "guest", VM_FREE_IOVA, MIB), "  and changed back");
}

static void test_maps(void)
{
	refuses(iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_RAM_IOVA, PAGE, LIB_RW), EEXIST,
		"cannot be mapped at IOVA 0x100000000", "to map where something is mapped");
	refuses(iolu_vm_map(vm, "guest", LIB_RAM, VM_RAM_SIZE, VM_FREE_IOVA, PAGE, LIB_RW), EINVAL,
		"memfd \"ram\" has 0x400000 bytes", "to map beyond the end of a memfd");
	refuses(iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, PAGE, 4), EINVAL, "flags 0x4",
		"an unknown flag");
	refuses(iolu_vm_unmap(vm, "guest", VM_RAM_IOVA, PAGE), EINVAL, "only partly",
		"to unmap a part");
	refuses(iolu_vm_unmap(vm, "guest", VM_FREE_IOVA, PAGE), ENOENT, "nothing is mapped",
		"to unmap nothing");
	refuses(iolu_vm_remove(vm, IOLU_IOAS, "guest"), EBUSY, "used by HWPT \"table\"",
		"to remove an IOAS with an HWPT");
	refuses(iolu_vm_remove(vm, IOLU_HWPT, "table"), EBUSY, "is attached to HWPT \"table\"",
		"to remove an HWPT with a device");
}

static void test_devices(void)
{
	refuses(iolu_vm_add_device(vm, nic), EEXIST, "already", "a device that is there");
	refuses(iolu_vm_add_device(vm, "0000:00:01.0"), ENODEV, "not bound to vfio-pci",
		"a device of another driver");
	refuses(iolu_vm_arm(vm, nic, IOLU_IRQ_MSIX, 100), EINVAL, "100 vectors of MSI-X",
		"more vectors than the device has");
	ok(iolu_vm_vectors(vm, nic, IOLU_IRQ_MSIX) == 0, "  none is armed after that", "some are");
	lib_holds(vm, iolu_vm_arm(vm, nic, IOLU_IRQ_MSIX, 3), "  but can be again");
	lib_must(vm, iolu_vm_add_device(vm, other), "a second device is added");
	refuses_save(ENOENT, "not attached to a preserved HWPT",
		     "to save with a device that is not attached");
	lib_must(vm, iolu_vm_add_hwpt(vm, "more", "guest", other), "and an HWPT for it");
	lib_must(vm, iolu_vm_attach(vm, other, "table"), "but attached to the first one");
	refuses_save(ENODEV, "HWPT \"more\": not preserved: no preserved device is attached to the HWPT.",
		     "to save an HWPT without device");
	lib_must(vm, iolu_vm_attach(vm, other, "more"), "attached to its own");
	vfio_set_power_state(iolu_vm_device_fd(vm, other), 3);
	refuses_save(EAGAIN, "device \"0000:02:00.0\": not preserved: not in D0.",
		     "to save with a device that sleeps");
	lib_must(vm, iolu_vm_remove(vm, IOLU_DEVICE, other), "the device is removed");
	lib_must(vm, iolu_vm_remove(vm, IOLU_HWPT, "more"), "and its HWPT");
}

/* A VMM that may open nothing itself. */
static void test_given_files(void)
{
	struct iolu_vm *fresh = lib_new(1);
	int iommufd = iommufd_open(), dev = vfio_open(other);

	lib_holds(fresh, iolu_vm_set_iommufd(fresh, iommufd), "an iommufd is given");
	lib_refuses(fresh, iolu_vm_set_iommufd(fresh, iommufd), EBUSY, "already", "but one only");
	close(iommufd);
	lib_holds(fresh, iolu_vm_add_ioas(fresh, "guest"), "it is used");
	lib_refuses(fresh, iolu_vm_add_device_fd(fresh, nic, dev), EINVAL, other,
		    "a device under the address of another is refused");
	lib_refuses(fresh, iolu_vm_add_device_fd(fresh, other, iolu_vm_iommufd(fresh)), EINVAL,
		    "not a VFIO character device", "so is a descriptor that is no device");
	lib_holds(fresh, iolu_vm_add_device_fd(fresh, other, dev), "a device is given");
	lib_holds(fresh, iolu_vm_add_hwpt(fresh, "table", "guest", other), "it has an HWPT");
	lib_holds(fresh, iolu_vm_attach(fresh, other, "table"), "and is attached");
	refuses(iolu_vm_add_device_fd(vm, other, dev), EINVAL, "it is bound already",
		"the device of another VM");
	refuses(iolu_vm_device_fd(vm, other), ENOENT, "no device", "  nothing of it is left");
	close(dev);
	iolu_vm_free(fresh);
}

/* Mapped without the library, so that the kernel refuses. */
static void test_stranger(void)
{
	const struct area area = { .iova = VM_FREE_IOVA + MIB, .length = MIB, .writable = 1 };
	int fd = vm_memfd(MIB, 0), iommufd = iolu_vm_iommufd(vm);
	int ioas = iolu_vm_ioas_id(vm, "guest");

	ok_rc(ioas_map(iommufd, ioas, fd, &area), "a memfd is mapped past the library");
	refuses_save(ENOENT, "mapped memfd is not preserved in the same session",
		     "to save a VM that maps a memfd which is not in the session");
	ok_rc(ioas_unmap(iommufd, ioas, area.iova, area.length), "it is unmapped");
	close(fd);
	ok_rc(ioas_map(iommufd, ioas, iolu_vm_memfd(vm, LIB_RAM), &area),
	      "a memfd that the library knows is mapped past it");
	refuses_save(EBADE, "changed without libiolu", "to save a VM that could not be restored");
	ok_rc(ioas_unmap(iommufd, ioas, area.iova, area.length), "it is unmapped");
}

/* A BAR of a device in the same iommufd of which the handle knows nothing */
static void test_strange_bar(void)
{
	const struct area area = { .iova = VM_FREE_IOVA + MIB, .length = 4 * PAGE, .writable = 1 };
	int iommufd = iolu_vm_iommufd(vm), ioas = iolu_vm_ioas_id(vm, "guest");
	int dev = vfio_open(other), bar;
	uint32_t id;

	ok_rc(vfio_bind(dev, iommufd, &id), "a device is bound past the library");
	bar = vfio_export_bar(dev, 0, area.length);
	ok_rc(ioas_map(iommufd, ioas, bar, &area), "and its BAR is mapped");
	refuses_save(EBADE, "maps BAR 0 of a device that the handle does not have",
		     "to save a VM with a BAR that could not be mapped again");
	ok_rc(ioas_unmap(iommufd, ioas, area.iova, area.length), "it is unmapped");
	close(bar);
	close(dev);
}

/* As a user with a small limit of locked memory. An IOAS without HWPT pins nothing. */
static void test_locked_memory(void)
{
	const struct rlimit little = { 65536, 65536 };
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		setrlimit(RLIMIT_MEMLOCK, &little);
		if (setuid(65534))
			_exit(2);
		if (iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW) != -ENOMEM)
			_exit(3);
		_exit(strstr(iolu_vm_reason(vm), "RLIMIT_MEMLOCK") ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	ok(!status, "a map beyond the limit of locked memory names the limit", "status %d", status);
}

static void test_preserved(void)
{
	lib_must(vm, iolu_vm_preserve(vm), "the VM is preserved");
	refuses(iolu_vm_unmap(vm, "guest", VM_RAM_RO_IOVA, MIB), EBUSY, PRESERVED, "to unmap then");
	refuses(iolu_vm_detach(vm, nic), EBUSY, PRESERVED, "to detach");
	refuses(iolu_vm_remove(vm, IOLU_DEVICE, nic), EBUSY, PRESERVED, "to remove a device");
	refuses(iolu_vm_preserve(vm), EBUSY, PRESERVED, "to preserve twice");
	lib_holds(vm, iolu_vm_set_blob(vm, "cpu0", "late", 4), "a blob can be set");
	lib_holds(vm, iolu_vm_arm(vm, nic, IOLU_IRQ_MSIX, 1), "interrupts can be armed");
	lib_must(vm, iolu_vm_seal(vm), "the VM is sealed");
	refuses(iolu_vm_set_blob(vm, "cpu0", "later", 5), EBUSY, PRESERVED, "to set a blob then");
	refuses(iolu_vm_arm(vm, nic, IOLU_IRQ_MSIX, 2), EBUSY, PRESERVED, "to arm interrupts");
	lib_holds(vm, iolu_vm_unsave(vm), "it is called off");
	lib_holds(vm, iolu_vm_set_blob(vm, "cpu0", "later", 5), "everything can change again");
}

/* The VMM keeps its own descriptor of the session when the save fails. */
static void test_failure_in_shared_session(void)
{
	int session = luo_create("agent"), dev = iolu_vm_device_fd(vm, nic);

	lib_holds(vm, iolu_vm_set_session_fd(vm, session), "a session is shared");
	vfio_set_power_state(dev, 3);
	refuses(iolu_vm_save(vm), EAGAIN, "not preserved: not in D0", "to save a VM that sleeps in it");
	vfio_set_power_state(dev, 0);
	ok(strstr(iolu_vm_reason(vm), "; " STILL), "  and the VMM is told how to undo it", "%s",
	   iolu_vm_reason(vm));
	refuses(iolu_vm_unsave(vm), EBUSY, STILL, "to undo it while the session is open");
	close(session);
	refuses(iolu_vm_unsave(vm), EINVAL, "VM \"vm0\" is not preserved", "to undo it then");
	lib_holds(vm, iolu_vm_map(vm, "guest", LIB_RAM, 0, VM_FREE_IOVA, MIB, LIB_RW),
		  "  since all can change again");
	lib_holds(vm, iolu_vm_unmap(vm, "guest", VM_FREE_IOVA, MIB), "  and is changed back");
}

/* From here on the guest's helpers have /dev/liveupdate open. */
static void test_given_session(void)
{
	int session = luo_create("agent"), liveupdate = luo_device(), memory = vm_memfd(MIB, 0);
	struct iolu_vm *fresh = lib_new(1);

	refuses_save(EBUSY, HELD, "to create a session while the device is open");
	lib_holds(fresh, iolu_vm_set_session_fd(fresh, session), "a session is given");
	lib_refuses(fresh, iolu_vm_restore(fresh), ENOENT, "a new one",
		    "there is nothing to restore in a new one");
	lib_must(fresh, iolu_vm_add_memfd(fresh, LIB_RAM, memory), "but a VM can be built");
	lib_holds(fresh, iolu_vm_preserve(fresh), "and preserved in it");
	lib_refuses(fresh, iolu_vm_set_session_fd(fresh, session), EBUSY, "already in a session",
		    "then no other session can be given");
	iolu_vm_free(fresh);
	close(memory);
	close(session);
	session = luo_create("agent");
	lib_holds(vm, iolu_vm_set_session_fd(vm, session), "it is given to the VM");
	lib_holds(vm, iolu_vm_save(vm), "the VM is saved in it");
	refuses(iolu_vm_unsave(vm), EBUSY, STILL, "to cancel while the giver holds the session");
	close(session);
	ok(!kho_records(), "it is called off when they close it", "%llu records",
	   (unsigned long long)kho_records());
	test_failure_in_shared_session();
	iolu_vm_set_liveupdate_fd(vm, liveupdate);
	lib_holds(vm, iolu_vm_save(vm), "it can be saved in a session of its own");
	lib_holds(vm, iolu_vm_unsave(vm), "and called off");
}

/* Huge pages of a mount: a file with a name; the kernel knows it also when the name is gone. */
static void test_file_of_a_mount(void)
{
	static const char kind[] = "not a memfd (files with a name cannot be preserved)";
	int fd = pool_file(POOL_2M);

	vm = lib_new(1);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	refuses(iolu_vm_add_memfd(vm, LIB_RAM, fd), ENOENT, kind, "to add a file of hugetlbfs");
	unlink(POOL_FILE);
	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, fd), "without its name it is added");
	refuses(iolu_vm_save(vm), ENOENT, kind, "to save a VM with it");
	ok(!kho_records(), "  nothing is left of it", "%llu records",
	   (unsigned long long)kho_records());
	iolu_vm_free(vm);
	close(fd);
}

/* Memory only: nothing of the IOMMU is needed. */
static void test_memory_only(void)
{
	int fd = vm_memfd(MIB, 0);

	vm = lib_new(1);
	iolu_vm_set_liveupdate_fd(vm, luo_device());
	refuses(iolu_vm_restore(vm), ENOENT, "no incoming session \"vm1\"",
		"to restore a session that does not exist");
	refuses(iolu_vm_discard(vm), ENOENT, "no incoming session \"vm1\"", "to discard it");
	lib_must(vm, iolu_vm_add_memfd(vm, LIB_RAM, fd), "a VM has memory only");
	lib_holds(vm, iolu_vm_save(vm), "it is saved");
	refuses(iolu_vm_discard(vm), EBUSY, "not part of an unfinished update",
		"to discard an outgoing session");
	lib_holds(vm, iolu_vm_unsave(vm), "and called off");
	iolu_vm_free(vm);
	close(fd);
}

static void before(void)
{
	struct state *state = state_create();

	lib_plan(state, 2);
	nic = state->vm[0].device[0].bdf;
	other = state->vm[1].device[0].bdf;
	pci_bind_vfio(other);
	vm = lib_build(0);
	test_maps();
	test_devices();
	test_given_files();
	test_stranger();
	test_strange_bar();
	test_locked_memory();
	test_preserved();
	test_given_session();
	iolu_vm_free(vm);
	test_memory_only();
	test_file_of_a_mount();
}

SCENARIO(.name = "library_refusals", .nics = "igb,e1000e", .before = before);
