// SPDX-License-Identifier: GPL-2.0-only
/*
 * iolu load writes down for iolu kexec which image it has loaded, and in which boot. The
 * kernel shows that an image is loaded, but not by which call; with kexec_load(2) the next
 * kernel would not receive KHO's data. If another program loads an image later the file is
 * out of date; with a preserved device the kernel then refuses the kexec itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "target/loaded_image.h"

#define DIR_OF_NOTE	"/run/iolu"
#define NOTE		DIR_OF_NOTE "/loaded"

int loaded_image_note(const char *image)
{
	char id[64], path[4096];
	FILE *f;

	if (host_boot_id(id, sizeof(id)))
		return -ENOENT;
	host_path(path, sizeof(path), DIR_OF_NOTE);
	mkdir(path, 0755);
	host_path(path, sizeof(path), NOTE);
	f = fopen(path, "we");
	if (!f)
		return -errno;
	fprintf(f, "%s %s\n", id, image);
	return fclose(f) ? -errno : 0;
}

int loaded_image_read(char *image, size_t room)
{
	char id[64], note[4352];
	int rc = host_text(note, sizeof(note), NOTE);

	if (!rc)
		rc = host_boot_id(id, sizeof(id));
	if (rc)
		return rc;
	if (strncmp(note, id, strlen(id)) || note[strlen(id)] != ' ')
		return -ENOENT;
	snprintf(image, room, "%s", note + strlen(id) + 1);
	return 0;
}
