/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The machine that a scenario needs, one line for each field. The init prints these fields
 * (`init --needs NAME`, key=value) and the runner parses them; both define their structs and
 * their loops with this list, so that a new field is one new line here and its use.
 *
 *   TEXT(name, size, usual)	a string of less than @size bytes; @usual if left out
 *   NUMBER(name, usual)	an int; @usual if left out
 *   FLAG(name)			a bool; false if left out
 */
#ifndef VM_SCENARIO_FIELDS_H
#define VM_SCENARIO_FIELDS_H

#define SCENARIO_FIELDS(TEXT, NUMBER, FLAG)						\
	/* models of NICs in index order, "igb,e1000e,virtio,vhost", or "nvme"; "root:igb" on	\
	 * the root bus, "switch:igb" in a switch, "vf:igbvf" a virtual function of the NIC	\
	 * before, "beside:e1000e" another function of its slot, without ACS */		\
	TEXT(nics, 128, "igb")								\
	/* "1,2": NICs left out of the update on purpose */				\
	TEXT(unpreserved, 32, "")							\
	/* the same, and no process uses them: no frames come, and they write nothing */	\
	TEXT(idle, 32, "")								\
	/* left out, and they keep trying to write by DMA */				\
	TEXT(rogue, 32, "")								\
	/* preserved, and all of its DMA goes to the interrupt range, to the remappable	\
	 * address of figure "nicN.interrupt_address" and the 64 bytes from there */	\
	TEXT(hostile, 32, "")								\
	/* preserved, but isolated or discarded from mark "nicN.quiet" on */		\
	TEXT(discarded, 32, "")								\
	/* behind a root port; the firmware says that their ATS is on in legacy mode whatever	\
	 * the kernel does, and allows ATS to no other device (VT-d) */			\
	TEXT(ats_required, 32, "")							\
	/* extra words for the first kernel, inherited by the next ones */		\
	TEXT(cmdline, 512, "")								\
	/* extra words for the next kernels only */					\
	TEXT(cmdline2, 512, "")								\
	/* extra emulator options */							\
	TEXT(qemu, 512, "")								\
	/* extra properties of the emulated IOMMU */					\
	TEXT(iommu, 256, "")								\
	/* the only IOMMU platform the scenario is about ("vtd"); "": any */		\
	TEXT(platform, 32, "")								\
	/* "patched", "stock", "debug" or, with iommufd and vfio as modules, "modules" */	\
	TEXT(kernel, 32, "patched")							\
	/* the build in out/build to update to, SERIES "-other"; "": the same */	\
	TEXT(next, 32, "")								\
	/* MiB of memory; CPUs */							\
	NUMBER(mem, 1024)								\
	NUMBER(smp, 2)									\
	/* NUMA nodes with an equal part of the memory; all CPUs are on the first */	\
	NUMBER(nodes, 1)								\
	/* kexecs; 0 if the scenario has no after() */					\
	NUMBER(updates, 1)								\
	/* seconds on a quiet machine, all kernels together */				\
	NUMBER(timeout, 90)								\
	/* Linux OLDER_SERIES boots first and takes turns with that kernel */		\
	FLAG(older)									\
	/* negative control: the run must lose frames */				\
	FLAG(expect_lost)								\
	/* rules: interrupt remapping is never switched off during the update, and	\
	 * delivers no interrupt from kernel to kernel */				\
	FLAG(remapping_stays_on)							\
	/* the next kernel turns translation off; rule: no NIC writes until it is on again */	\
	FLAG(translation_goes_off)							\
	/* a device with PASIDs, outside the emulator; rule: they are never switched, unless	\
	 * figure "pasids_discarded" says that it was isolated or discarded */		\
	FLAG(pasids)									\
	/* that device's page requests are in use; rule: they are off in the gap, and on again	\
	 * after the mark page_requests.off of each next kernel */				\
	FLAG(page_requests)								\
	/* the guest of NIC 0 sends as well, figure "nic0.answers" frames; rule: each leaves	\
	 * the emulator once, in order */						\
	FLAG(guest_sends)								\
	/* /bin/iolu is in the initramfs, in all kernels */				\
	FLAG(command)									\
	/* systemd is process 1; before() and after() run as its service */		\
	FLAG(systemd)									\
	/* /bin/vmm and /guest.bin, the example on KVM, are in the initramfs */		\
	FLAG(kvm)									\
	/* image_unpack() brings QEMU and, in /guest, a Linux guest */			\
	FLAG(image)									\
	/* the kernel's own selftests are in /kselftest, in all kernels */		\
	FLAG(kselftest)

#endif /* VM_SCENARIO_FIELDS_H */
