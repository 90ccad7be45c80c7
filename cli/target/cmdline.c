// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's command line, read with the kernel's rules: words are split at blanks outside of
 * double quotes, '-' and '_' are the same in a key, "--" ends the kernel's part, what a key
 * says last wins, and a value that the kernel does not understand changes nothing.
 */
#include <ctype.h>
#include <string.h>

#include "target/cmdline.h"

/* As kstrtobool() reads it */
static enum word bool_of(const char *value, enum word before)
{
	switch (tolower(*value)) {
	case '1':
	case 'y':
	case 't':
		return WORD_ON;
	case '0':
	case 'n':
	case 'f':
		return WORD_OFF;
	case 'o':
		if (tolower(value[1]) == 'n')
			return WORD_ON;
		if (tolower(value[1]) == 'f')
			return WORD_OFF;
	}
	return before;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static void intel_option(struct words *words, const char *option)
{
	if (begins(option, "on"))
		words->iommu = WORD_ON;
	else if (begins(option, "off"))
		words->iommu = WORD_OFF;
	else if (begins(option, "sm_on"))
		words->scalable = WORD_ON;
	else if (begins(option, "sm_off"))
		words->scalable = WORD_OFF;
}

static void iommu_option(struct words *words, const char *option)
{
	words->no_iommu |= begins(option, "off");
}

static void pci_option(struct words *words, const char *option)
{
	words->no_ats |= begins(option, "noats");
	words->no_pci |= !strcmp(option, "off");
}

static void acpi_option(struct words *words, const char *option)
{
	if (!strcmp(option, "off"))
		words->no_acpi = true;
	else if (!strcmp(option, "force") || !strcmp(option, "on"))
		words->no_acpi = false;
}

static void kho_option(struct words *words, const char *option)
{
	words->kho = bool_of(option, words->kho);
}

static void liveupdate_option(struct words *words, const char *option)
{
	words->liveupdate = bool_of(option, words->liveupdate);
}

static const struct {
	const char *key;
	void (*option)(struct words *words, const char *option);
} keys[] = {
	{ "kho", kho_option },
	{ "liveupdate", liveupdate_option },
	{ "intel_iommu", intel_option },
	{ "iommu", iommu_option },
	{ "pci", pci_option },
	{ "acpi", acpi_option },
};

static bool same_key(const char *word, size_t len, const char *key)
{
	size_t i;

	if (strlen(key) != len)
		return false;
	for (i = 0; i < len; i++)
		if ((word[i] == '-' ? '_' : word[i]) != key[i])
			return false;
	return true;
}

static void read_word(struct words *words, char *word)
{
	char *value = strchr(word, '='), *option, *rest;
	size_t i;

	if (!value)
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (same_key(word, value - word, keys[i].key))
			for (rest = value + 1; (option = strsep(&rest, ","));)
				keys[i].option(words, option);
}

/* Copies the word that begins at *@at without its quotes, and moves on behind it. */
static void next_word(const char **at, char *out, size_t room)
{
	bool quoted = false;
	size_t n = 0;

	for (; **at && (quoted || !isspace((unsigned char)**at)); ++*at) {
		if (**at == '"')
			quoted = !quoted;
		else if (n + 1 < room)
			out[n++] = **at;
	}
	out[n] = '\0';
}

void words_parse(struct words *words, const char *line)
{
	char word[4096];

	*words = (struct words){};
	while (*line) {
		if (isspace((unsigned char)*line)) {
			line++;
			continue;
		}
		next_word(&line, word, sizeof(word));
		if (!strcmp(word, "--"))
			return;
		read_word(words, word);
	}
}
