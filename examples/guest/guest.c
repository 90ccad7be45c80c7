// SPDX-License-Identifier: GPL-2.0
/*
 * A guest without an operating system: it receives numbered frames and counts them.
 *
 * It has no part in kernel updates, and can see one only in its clock: the longest wait for
 * an interrupt.
 *
 * Invariant: one number is expected at any time. A frame with a later number makes the numbers
 * between missing; a frame with an earlier number is a duplicate or out of order. Counts are
 * never corrected.
 */
#include <stddef.h>

#include "board.h"
#include "cpu.h"
#include "frame.h"
#include "guest.h"
#include "nic.h"

#define EACH	500	/* frames, then a line on the console */

static volatile struct counts *const counts = (void *)(BOARD_RAM + GUEST_COUNTS_AT);

static void note_interrupt(void)
{
	uint64_t now = cpu_clock();

	if (counts->interrupts++) {
		if (now < counts->clock)
			counts->backwards++;
		else if (now - counts->clock > counts->longest)
			counts->longest = now - counts->clock;
	}
	counts->clock = now;
	counts->forgotten |= cpu_forgotten();
}

static void tell(void)
{
	say("guest: ");
	say_number(counts->received);
	say(" frames, ");
	say_number(counts->missing);
	say(" missing, ");
	say_number(counts->again);
	say(" twice, ");
	say_number(counts->bad);
	say(" bad\n");
}

static void count(const struct frame *frame)
{
	if (frame_check(frame, GUEST_BUF) != FRAME_OK) {
		counts->bad++;
	} else if (frame->seq < counts->next) {
		counts->again++;
	} else {
		counts->missing += frame->seq - counts->next;
		counts->next = frame->seq + 1;
		if (++counts->received % EACH == 0)
			tell();
	}
}

static void receive(void)
{
	const void *frame = nic_frame();

	if (!frame)
		return;
	for (; frame; frame = nic_frame()) {
		count(frame);
		nic_give_back();
	}
	nic_refill();
}

/* Entry point: the first instruction of the image */
__attribute__((section(".start"), noreturn)) void start(void);
void start(void)
{
	counts->begun++;
	cpu_start();
	cpu_keep();
	nic_start();
	say("guest: the NIC receives\n");
	for (;;) {
		receive();
		cpu_wait();
		note_interrupt();
	}
}
