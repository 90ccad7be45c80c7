// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptor tables, the local APIC (as x2APIC, by MSRs), one interrupt, one console.
 *
 * The VMM enters in 64-bit mode with segments of a GDT that does not exist. The GDT here has
 * the same code segment at the same index, because an interrupt loads it again.
 */
#include <stddef.h>

#include "board.h"
#include "cpu.h"

#define MSR_APIC_BASE	0x1b
#define APIC_ON		(3u << 10)	/* and as x2APIC */
#define X2APIC_EOI	0x80b
#define X2APIC_SPURIOUS	0x80f
#define APIC_ACCEPT	0x1ffu		/* accept interrupts; spurious vector 255 */
#define GATE_INTERRUPT	0x8e00u
#define MSR_KERNEL_GS	0xc0000102
#define CR4_FLOAT	(1ull << 9 | 1ull << 18)	/* SSE and XSAVE may be used */
#define XCR0_SSE	3u
#define KEPT		0x123456789aull

struct table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

struct gate {
	uint16_t low, selector, flags, middle;
	uint32_t high, zero;
};

static const uint64_t gdt[] = { 0, 0x00af9b000000ffff };
static struct gate idt[256];

_Static_assert(BOARD_CS == sizeof(gdt[0]), "the code segment is the second entry");

static void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"(value >> 32) : "memory");
}

static uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

uint64_t cpu_clock(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Only ends cpu_wait(). */
__attribute__((interrupt)) static void on_interrupt(void *frame)
{
	(void)frame;
	__asm__ volatile("wrmsr" : : "c"(X2APIC_EOI), "a"(0), "d"(0) : "memory");
}

void cpu_start(void)
{
	const struct table gdtr = { sizeof(gdt) - 1, (uint64_t)gdt };
	const struct table idtr = { sizeof(idt) - 1, (uint64_t)idt };
	uint64_t entry = (uint64_t)on_interrupt;
	struct gate *gate = &idt[BOARD_NIC_VECTOR];

	gate->low = entry;
	gate->selector = BOARD_CS;
	gate->flags = GATE_INTERRUPT;
	gate->middle = entry >> 16;
	gate->high = entry >> 32;
	__asm__ volatile("lgdt %0; lidt %1" : : "m"(gdtr), "m"(idtr));
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_ON);
	wrmsr(X2APIC_SPURIOUS, APIC_ACCEPT);
}

/* A pending interrupt is delivered at the HLT, not before it, so it is not lost. */
void cpu_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

/* Values in otherwise unused registers: they change only if the host loses them. */
void cpu_keep(void)
{
	uint64_t cr4;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_FLOAT));
	__asm__ volatile("xsetbv" : : "c"(0), "a"(XCR0_SSE), "d"(0));
	__asm__ volatile("movq %0, %%xmm0" : : "r"(KEPT));
	__asm__ volatile("mov %0, %%dr0" : : "r"(KEPT));
	__asm__ volatile("mov %0, %%cr2" : : "r"(KEPT));
	wrmsr(MSR_KERNEL_GS, KEPT);
}

/* A bit for each changed value */
uint32_t cpu_forgotten(void)
{
	uint32_t xcr0, high;
	uint64_t xmm0, dr0, cr2;

	__asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
	__asm__ volatile("movq %%xmm0, %0" : "=r"(xmm0));
	__asm__ volatile("mov %%dr0, %0" : "=r"(dr0));
	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	return (xcr0 != XCR0_SSE) | (xmm0 != KEPT) << 1 | (dr0 != KEPT) << 2 | (cr2 != KEPT) << 3 |
	       (rdmsr(MSR_KERNEL_GS) != KEPT) << 4;
}

void say(const char *text)
{
	for (; *text; text++)
		__asm__ volatile("outb %0, %1" : : "a"(*text), "d"((uint16_t)BOARD_CONSOLE));
}

void say_number(uint64_t number)
{
	char digits[21], *first = &digits[20];

	*first = '\0';
	do {
		*--first = '0' + number % 10;
		number /= 10;
	} while (number);
	say(first);
}
