// SPDX-License-Identifier: GPL-2.0
/*
 * A VMM takes all handover records that it can get: with HWPTs to which no device is attached, and
 * with one iommufd after another whose only device it closes as soon as the iommufd is preserved.
 * The first is refused, the second ends at the quota of its session; a second session continues.
 * More records than a page of the index has room for are in use then. A VM beside it is
 * preserved all the same and goes to the next kernel; the sessions without devices stay behind.
 *
 * promise: 5
 * red when: the index grows (an earlier kernel with 508 slots): the VM's preserve fails with ENOSPC;
 *   a session has a quota (`liveupdate_charge_records`): 600 iommufds are preserved in one
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/kho.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/report.h"
#include "scenario.h"
#include "story/story.h"

#define LONELY		200	/* HWPTs without a device */
#define MOST		600	/* iommufds; each has two records */
#define QUOTA		512
#define MORE		100
#define ONE_PAGE	508	/* records, in one page of the index */

static const char *const names[] = { "hog", "hog2" };

static int add_hwpt(int iommufd, uint32_t dev, uint32_t *hwpt, uint64_t token)
{
	uint32_t ioas;
	int rc = ioas_alloc(iommufd, &ioas);

	rc = rc ?: hwpt_alloc(iommufd, dev, ioas, hwpt);
	return rc ?: hwpt_mark(iommufd, *hwpt, token);
}

/* An iommufd whose device is closed as soon as it is preserved */
static int preserve_one(int session, const char *bdf, uint64_t token)
{
	int iommufd = iommufd_open();
	uint32_t id, hwpt;
	int dev = vfio_open_bound(bdf, iommufd, &id);
	int rc = dev < 0 ? dev : add_hwpt(iommufd, id, &hwpt, 1);

	rc = rc ?: vfio_attach(dev, hwpt);
	if (rc)
		bail_out("hog: %s", strerror(-rc));
	rc = luo_preserve_fd(session, iommufd, token);
	close(dev);
	close(iommufd);
	return rc;
}

static unsigned int preserve_many(int session, const char *bdf, unsigned int most, int *rc)
{
	unsigned int n;

	for (n = 0, *rc = 0; n < most; n++) {
		*rc = preserve_one(session, bdf, n);
		if (*rc)
			break;
	}
	return n;
}

static void without_device(int session, const char *bdf)
{
	int iommufd = iommufd_open(), dev, rc = 0;
	uint32_t id, hwpt;
	unsigned int i;

	dev = vfio_open_bound(bdf, iommufd, &id);
	for (i = 0; !rc && i < LONELY; i++)
		rc = add_hwpt(iommufd, id, &hwpt, i);
	ok_rc(rc, "HWPTs without a device are marked");
	klog_skip();
	refused(luo_preserve_fd(session, iommufd, MOST), ENODEV, "no device is attached to the HWPT",
		"they are not preserved without a device");
	close(dev);
	close(iommufd);
}

static void before(void)
{
	int session, rc;
	unsigned int n;
	char bdf[BDF_LEN];

	story_begin(one_nic_each, 1);
	pci_find_device(EXTRA_EDU, 0, bdf);
	session = luo_create(names[0]);
	without_device(session, bdf);
	klog_skip();
	n = preserve_many(session, bdf, MOST, &rc);
	refused(rc, EDQUOT, "session has too many records", "a session has a quota of records");
	ok(n == QUOTA, "it is used up", "%u iommufds", n);
	n = preserve_many(luo_create(names[1]), bdf, MORE, &rc);
	ok(n == MORE, "another session has its own", "%u iommufds, then error %d", n, -rc);
	ok(kho_records() > ONE_PAGE, "the records do not fit into one page of the index", "%llu",
	   (unsigned long long)kho_records());
	story_preserve();
	story_leave();
}

static void after(void)
{
	unsigned int i;

	story_arrive();
	for (i = 0; i < 2; i++)
		ok_errno(luo_try_retrieve(names[i]), ENOENT, "the session was left behind");
	story_go_on();
}

SCENARIO(.name = "exhausted_records", .cmdline = "lu.rate=300", .timeout = 150,
	 .qemu = "-device edu,addr=08", .before = before, .after = after);
