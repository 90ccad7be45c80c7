/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own tests: programs of its selftests, and results of KUnit at boot. */
#ifndef TESTOS_KSELFTEST_H
#define TESTOS_KSELFTEST_H

/*
 * Runs /kselftest/NAME with these arguments, ended by NULL, until it ends or, where it leaves
 * something behind in the background, closes its output. Each of its tests is a fact, and so
 * is that there were @passes that passed, @skips that were skipped, and no other.
 */
void kselftest(unsigned int passes, unsigned int skips, const char *name, ...)
	__attribute__((sentinel));

/* The same for a suite of KUnit that has run; none of its tests may be skipped. */
void kunit_suite(unsigned int cases, const char *suite);

#endif /* TESTOS_KSELFTEST_H */
