// SPDX-License-Identifier: GPL-2.0
/*
 * A device whose page requests are enabled, two updates. They are off in the gap, in the function and
 * in the entry of the IOMMU, and on again when the session is finished or discarded. The device makes
 * no page request; it behaves as if an answer came late, or never. If it cannot be stopped at all, it
 * is not frozen, and its page requests are on as before.
 *
 * promise: 1, 2, 5
 * red when: page requests are not disabled in freeze (`intel_lu_freeze_pri()`): their status is not
 *   "stopped" when the root table is switched
 * red when: they are not allowed again at finish (`intel_lu_finish_pri()`): entry and function have
 *   them off
 * red when: freeze fails when page requests do not stop (`pci_liveupdate_stop_pri`, with 0
 *   instead of -EIO): the device can be frozen
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "device/pci.h"
#include "iommu/platform.h"
#include "iommu/vtd.h"
#include "kapi/kexec.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/pasids.h"
#include "story/story.h"

#define PRE		(1ull << 4)	/* in a context entry: page requests are allowed */
#define DEPTH		64u		/* PRQ_DEPTH of Linux */

/* A register of the device alone: how its page requests stop, see the runner's vfio_user.c */
#define BEHAVIOUR	0xe0
#define SETTLE_MS	100	/* more than the error of a mark's time */
enum { STOPS_SOON, STOPS_BY_RESET, STOPS_NEVER };

static void behave(const struct pasids *p, unsigned int how)
{
	pci_set_config(p->bdf, BEHAVIOUR, how, 1);
}

static void read_context(const struct pasids *p, uint64_t context[4])
{
	uint64_t at = vtd_first_entry(platform()->root(), pci_source_id(p->bdf));

	memset(context, 0, 4 * sizeof(*context));
	if (at)
		phys_read(context, at, 4 * sizeof(*context));
}

static void are(const struct pasids *p, bool on, const char *when)
{
	uint64_t context[4];

	read_context(p, context);
	ok(pci_page_requests_are_on(p->bdf) == on && !!(context[0] & PRE) == on, when,
	   "entry %#llx, function %s", (unsigned long long)context[0],
	   pci_page_requests_are_on(p->bdf) ? "on" : "off");
	ok(pci_page_requests_depth(p->bdf) == DEPTH, "as many may be outstanding as ever",
	   "%u", pci_page_requests_depth(p->bdf));
	ok(pci_ats_is_on(p->bdf), "its ATS is on", "it is off");
}

/* Nothing in the entry has changed but @changed. */
static void context_is(const struct pasids *p, uint64_t changed, const char *when)
{
	const uint64_t *was = state_get()->context_entry;
	uint64_t now[4];

	read_context(p, now);
	now[0] ^= changed;
	ok(!memcmp(now, was, sizeof(now)), when, "the first word is %#llx, and was %#llx",
	   (unsigned long long)(now[0] ^ changed), (unsigned long long)was[0]);
}

static void refuse_to_freeze(struct pasids *p)
{
	behave(p, STOPS_NEVER);
	klog_skip();
	refused(luo_check(pasids_data()->session), EIO, "not frozen: page requests do not stop",
		"a device whose page requests do not stop is not frozen");
	are(p, true, "and its page requests are on");
	behave(p, STOPS_SOON);
	ok_rc(luo_check(pasids_data()->session), "when they stop it can be frozen");
	are(p, true, "and they are on again when it was not");
}

static void before(void)
{
	struct pasids p;

	story_begin(one_nic_each, 1);
	kexec_keep_next();
	vtd_is_scalable(true);
	pasids_create(&p);
	are(&p, true, "page requests are on in the previous kernel");
	read_context(&p, state_get()->context_entry);
	pasids_record(&p);
	story_preserve();
	ok_rc(pasids_preserve(&p), "the device is preserved");
	refuse_to_freeze(&p);
	context_is(&p, 0, "its entry is unchanged until the kexec");
	story_leave();
}

static void arrive(struct pasids *p)
{
	story_arrive();
	pasids_retrieve(p);
	ok_rc(p->dev < 0 ? p->dev : 0, "the device is retrieved");
	are(p, false, "page requests are off when the next kernel starts userspace");
	context_is(p, PRE, "nothing else of its entry is different");
	pasids_unchanged(p, "its PASID entries are unchanged");
}

static void take_over(struct pasids *p)
{
	pasids_adopt(p);
	ok_rc(vfio_attach(p->dev, p->hwpt[0]), "it is attached to its HWPT");
	ok_rc(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[1]), "and so is a PASID");
	ok_rc(vfio_attach_pasid(p->dev, PASID_LARGE, p->hwpt[0]), "and the other one");
	are(p, false, "page requests are off after adoption");
	mark("page_requests.off");
	sleep_ms(SETTLE_MS);
	ok_rc(vm_finish(&p->vm), "the session is finished");
	are(p, true, "they are on after finish");
	context_is(p, 0, "its entry is as it was before the kexec");
}

/* Whoever enabled them in the function: they are off before ATS is */
static void discard(struct pasids *p)
{
	mark("page_requests.off");
	sleep_ms(SETTLE_MS);
	pci_enable_page_requests(p->bdf);
	ok_rc(luo_discard(p->vm.session), "the session is discarded");
	close(p->dev);
	close(p->vm.iommufd);
	close(p->vm.session);
}

static void second(struct pasids *p)
{
	fig("pasids_discarded", 1);
	discard(p);
	story_take_over(story_vm(0));
	pasids_create(p);
	are(p, true, "they are on when the discarded device is used again");
	context_is(p, 0, "and its entry allows them");
	pasids_close(p);
	story_end();
}

static void after(void)
{
	struct pasids p;

	arrive(&p);
	if (state_get()->updates > 1) {
		second(&p);
		return;
	}
	take_over(&p);
	story_take_over(story_vm(0));
	behave(&p, STOPS_BY_RESET);
	story_preserve();
	ok_rc(pasids_preserve(&p), "the device is preserved again");
	story_leave();
}

SCENARIO(.name = "page_requests", .platform = "vtd", .pasids = true, .page_requests = true,
	 .iommu = "fsts=on,pasid-bits=20,svm=on,device-iotlb=on,caching-mode=on", .updates = 2,
	 .timeout = 120, .before = before, .after = after);
