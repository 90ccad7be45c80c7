/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a kernel's command line that a live update depends on. */
#ifndef IOLU_CLI_TARGET_CMDLINE_H
#define IOLU_CLI_TARGET_CMDLINE_H

#include <stdbool.h>

enum word { WORD_NONE, WORD_ON, WORD_OFF };

/**
 * struct words - What a command line says; WORD_NONE where it says nothing.
 * @kho: kho=
 * @liveupdate: liveupdate=
 * @iommu: intel_iommu=on or off
 * @scalable: sm_on or sm_off of intel_iommu=
 * @no_iommu: iommu=off, which nothing takes back
 * @no_acpi: acpi=off; then VT-d is not found
 * @no_pci: pci=off
 * @no_ats: pci=noats
 */
struct words {
	enum word kho, liveupdate, iommu, scalable;
	bool no_iommu, no_acpi, no_pci, no_ats;
};

/* Read @line as the kernel does: quotes, commas, the last word of each kind wins. */
void words_parse(struct words *words, const char *line);

#endif /* IOLU_CLI_TARGET_CMDLINE_H */
