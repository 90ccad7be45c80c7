/* SPDX-License-Identifier: GPL-2.0-only */
/* The rows of refusals/refusals.def */
#ifndef IOLU_CLI_RULES_REFUSALS_H
#define IOLU_CLI_RULES_REFUSALS_H

enum refusal_id {
#define REFUSAL(id, error, sentence, remedy) id,
#include "../../refusals/refusals.def"
	REFUSALS
};

/**
 * struct refusal - A row.
 * @error: The errno, positive.
 * @sentence: The kernel's words.
 * @remedy: The remedy, one imperative sentence.
 */
struct refusal {
	int error;
	const char *sentence, *remedy;
};

const struct refusal *refusal_of(enum refusal_id id);

#endif /* IOLU_CLI_RULES_REFUSALS_H */
