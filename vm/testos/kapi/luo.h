/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions of the live update orchestrator. See luo.c. */
#ifndef TESTOS_LUO_H
#define TESTOS_LUO_H

#include <stdbool.h>
#include <stdint.h>

bool luo_present(void);
int luo_device(void);		/* opened when first asked for, and kept */
void luo_let_go(void);		/* so that another process can open it */
int luo_create(const char *name);
int luo_try_create(const char *name);
int luo_unpreserve(const char *name);	/* an operator: a session by its name */
int luo_check(const char *name);	/* could it be frozen now? */
int luo_retrieve(const char *name);
int luo_try_retrieve(const char *name);
int luo_preserve_fd(int session, int fd, uint64_t token);
int luo_retrieve_fd(int session, uint64_t token);
int luo_finish(int session);
int luo_discard(int session);

#endif /* TESTOS_LUO_H */
