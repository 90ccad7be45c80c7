// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of sessions, processes and files come from outside and may contain any byte. A
 * terminal must not receive control characters from them, and JSON must be valid UTF-8.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/print.h"

/* The length of the UTF-8 sequence at @at and its character; 0 if it is not valid */
static size_t decode(const unsigned char *at, size_t left, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *at < 0x80 ? 1 : *at >> 5 == 6 ? 2 : *at >> 4 == 14 ? 3 : *at >> 3 == 30 ? 4 : 0;
	size_t i;

	if (!n || n > left)
		return 0;
	*c = n == 1 ? *at : *at & (0xff >> (n + 1));
	for (i = 1; i < n; i++) {
		if (at[i] >> 6 != 2)
			return 0;
		*c = *c << 6 | (at[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
		return 0;
	return n;
}

static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static size_t escape_bytes(char *to, const unsigned char *at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		sprintf(to + 4 * i, "\\x%02x", at[i]);
	return 4 * n;
}

static void escape_text(struct json_object *value, bool json)
{
	const unsigned char *at = (const unsigned char *)json_object_get_string(value);
	size_t left = json_object_get_string_len(value), used = 0, n;
	char *to = malloc(4 * left + 1);
	uint32_t c;

	for (; to && left; at += n, left -= n) {
		n = decode(at, left, &c);
		if (n && (json || !is_control(c))) {
			memcpy(to + used, at, n);
			used += n;
		} else {
			n = n ? n : 1;
			used += escape_bytes(to + used, at, n);
		}
	}
	json_object_set_string_len(value, to ? to : "?", to ? used : 1);
	free(to);
}

void out_escape(struct json_object *value, bool json)
{
	size_t i;

	if (json_object_is_type(value, json_type_string)) {
		escape_text(value, json);
	} else if (json_object_is_type(value, json_type_array)) {
		for (i = 0; i < json_object_array_length(value); i++)
			out_escape(json_object_array_get_idx(value, i), json);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member) {
			(void)key;
			out_escape(member, json);
		}
	}
}
