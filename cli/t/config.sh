# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Configurations of kernels in /boot of the made-up host.

# shellcheck source=cli/t/host.sh
. cli/t/host.sh

# configure RELEASE OPTION=VALUE...: the configuration of this kernel, all right but these
configure() {
	of=$1
	shift
	mkdir -p "$host/boot"
	sed -n 's/^OPTION(\([A-Z0-9_]*\), "\([yn]\).*/CONFIG_\1=\2/p' cli/rules/options.def >"$tmp/config"
	echo CONFIG_INTEL_IOMMU=y >>"$tmp/config"
	for option; do
		sed -i "s/^CONFIG_${option%=*}=.*/CONFIG_$option/" "$tmp/config"
	done
	sed 's/^\(.*\)=n$/# \1 is not set/' "$tmp/config" >"$host/boot/config-$of"
}
