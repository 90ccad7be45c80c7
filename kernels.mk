# SPDX-License-Identifier: GPL-2.0
#
# The kernel sources of this tree: Debian source packages from the mirror of the machine's
# own apt.  The checksum makes the source the same on every machine.  A mirror may drop an
# old version of a backport; set-up then says so, and KERNEL_VERSION=newest takes the
# newest one.

# The version of Linux; no other file of the code contains its number.
SERIES         := 7.3
KERNEL_PACKAGE := linux-source-$(SERIES)
KERNEL_SUITE   := trixie-backports
KERNEL_VERSION ?= 7.3.4-1~bpo13+1
KERNEL_SHA256  ?= 703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3

# The older kernel, for updates from it and back to it.
OLDER_SERIES  := 7.2
OLDER_PACKAGE := linux-source-$(OLDER_SERIES)
OLDER_VERSION ?= 7.2.12-1~bpo13+1
OLDER_SHA256  ?= 73ca6c22599ba411ab3179642d33501ca2c90174e13c3c8d86e996ea1cbf2a8f

# The oldest emulator that the runner knows, and the suite of Debian that has it.
QEMU_MINIMUM := 11.1
QEMU_SUITE   := forky
