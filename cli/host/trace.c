// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of the events iommu_liveupdate:* in the trace buffer. Each is written at the end of a
 * step and contains its duration:
 *
 *   comm-PID [CPU] flags SECONDS: iommu_liveupdate_adopt: domain=1 ... ret=0 ns=123
 *
 * Other lines are skipped. The buffer is read, not consumed. The kernel log uses the same
 * clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/files.h"
#include "host/trace.h"

#define EVENT	": iommu_liveupdate_"

static bool parse(char *line, struct step *step)
{
	char *event = strstr(line, EVENT), *at, *ret;
	long long ns;

	if (!event || line[0] == '#')
		return false;
	ret = strstr(event, " ret=");
	if (!ret || sscanf(ret, " ret=%d ns=%lld", &step->ret, &ns) != 2)
		return false;
	step->ns = ns;
	*event = '\0';
	at = strrchr(line, ' ');
	step->end = at ? strtod(at, NULL) * 1e6 : 0;
	return sscanf(event + strlen(EVENT), "%39[a-z_]: %*[a-z]=%31[^ ]", step->name,
		      step->object) == 2;
}

static FILE *open_trace(void)
{
	static const char *const places[] = {
		"/sys/kernel/tracing/trace", "/sys/kernel/debug/tracing/trace",
	};
	char path[PATH_MAX];
	FILE *f = NULL;
	size_t i;

	for (i = 0; !f && i < ARRAY_SIZE(places); i++) {
		host_path(path, sizeof(path), "%s", places[i]);
		f = fopen(path, "re");
	}
	return f;
}

int trace_read(struct steps *steps)
{
	struct step step, *more;
	char *line = NULL;
	size_t room = 0;
	FILE *f = open_trace();
	int rc = 0;

	*steps = (struct steps){};
	if (!f)
		return -errno;
	while (!rc && getline(&line, &room, f) > 0) {
		if (!parse(line, &step))
			continue;
		more = realloc(steps->step, (steps->n + 1) * sizeof(*more));
		if (!more) {
			rc = -ENOMEM;
			break;
		}
		steps->step = more;
		steps->step[steps->n++] = step;
	}
	free(line);
	fclose(f);
	return rc;
}

/* "6,321,1846391,-;Run /init as init process" */
int trace_userspace(double *us)
{
	char path[PATH_MAX], *line = NULL;
	unsigned long long at;
	size_t room = 0;
	int fd, rc = -ENOENT;
	FILE *f;

	host_path(path, sizeof(path), "/dev/kmsg");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f)
		return -errno;
	while (rc && getline(&line, &room, f) > 0)
		if (strstr(line, ";Run ") && strstr(line, " as init process") &&
		    sscanf(line, "%*u,%*u,%llu,", &at) == 1) {
			*us = at;
			rc = 0;
		}
	free(line);
	fclose(f);
	return rc;
}

void trace_free(struct steps *steps)
{
	free(steps->step);
	steps->step = NULL;
	steps->n = 0;
}
