# SPDX-License-Identifier: GPL-2.0
#
# The kernel sources that this tree is made for: Debian source packages, taken
# from the mirror that the machine's own apt is configured with, from the suite
# that has them.  The checksum is what makes it the same source for everybody.
# A mirror may drop an old version of a backport; when ours is gone from it, set-up
# says so and KERNEL_VERSION=newest takes the one that is there.

# The version of Linux: its number stands here and nowhere else in the code.
SERIES         := 7.3
KERNEL_PACKAGE := linux-source-$(SERIES)
KERNEL_SUITE   := trixie-backports
KERNEL_VERSION ?= 7.3.4-1~bpo13+1
KERNEL_SHA256  ?= 703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3

# The kernel to come from and to go back to; the same with OLDER_ in front.
OLDER_SERIES  := 7.2
OLDER_PACKAGE := linux-source-$(OLDER_SERIES)
OLDER_VERSION ?= 7.2.12-1~bpo13+1
OLDER_SHA256  ?= 73ca6c22599ba411ab3179642d33501ca2c90174e13c3c8d86e996ea1cbf2a8f

# The oldest emulator that was seen to carry a device through a kexec.
QEMU_MINIMUM := 10.0
