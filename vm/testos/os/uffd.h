/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that their owner does not deliver. See uffd.c. */
#ifndef TESTOS_UFFD_H
#define TESTOS_UFFD_H

#include <stddef.h>

void *uffd_missing(void);		/* neither read nor written */
void *uffd_protected(const void *contents, size_t len);	/* read, but not written */

#endif /* TESTOS_UFFD_H */
