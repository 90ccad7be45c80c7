/* SPDX-License-Identifier: GPL-2.0 */
/* Memory preserved over the next kexec, in blocks, and records. See kho.c. */
#ifndef TESTOS_KHO_H
#define TESTOS_KHO_H

#include <stdbool.h>
#include <stdint.h>

bool kho_countable(void);
uint64_t kho_preserved_keys(void);

/* Handover records that this kernel holds for the next one, and their size */
uint64_t kho_records(void);
uint64_t kho_record_bytes(void);

#endif /* TESTOS_KHO_H */
