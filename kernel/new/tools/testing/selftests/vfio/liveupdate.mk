# SPDX-License-Identifier: GPL-2.0
# Tests in two stages with a kexec between them, for vfio's Makefile after lib.mk
include ../liveupdate/lib/libliveupdate.mk

LIVEUPDATE_TESTS_O = $(patsubst %, %.o, $(TEST_GEN_PROGS_EXTENDED))

$(TEST_GEN_PROGS_EXTENDED): $(OUTPUT)/%: $(OUTPUT)/%.o $(LIBVFIO_O) $(LIBLIVEUPDATE_O)
	$(CC) $(CFLAGS) $(CPPFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(LIVEUPDATE_TESTS_O): $(OUTPUT)/%.o: %.c
	$(CC) $(CFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -c $< -o $@

EXTRA_CLEAN += $(LIVEUPDATE_TESTS_O) $(LIVEUPDATE_TESTS_O:.o=.d)
