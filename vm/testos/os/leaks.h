/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the kernel that nobody points to any more. See leaks.c. */
#ifndef TESTOS_LEAKS_H
#define TESTOS_LEAKS_H

/* A fact, if this kernel can tell; to be stated when all that could leak has been done. */
void leaks_look(void);

#endif /* TESTOS_LEAKS_H */
