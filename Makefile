# SPDX-License-Identifier: GPL-2.0
#
# `make help` lists the targets.  All products go to out/, downloads and the compiler cache
# to $(CACHE).  A long step is a script that shows its progress; a stamp or a product gets
# its name when it is complete.

include kernels.mk

JOBS     ?= $(shell nproc)
CACHE    ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/iommu-liveupdate
KDIR     ?=
export FLAVOUR JOBS CACHE QEMU QEMU_MINIMUM QEMU_SUITE KDIR
export SERIES OLDER_SERIES KERNEL_PACKAGE KERNEL_SUITE KERNEL_VERSION KERNEL_SHA256

TREE     := out/linux-$(SERIES)
STOCK    := $(TREE)-stock
OLDER    := out/linux-$(OLDER_SERIES)
OTHER    := $(TREE)-other
COVERAGE := $(TREE)-coverage
BZIMAGE  := arch/x86/boot/bzImage
BASE     := kernel/config/base.config
EXTRA    := kernel/config/extra.config
DEBUG    := kernel/config/debug.config
COUNTING := kernel/config/coverage.config
MODULES  := kernel/config/modules.config
GUEST    := kernel/config/guest.config
OLDER_CONFIG := kernel/config/$(OLDER_SERIES).config
FEATURE  := $(if $(wildcard kernel/hooks/series),kernel/config/feature.config)
HOOKS    := $(wildcard kernel/hooks kernel/hooks/*)
NEW      := $(shell find kernel/new 2>/dev/null)
# Scenarios that take minutes come first, so that the others run beside them
LONG      := $(patsubst %,vm/scenarios/%.c,failing_retrieve update_many_times damaged_records damaged_virtual_functions)
SCENARIOS := $(LONG) $(filter-out $(LONG),$(wildcard vm/scenarios/*.c))
# The debug kernel has no KVM and no modules
ON_DEBUG  := $(filter-out $(patsubst %,vm/scenarios/%.c,vm_lives_on qemu_runs_a_guest qemu_lives_on qemu_refusals \
	module_loaded_late),$(SCENARIOS))
# Their first kernel is the unpatched one, or the one with modules
ON_OTHER  := $(patsubst %,vm/scenarios/%.c,command_stock control_stock module_loaded_late)
# Those that run on AMD-Vi as well
ON_AMD    := $(patsubst %,vm/scenarios/%.c@amd,damaged_records abort_leaves_no_trace \
	back_and_forth bars_go_along control_stock control_without_preserve crashed_vmm damaged_index \
	discarded_session group_of_functions huge_pages interrupt_format_next interrupts_not_remapped_next \
	interrupts_stay_remapped iommu_fails_next iommu_off_next kinds_of_maps \
	live_update_off_next machine_nvme machine_virtio ordinary_life passthrough_next \
	pci_off_next pending_interrupt refusals refusals_devices refusals_interrupts replace rogue_device_is_blocked run shared_domain \
	tables_unchanged two_nics_one_session \
	two_sessions unpreserved_nic_is_silent update_twice virtual_functions \
	virtual_functions_of_stub vm_lives_on)
# Those that run with iommufd and vfio as modules as well
ON_MODULES := $(patsubst %,vm/scenarios/%.c@modules,damaged_records crashed_vmm discarded_session run \
	update_twice)
TESTS     := tests/kernel.t $(filter-out tests/kernel.t tests/deb.t,$(wildcard tests/*.t cli/t/*.t))

# A release (`make dist`) brings the kernel's interfaces along and needs no kernel source
UAPI     := $(wildcard uapi)
INTERFACES := $(if $(UAPI),,out/headers/.installed)

CFLAGS   := -O2 -g -std=gnu11 -Wall -Wextra -Ivm/include \
	-DSERIES='"$(SERIES)"' -DOLDER_SERIES='"$(OLDER_SERIES)"'
RUNNER_SRC := $(wildcard vm/runner/*.c vm/runner/*/*.c)
INIT_SRC := $(wildcard vm/testos/*/*.c vm/scenarios/*.c vm/bench/testos/*.c) examples/systemd/manager.c
LIB_SRC  := $(wildcard lib/*.c)
RUNNER_OBJ := $(RUNNER_SRC:%.c=out/obj/%.o)
# The bench shares the runner's modules and has its own main()
BENCH_OBJ := $(patsubst %.c,out/obj/%.o,$(wildcard vm/bench/runner/*.c)) \
	$(filter-out out/obj/vm/runner/core/main.o,$(RUNNER_OBJ))
INIT_OBJ := $(INIT_SRC:%.c=out/obj/%.o)
CLI_OBJ  := $(patsubst %.c,out/obj/%.o,$(wildcard cli/*.c cli/*/*.c))
CLI_LIBS := json-c libzstd liblzma liblz4 zlib
LIB_OBJ  := $(LIB_SRC:%.c=out/obj/%.o)
CPR_OBJ  := $(patsubst %.c,out/obj/%.o,$(wildcard cpr/*.c) examples/systemd/manager.c)
VMM_OBJ  := $(patsubst %.c,out/obj/%.o,$(wildcard examples/vmm/*.c))

ifneq ($(if $(filter port,$(MAKECMDGOALS)),,$(KERNEL:stock=))$(WITHOUT:preserve=)$(FLAVOUR:debug=),)
$(error only KERNEL=stock, WITHOUT=preserve and FLAVOUR=debug are known)
endif

# Arguments of the runner in `make run` and `make shell`
RATE     ?= 3000
comma    := ,
quote     = '$(subst ','\'',$(1))'
LURUN     = \
	--kernel out/build/$(SERIES)$(if $(KERNEL),-stock)/$(BZIMAGE) $(if $(KERNEL),--stock) \
	$(if $(WITHOUT),--without-preserve) $(if $(NIC),--nic $(call quote,$(NIC))) \
	$(if $(SMP),--smp $(SMP)) $(if $(MEM),--mem $(MEM)) \
	$(if $(PLATFORM),--platform $(call quote,$(PLATFORM))) \
	$(if $(IOMMU),--iommu $(call quote,$(IOMMU))) \
	$(if $(QEMU_EXTRA),--qemu-extra $(call quote,$(QEMU_EXTRA))) \
	--append $(call quote,lu.rate=$(RATE) $(APPEND))

.PHONY: coverage fuzz help run shell check check-all soak bench lint packages tree save series port kernel kernel-older kernel-$(OLDER_SERIES) other each
.PHONY: refusals deb deb-tools dist check-deb debug modules-kernel stock vm lib install-lib cli install-cli systemd image stat clean distclean FORCE
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

help:
	@sed -n 's/^## \{0,1\}//; T; s/@SERIES@/$(SERIES)/g; s/@OLDER@/$(OLDER_SERIES)/g; p' Makefile

## make run        set up, replace the kernel under DMA, print the story and the verdict;
##                 results in out/run
## make check      all tests: set-up, lint, every scenario of the test machine
## make check-all  the same, and every scenario on the debug kernel as well
## make check-deb  kernel packages: build, install, boot (part of check-all)
## make soak       N=200 updates in a row without growth, and HUGE=25 with huge pages
## make fuzz       random calls in both kernels for SECONDS=600, beside a running VM; SEED=7
##                 repeats a run
## make coverage   which lines of our kernel files the scenarios reach: the table in
##                 docs/testing.md, the other lines in out/coverage/not-reached; ONLY=run,strict:
##                 only these scenarios anew; PLATFORM=amd: that platform's runs as well
## make bench      cost of a live update: out/bench/report.md; QUICK=1: the short bench, which
##                 fails if a count or a slope has become worse
## make shell      a prompt in the test machine
##
## make kernel     build the patched kernel            (out/build/@SERIES@)
## make kernel-@OLDER@ the patched older kernel, for rollback (out/build/@OLDER@)
## make other      the patched kernel with another version of one record (@SERIES@-other)
## make stock      build the kernel as Debian has it   (out/build/@SERIES@-stock)
## make debug      build the patched kernel with KASAN, lockdep etc. (@SERIES@-debug)
## make modules-kernel   the patched kernel with iommufd and vfio as modules (@SERIES@-modules)
## make vm         build the runner and the init of the test machine, and the example
## make systemd    the root file system with systemd for three scenarios, from Debian's forky
## make image      QEMU and a Linux guest for the scenarios qemu_*
## make lib        build libiolu, the library for authors of VMMs (out/lib); install-lib:
##                 into DESTDIR, PREFIX (/usr/local) and LIBDIR (PREFIX/lib)
## make cli        build the commands iolu and iolu-cpr, and man pages (out/cli); install-cli
##                 like install-lib
## make dist       library and commands as a tarball that needs no kernel source (out/dist)
## make deb-tools  Debian packages of library and commands (out/deb-tools), in a tree or a tarball
## make tree       the patched source as a git branch  (out/linux-@SERIES@); FORCE=1 afresh,
##                 without edits that were not saved
## make save       that branch back into kernel/hooks and kernel/new
## make each       each patch of the series by itself: checkpatch, build, boot with the
##                 feature off; EACH=3, first, last or the name of a part: only that one
## make series     that branch as mails, in parts with cover letters (out/series)
## make port       conflicts of the hooks with another Linux: KERNEL=7.4 or KDIR=path
## make deb        Debian packages of the patched kernel (out/deb), for hardware; CONFIG=path, or
##                 cloud-amd64 for Debian's own: its configuration, else the running kernel's,
##                 trimmed
## make refusals   make docs/refusals.md from the table in refusals/
## make lint       tests that need no test machine
## make stat       how many lines the feature adds, and to which files of Linux
## make packages   install missing Debian packages, or print the command if not root
## make clean      remove out/; distclean: downloads and compiler cache as well
##
## Variables for run and shell:
##   WITHOUT=preserve   preserve nothing, to see the loss
##   KERNEL=stock       the unpatched kernel, to see the loss
##   RATE=3000          frames/s that each NIC receives; a ring has 65,528 slots
##   NIC=igb,e1000e     NIC models              SMP=2    CPUs       MEM=1024  MiB
##   PLATFORM=amd       the kind of IOMMU       IOMMU=fsts=on   more properties of it
##   QEMU_EXTRA='...'   more emulator options   APPEND='...'  more kernel command line
## Variables for bench:
##   QUICK=1            three cases, one round        ONLY=4k-1g,dev-16  these cases
##   AGAINST=bzImage    another kernel beside it, turn by turn
## Variables for check:
##   FLAVOUR=debug      only the scenarios, on the debug kernel
##   PLATFORM=amd       all scenarios on AMD-Vi, instead of some
## Variables for all:
##   JOBS=2             compilers, or emulators, at once
##   QEMU=path          another emulator than the machine's, or the one in the cache
##   KDIR=path          a Linux @SERIES@ tree instead of the Debian package
##   KERNEL_VERSION=newest   the newest @SERIES@ of the mirror, if the pinned one is gone
##   OLDER_KDIR, OLDER_VERSION   the same for Linux @OLDER@

run: packages $(if $(KERNEL),stock,kernel) vm
	out/vm/lurun --story --out out/run $(strip $(LURUN)) vm/scenarios/run.c

shell: packages $(if $(KERNEL),stock,kernel) vm
	out/vm/lurun --shell --out out/shell $(strip $(LURUN)) vm/scenarios/run.c

ifeq ($(FLAVOUR),debug)
check: check-packages debug kernel-older other vm
	@$(MAKE) systemd || :
	prove --timer -j$(JOBS) --exec tests/one.sh $(ON_DEBUG)
else
check: check-packages kernel kernel-older other stock debug modules-kernel vm out/vm/lubench lib cli
	@$(MAKE) systemd || :	# its scenarios say so
	@$(MAKE) image
	@prove --timer -j$(JOBS) --exec tests/one.sh $(TESTS) $(SCENARIOS) $(if $(PLATFORM),,$(ON_AMD) $(ON_MODULES))
endif

check-all:
	@rc=0; for t in check check-deb 'check FLAVOUR=debug'; do $(MAKE) $$t || rc=1; done; exit $$rc

check-deb: check-packages kernel vm
	@scripts/packages.sh deb
	@prove --timer --exec tests/one.sh tests/deb.t

# A ring has 65,528 slots, each used once: more updates need a lower frame rate
soak: N ?= 200
soak: HUGE ?= 25
soak: packages kernel vm
	out/vm/lurun --out out/soak --updates $(N) --append lu.rate=$$((5000 / ($(N) + 75) + 1)) \
		vm/scenarios/update_many_times.c
	out/vm/lurun --out out/soak-huge --updates $(HUGE) --timeout $$(($(HUGE) * 50 + 200)) \
		--append lu.rate=$$((5000 / ($(HUGE) + 75) + 1)) vm/scenarios/huge_pages.c

# Frames for the whole time: a ring has 65,528 places
fuzz: SECONDS ?= 600
fuzz: SEED ?= $(shell date +%s)
fuzz: packages $(if $(FLAVOUR),debug,kernel) vm
	out/vm/lurun --out out/fuzz --timeout $$(($(SECONDS) * 3 + 600)) $(if $(FLAVOUR),--debug) \
		--append "lu.seed=$(SEED) lu.seconds=$(SECONDS) lu.rate=$$((30000 / ($(SECONDS) + 200)))" \
		vm/scenarios/fuzz.c

bench: packages kernel $(if $(QUICK),,stock) vm out/vm/lubench
	out/vm/lubench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
		$(if $(AGAINST),--against $(call quote,$(AGAINST)))

# A scenario that fails is named; lines that it reached before that count.
coverage: ONLY_THESE := $(patsubst %,vm/scenarios/%.c,$(subst $(comma), ,$(ONLY)))
coverage: check-packages kernel-older other vm $(COVERAGE)/.git/coverage | out/build/$(SERIES)-coverage
	@scripts/kernel.sh $(COVERAGE) liveupdate-coverage $(BASE) $(EXTRA) $(FEATURE) $(COUNTING)
	@$(MAKE) systemd || :
	-@prove --timer -j$(JOBS) --exec scripts/coverage.sh \
		$(or $(strip $(ONLY_THESE)),$(filter-out $(ON_OTHER),$(SCENARIOS)))
	@scripts/coverage.sh write

$(COVERAGE)/.git/coverage: $(TREE)/.git/applied scripts/copy.sh scripts/coverage-tree.sh $(wildcard kernel/coverage/*)
	@scripts/coverage-tree.sh $(TREE) $(COVERAGE) && touch $@

lint: check-packages kernel $(OLDER)/.git/applied stock lib cli
	prove --timer --exec tests/one.sh $(filter-out tests/bench.t tests/each.t cli/t/modules.t,$(TESTS))

.PHONY: check-packages
packages check-packages:
	@$(if $(UAPI),:,scripts/packages.sh $(if $(filter check-%,$@),check))

# -- kernels ------------------------------------------------------------------

$(TREE)/.source $(STOCK)/.source: FORCE | packages
	@scripts/source.sh unpack $(@D)

$(OLDER)/.source: FORCE | packages
	@KERNEL_PACKAGE=$(OLDER_PACKAGE) KERNEL_VERSION=$(OLDER_VERSION) \
	KERNEL_SHA256=$(OLDER_SHA256) KDIR=$(call quote,$(OLDER_KDIR)) NAMES=OLDER_ \
	scripts/source.sh unpack $(@D)

# Apply again when a hook or a new file is added, removed or changed
$(TREE)/.git/applied $(OLDER)/.git/applied: %/.git/applied: %/.source kernel/tree.sh $(HOOKS) $(NEW)
	@TREE=$* kernel/tree.sh apply

ifeq ($(FORCE),1)
$(TREE)/.source: export AFRESH := 1
endif
tree: $(TREE)/.git/applied

save: $(STOCK)/.source
	@TREE=$(TREE) kernel/tree.sh save

port: packages
	@scripts/port.sh $(if $(KDIR),$(call quote,$(KDIR)),$(KERNEL))

series: $(TREE)/.git/applied
	@scripts/series.sh $(TREE) out/series

kernel: $(TREE)/.git/applied | out/build/$(SERIES)
	@scripts/kernel.sh $(TREE) liveupdate $(BASE) $(EXTRA) $(FEATURE)

kernel-$(OLDER_SERIES): kernel-older
kernel-older: $(OLDER)/.git/applied | out/build/$(OLDER_SERIES)
	@scripts/kernel.sh $(OLDER) liveupdate $(BASE) $(OLDER_CONFIG) $(FEATURE)

deb: $(TREE)/.git/applied deb-tools
	@scripts/packages.sh deb
	@scripts/deb.sh $(TREE) $(TREE)-deb out/deb $(if $(CONFIG),$(call quote,$(CONFIG)))

each: kernel stock vm
	@scripts/each.sh $(TREE) $(STOCK) $(TREE)-each $(BASE) $(EXTRA) $(FEATURE) $(or $(EACH),all)

other: $(OTHER)/.git/other kernel | out/build/$(SERIES)-other
	@SEED=$(TREE) scripts/kernel.sh $(OTHER) liveupdate-other $(BASE) $(EXTRA) $(FEATURE)

RECORDS := $(OTHER)/include/linux/kho/abi/iommu.h
$(OTHER)/.git/other: $(TREE)/.git/applied scripts/copy.sh
	@scripts/copy.sh $(TREE) $(OTHER)
	@awk '$$2 == "IOMMU_RECORD_DEVICE_VERSION" { $$3++ } 1' $(RECORDS) >$(RECORDS).new
	@mv $(RECORDS).new $(RECORDS) && touch $@

debug: $(TREE)/.git/applied
	@mkdir -p out/build && ln -sfn ../linux-$(SERIES)/build-debug out/build/$(SERIES)-debug
	@BUILD=build-debug scripts/kernel.sh $(TREE) liveupdate-debug $(BASE) $(FEATURE) $(DEBUG)

modules-kernel: kernel
	@mkdir -p out/build && ln -sfn ../linux-$(SERIES)/build-modules out/build/$(SERIES)-modules
	@SEED=$(TREE) BUILD=build-modules scripts/kernel.sh $(TREE) liveupdate-modules $(BASE) $(EXTRA) $(FEATURE) $(MODULES)

stock: $(STOCK)/.source | out/build/$(SERIES)-stock
	@SEED=$(TREE) scripts/kernel.sh $(STOCK) stock $(BASE) $(EXTRA)

out/build/%:
	@mkdir -p $(@D)
	@ln -sfn ../linux-$*/build $@

# -- test machine ---------------------------------------------------------------

KSELFTESTS := $(addprefix out/vm/kselftest/,iommufd_liveupdate vfio_pci_liveupdate_test)
vm: out/vm/lurun out/vm/init out/vm/iolu out/vm/iolu-cpr out/vm/vmm-session out/vm/vmm out/vm/guest.bin \
	out/vm/gen_init_cpio $(KSELFTESTS)

out/vm/lurun: $(RUNNER_OBJ)
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -o $@ $^ $(shell pkg-config --libs json-c) -lz -lm

out/vm/lubench: $(BENCH_OBJ)
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -o $@ $^ $(shell pkg-config --libs json-c) -lz -lm

# Each call of the library is noted
$(patsubst %,out/obj/vm/%.o,testos/lib/library scenarios/library_import): CFLAGS += -Iout/obj
$(patsubst %,out/obj/vm/%.o,testos/lib/library scenarios/library_import): out/obj/iolu_counted.h
out/obj/iolu_counted.h: lib/iolu.map Makefile
	@mkdir -p $(@D)
	@sed -n 's/^\t\t\(iolu_[a-z_]*\);/#define \1 (lib_called("\1"), \1)/p' $< >$@

out/vm/init: $(INIT_OBJ) out/lib/libiolu.a
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -static -o $@ $^ -lz

# Gives a VMM a new session under systemd
out/vm/vmm-session: out/obj/examples/systemd/session.o out/obj/examples/systemd/manager.o
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -static -o $@ $^

# From Debian's packages; built again when the script changes
systemd: out/vm/systemd.spec
out/vm/systemd.spec: scripts/systemd-root.sh
	@scripts/systemd-root.sh $(@D)

# QEMU and its Linux guest, in the memory of an emulated device
image: out/vm/guest.img
out/vm/guest.img: out/vm/linux-guest out/vm/gen_init_cpio scripts/guest-image.sh $(GUEST)
	@BUILD=build-guest scripts/kernel.sh $(TREE) guest $(GUEST)
	@scripts/guest-image.sh $(@D) $(TREE)/build-guest/$(BZIMAGE) $(abspath $<)

out/vm/linux-guest: vm/guest/guest.c vm/include/frame.h vm/include/linux_guest.h
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) $(CFLAGS) -static -s -o $@ $<

# The kernel's tool that writes an initramfs
out/vm/gen_init_cpio: $(TREE)/.source
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -O2 -o $@ $(TREE)/usr/gen_init_cpio.c

# The kernel's selftests, built by its own Makefiles, which do not know the headers of a test (-B);
# tests that need libcap are not ours
out/vm/kselftest/iommufd_liveupdate: OF := iommu
out/vm/kselftest/vfio_pci_liveupdate_test: OF := vfio
$(KSELFTESTS): out/headers/.installed | packages
	@mkdir -p $(@D) && echo "  LD $@"
	@$(MAKE) -s -B -C $(TREE)/tools/testing/selftests/$(OF) OUTPUT=$(abspath $(@D)) \
		KHDR_INCLUDES="-isystem $(abspath out/headers/include)" USERLDFLAGS=-static \
		LDLIBS=-luuid $(abspath $@)
	@touch $@

$(RUNNER_OBJ) $(BENCH_OBJ): CFLAGS += -Ivm/runner $(shell pkg-config --cflags json-c)
KERNEL_HEADERS := -isystem $(or $(UAPI),out/headers/include)
$(INIT_OBJ): CFLAGS += -Ivm/testos -Ilib -Iexamples -Iexamples/systemd $(KERNEL_HEADERS)
$(LIB_OBJ): CFLAGS += -fPIC $(KERNEL_HEADERS)
$(INIT_OBJ) $(LIB_OBJ) $(CLI_OBJ) $(CPR_OBJ) $(VMM_OBJ): $(INTERFACES)
out/obj/vm/testos/kapi/damage.o $(patsubst %,out/obj/vm/scenarios/%.o,damaged_index damaged_pasids damaged_records damaged_virtual_functions group_of_functions next_tenant) \
$(patsubst %,out/obj/vm/testos/iommu/records_%.o,vtd amd): CFLAGS += -Ivm/include/kabi -Ikernel/new/include

out/obj/%.o: %.c Makefile | packages
	@mkdir -p $(@D) && echo "  CC $<"
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(RUNNER_OBJ:.o=.d) $(BENCH_OBJ:.o=.d) $(INIT_OBJ:.o=.d) $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(CPR_OBJ:.o=.d) $(VMM_OBJ:.o=.d)
-include out/obj/examples/systemd/session.d

# Debian's kernel headers are older than the interfaces used here
out/headers/.installed: $(TREE)/.git/applied
	@$(MAKE) -s -C $(TREE) O=$(abspath $(TREE))/build INSTALL_HDR_PATH=$(abspath $(@D)) \
		headers_install
	@touch $@

# -- library ---------------------------------------------------------------------

LIB_VERSION = $(shell sed -n 's/^\#define IOLU_VERSION[[:blank:]]*"\(.*\)"/\1/p' lib/iolu.h)
PREFIX      ?= /usr/local
LIBDIR      ?= $(PREFIX)/lib

lib: out/lib/libiolu.a out/lib/libiolu.so out/lib/libiolu.3 out/lib/man3/.made

out/lib/libiolu.a: $(LIB_OBJ)
	@mkdir -p $(@D) && echo "  AR $@" && rm -f $@
	@$(AR) rcs $@ $^

out/lib/libiolu.so.0: $(LIB_OBJ) lib/iolu.map
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -shared -Wl,-soname,$(@F) -Wl,-z,defs -Wl,--version-script=lib/iolu.map \
		-o $@ $(LIB_OBJ) -lz

out/lib/libiolu.so: out/lib/libiolu.so.0
	@ln -sfn $(<F) $@

out/lib/libiolu.3: lib/libiolu.3.scd | packages
	@mkdir -p $(@D) && echo "  MAN $@"
	@scdoc <$< >$@

# A page for each call
out/lib/man3/.made: lib/iolu.h $(wildcard lib/iolu_*.h) scripts/lib-man.sh
	@echo "  MAN $(@D)"
	@scripts/lib-man.sh $(@D)
	@touch $@

install-lib: lib
	install -Dm644 -t $(DESTDIR)$(PREFIX)/include lib/iolu.h lib/iolu_*.h
	install -Dm644 -t $(DESTDIR)$(LIBDIR) out/lib/libiolu.a out/lib/libiolu.so.0
	ln -sfn libiolu.so.0 $(DESTDIR)$(LIBDIR)/libiolu.so
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man3 out/lib/libiolu.3 out/lib/man3/*.3
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/doc/libiolu-dev LICENSES/* docs/vmm-author.md \
		docs/journal.md docs/refusals.md
	mkdir -p $(DESTDIR)$(LIBDIR)/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(LIB_VERSION)|' \
		lib/libiolu.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libiolu.pc

# -- the command iolu -------------------------------------------------------------

cli: out/cli/iolu out/cli/iolu-cpr out/cli/iolu.1 out/cli/iolu-cpr.1

out/cli/iolu: $(CLI_OBJ)
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -o $@ $^ $(shell pkg-config --libs $(CLI_LIBS)) -lbz2

# Static, for machines without libraries
out/vm/iolu: $(CLI_OBJ)
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -static -s -o $@ $^ $(shell pkg-config --static --libs $(CLI_LIBS)) -lbz2

out/cli/iolu.1: cli/iolu.1.scd
	@mkdir -p $(@D) && scdoc <$< >$@

out/cli/vmm-session: out/obj/examples/systemd/session.o out/obj/examples/systemd/manager.o
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -o $@ $^

SHARE = $(DESTDIR)$(PREFIX)/share
install-cli: cli out/cli/vmm-session
	install -Dm755 -t $(DESTDIR)$(PREFIX)/bin out/cli/iolu out/cli/iolu-cpr out/cli/vmm-session
	install -Dm644 -t $(SHARE)/man/man1 out/cli/iolu.1 out/cli/iolu-cpr.1
	install -Dm644 cli/iolu.bash $(SHARE)/bash-completion/completions/iolu
	install -Dm644 cpr/iolu-cpr.bash $(SHARE)/bash-completion/completions/iolu-cpr
	install -Dm644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system \
		examples/systemd/vmm-session.socket examples/systemd/vmm-session@.service
	install -Dm644 -t $(SHARE)/doc/iolu COPYING docs/operator.md docs/qemu.md docs/security.md \
		docs/refusals.md docs/glossary.md docs/virtual-functions.md
	install -Dm644 -t $(SHARE)/doc/iolu/examples examples/systemd/vmm@.service \
		examples/systemd/qemu@.service
	install -Dm644 -t $(SHARE)/doc/iolu/examples/vmm@vm0.service.d \
		examples/systemd/vmm@vm0.service.d/device.conf

$(CLI_OBJ): CFLAGS += -Icli -Iout/obj/cli -DIOLU_VERSION=\"$(LIB_VERSION)\" $(KERNEL_HEADERS) $(shell pkg-config --cflags $(CLI_LIBS))
out/obj/cli/rules/next_image.o: out/obj/cli/abi_formats.h

# The versions of the formats, from the kernel's ABI headers
ABI := include/linux/kho/abi
ifneq ($(UAPI),)
out/obj/cli/abi_formats.h: uapi/abi_formats.h
	@mkdir -p $(@D) && cp $< $@
else
out/obj/cli/abi_formats.h: $(TREE)/.git/applied $(wildcard kernel/new/$(ABI)/*.h)
	@mkdir -p $(@D)
	@cd $(TREE)/$(ABI) && cat kexec_handover.h luo.h memfd.h \
		$(abspath $(filter-out %/memfd_hugetlb.h,$(wildcard kernel/new/$(ABI)/*.h))) | \
		sed -n 's/^#define [A-Z_]*_COMPATIBLE[[:blank:]]*"\([a-z-]*\)-v\([0-9]*\)"$$/{ "\1", \2 },/p' >$(abspath $@)
endif

# -- iolu-cpr, for QEMU -------------------------------------------------------------

out/cli/iolu-cpr.1: cpr/iolu-cpr.1.scd
	@mkdir -p $(@D) && scdoc <$< >$@

out/cli/iolu-cpr: $(CPR_OBJ) out/lib/libiolu.a
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -o $@ $^ -lz

# Static, for machines without libraries
out/vm/iolu-cpr: $(CPR_OBJ) out/lib/libiolu.a
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -static -s -o $@ $^ -lz

$(CPR_OBJ): CFLAGS += -Icpr -Ilib -Iexamples/systemd $(KERNEL_HEADERS)

# -- the example: a VMM on libiolu, and what runs in its VM ------------------------

out/vm/vmm: $(VMM_OBJ) out/lib/libiolu.a
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) -static -pthread -o $@ $^ -lz

$(VMM_OBJ): CFLAGS += -pthread -Ilib -Iexamples $(KERNEL_HEADERS)

# A flat image without libraries, operating system and floating point
GUEST_FLAGS := -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none \
	-mno-red-zone -mgeneral-regs-only -fno-asynchronous-unwind-tables -nostdlib -static \
	-no-pie -Wl,--build-id=none -Wl,--oformat=binary -Wl,-T,examples/guest/guest.ld

out/vm/guest.bin: $(wildcard examples/*.h examples/guest/*) vm/include/frame.h Makefile
	@mkdir -p $(@D) && echo "  LD $@"
	@$(CC) $(CFLAGS) -Iexamples $(GUEST_FLAGS) -o $@ $(filter %.c,$^)

# -- library and command as a release ------------------------------------------------

# Of the kernel's interfaces those that are newer than Debian's, or that are extended here
RELEASE := iommu-liveupdate-$(LIB_VERSION)
dist: out/dist/$(RELEASE).tar.gz
out/dist/$(RELEASE).tar.gz: out/headers/.installed out/obj/cli/abi_formats.h FORCE
	@mkdir -p $(@D) && rm -rf $(@D)/$(RELEASE)
	@mkdir -p $(@D)/$(RELEASE)/uapi/linux
	@cp $(patsubst %,out/headers/include/linux/%.h,iommufd liveupdate nsfs pci_regs stddef vfio) \
		$(@D)/$(RELEASE)/uapi/linux/
	@cp out/obj/cli/abi_formats.h $(@D)/$(RELEASE)/uapi/
	@git ls-files -z COPYING LICENSES Makefile README.md cli cpr docs examples kernels.mk lib refusals scripts | \
		xargs -0 cp --parents -t $(@D)/$(RELEASE)
	@tar -C $(@D) --sort=name --owner=0 --group=0 --mtime=@$$(git log -1 --format=%ct) \
		-czf $@ $(RELEASE)
	@rm -r $(@D)/$(RELEASE) && echo "  TAR $@"

deb-tools: lib cli out/cli/vmm-session
	@scripts/deb-tools.sh out/deb-tools

# -- the rest -------------------------------------------------------------------

refusals:
	@scripts/refusals.sh >docs/refusals.md

stat:
	@scripts/stat.sh

clean:
	rm -rf out

distclean: clean
	rm -rf $(call quote,$(CACHE))
