// SPDX-License-Identifier: GPL-2.0

/*
 * Damage to handed-over memory, and devices that disappear
 *
 * For tests of the next kernel only. Records are sealed for the last time in the
 * middle of the reboot system call, so damage by userspace would not last.
 * Userspace requests damage in advance, with a line per write to
 * /sys/kernel/debug/kho_damage; it is applied after the last change of a record:
 *
 * - "set PHYS BYTES VALUE" and "flip PHYS BYTES MASK" change a little endian
 *   number of 1, 2, 4 or 8 bytes in memory. All numbers are hexadecimal.
 * - "seal PHYS" corrects the checksum of the record at PHYS.
 *
 * Userspace finds records by itself, in /dev/mem.
 *
 * Two words on the command line name a function each, in hexadecimal, as bus << 8 |
 * devfn: kho_damage_hide= is not found by enumeration, kho_damage_probe= cannot be
 * probed by its IOMMU driver.
 */

#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/liveupdate_damage.h>
#include <linux/kho_record.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#define KHO_DAMAGES	64

struct kho_damage {
	char what[5];
	unsigned int bytes;
	u64 phys;
	u64 value;
};

static struct kho_damage kho_damages[KHO_DAMAGES];
static unsigned int kho_nr_damages;
static DEFINE_MUTEX(kho_damage_lock);

static int kho_damage_parse(struct kho_damage *damage, const char *line)
{
	int n = sscanf(line, "%4s %llx %x %llx", damage->what, &damage->phys,
		       &damage->bytes, &damage->value);

	if (n == 2 && !strcmp(damage->what, "seal") && PAGE_ALIGNED(damage->phys))
		damage->bytes = sizeof(struct kho_record_ser);
	else if (n != 4 || (strcmp(damage->what, "set") && strcmp(damage->what, "flip")) ||
		 damage->bytes > sizeof(u64) || !is_power_of_2(damage->bytes) ||
		 !IS_ALIGNED(damage->phys, damage->bytes))
		return -EINVAL;
	return pfn_valid(PHYS_PFN(damage->phys)) ? 0 : -EFAULT;
}

static ssize_t kho_damage_write(struct file *file, const char __user *buf, size_t count,
				loff_t *ppos)
{
	struct kho_damage damage = {};
	char line[80];
	int rc;

	if (count >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, count))
		return -EFAULT;
	line[count] = 0;
	rc = kho_damage_parse(&damage, line);
	if (rc)
		return rc;

	guard(mutex)(&kho_damage_lock);
	if (kho_nr_damages == KHO_DAMAGES)
		return -ENOSPC;
	kho_damages[kho_nr_damages++] = damage;
	return count;
}

static const struct file_operations kho_damage_fops = {
	.owner = THIS_MODULE,
	.write = kho_damage_write,
};

static void kho_damage_do(const struct kho_damage *damage)
{
	void *at = phys_to_virt(damage->phys);
	u64 value = 0;

	if (!strcmp(damage->what, "seal")) {
		kho_record_seal(at);
		return;
	}
	memcpy(&value, at, damage->bytes);
	value = damage->what[0] == 's' ? damage->value : value ^ damage->value;
	memcpy(at, &value, damage->bytes);
}

/* After the last freeze; the IOMMU driver shuts down without its records */
static int kho_damage_reboot(struct notifier_block *nb, unsigned long event, void *data)
{
	unsigned int i;

	guard(mutex)(&kho_damage_lock);
	for (i = 0; i < kho_nr_damages; i++)
		kho_damage_do(&kho_damages[i]);
	if (i)
		pr_warn("KHO: damaged handed-over memory in %u places, as requested\n", i);
	return NOTIFY_DONE;
}

static struct notifier_block kho_damage_nb = {
	.notifier_call = kho_damage_reboot,
};

static unsigned int kho_damage_hide = U32_MAX;
static unsigned int kho_damage_probe = U32_MAX;

static int __init kho_damage_set_hide(char *bdf)
{
	return kstrtouint(bdf, 16, &kho_damage_hide);
}
early_param("kho_damage_hide", kho_damage_set_hide);

static int __init kho_damage_set_probe(char *bdf)
{
	return kstrtouint(bdf, 16, &kho_damage_probe);
}
early_param("kho_damage_probe", kho_damage_set_probe);

bool kho_damage_hides(u8 bus, int devfn)
{
	return kho_damage_hide == PCI_DEVID(bus, devfn);
}

int kho_damage_fail_probe(struct device *dev)
{
	return dev_is_pci(dev) && kho_damage_probe == pci_dev_id(to_pci_dev(dev)) ? -ENOMEM : 0;
}

static int __init kho_damage_init(void)
{
	debugfs_create_file("kho_damage", 0200, NULL, NULL, &kho_damage_fops);
	return register_reboot_notifier(&kho_damage_nb);
}
late_initcall(kho_damage_init);
