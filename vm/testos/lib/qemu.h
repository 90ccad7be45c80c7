/* SPDX-License-Identifier: GPL-2.0 */
/* Debian's QEMU with a Linux guest, as the VMM of vmm.h. See qemu.c. */
#ifndef TESTOS_QEMU_H
#define TESTOS_QEMU_H

#include <stdbool.h>
#include <stdint.h>

#define QEMU_DIR	"/run/qemu-vm0"
#define QEMU_STATE	QEMU_DIR "/state"

/* Words for the host's kernel, see qemu.c */
#define QEMU_CMDLINE	"kvm.tsc_tolerance_ppm=20000 "

/* The guest's kernel command line */
#define QEMU_APPEND	"console=ttyS0 quiet panic=-1 memmap=64K$0x4000000"

/* Its memory and its firmware */
#define QEMU_MEMORY	"memory-backend-memfd,id=ram0,size=128M,share=on"
#define QEMU_FIRMWARE	"/usr/share/seabios/bios-256k.bin"
#define QEMU_PFLASH	"if=pflash,format=raw,readonly=on,file=" QEMU_FIRMWARE

/* An option of QEMU's usual command line, and another one in its place; NULL: one more */
struct qemu_option {
	const char *of, *use;
};

/* From now on; the list ends with an empty one */
void qemu_change(const struct qemu_option *options);

/* QEMU's command line, with the NIC @bdf or NULL, with @incoming or NULL */
const char *const *qemu_command(const char *bdf, const char *incoming);

/* The same behind the words of another command, which end with NULL */
const char *const *qemu_behind(const char *bdf, const char *const *first);

/* QEMU has set the VM up. */
void qemu_await(void);

/* The VM with the NIC @bdf begins. The image is unpacked. */
void qemu_start(const char *bdf);

/* QEMU replaces itself by @command, which ends with NULL. */
void qemu_exec(const char *const *command);

/* A fact: QEMU refuses to do that in these words. */
void qemu_must_refuse(const char *const *command, const char *words, const char *fact);

/* The vCPUs run. */
void qemu_continue(void);

/* After a restore in this kernel */
void qemu_look_inside(void);

/* Is a BAR mapped in this IOAS? QEMU has few IOASes, all of lower ids. */
#define QEMU_IOASES	8u
bool qemu_maps_bars(int iommufd, uint32_t ioas);

/* The guest as it counts in its memory */
bool qemu_is_ready(void);		/* its driver receives, some time soon */
uint64_t qemu_received(void);
bool qemu_reaches(uint64_t number);	/* some time soon */
void qemu_await_silence(void);
void qemu_judge(void);			/* facts about all of its life */

#endif /* TESTOS_QEMU_H */
