# SPDX-License-Identifier: GPL-2.0
#
# The kernel source that this tree is made for: a Debian source package, taken
# from the mirror that the machine's own apt is configured with, from the suite
# that has it.  The checksum is what makes it the same source for everybody.
# A mirror keeps one version of a backport; when ours is gone from it, set-up
# says so and KERNEL_VERSION=newest takes the one that is there.

KERNEL_PACKAGE := linux-source-7.3
KERNEL_SUITE   := trixie-backports
KERNEL_VERSION ?= 7.3.4-1~bpo13+1
KERNEL_SHA256  ?= 703e369ddd4cce971452f5a593ee55df3a5c10c83caf0fa0df039633ed181ee3

# The oldest emulator that was seen to carry a device through a kexec.
QEMU_MINIMUM := 10.0
