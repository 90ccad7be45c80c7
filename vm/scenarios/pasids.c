// SPDX-License-Identifier: GPL-2.0
/*
 * A device that uses two PASIDs beside requests without one, in two HWPTs and in two tables of its
 * PASID directory. The IOMMU's entries stay as they are; the next kernel attaches each PASID to
 * the HWPT that it had, and to no other, with the ordinary call. The device also has ATS.
 * Neither is switched.
 *
 * promise: 1, 2, 3
 * red when: PASIDs are not attached at boot (`iommu_lu_attach_pasids()`): the HWPTs are not adopted
 * red when: a PASID of an HWPT that is not preserved is refused (`iommu_lu_add_pasid`, which
 *   leaves it out): EBUSY as for a PASID that is not attached, and not ENOENT; preserved if that
 *   rule is out as well
 * red when: a 49th PASID is refused (`iommu_lu_add_pasid`, which leaves it out): EBUSY, and not
 *   E2BIG; preserved if that rule is out as well
 * red when: an entry for a PASID that is not attached is refused (`intel_lu_check_device`): the
 *   device is preserved with it
 * red when: PASIDs of a device that shares its group are refused (`iommu_lu_check_pasids`): the
 *   device is preserved
 * red when: FINISH waits for each PASID (`iommufd_device_taken_over`): it succeeds with none
 *   attached, and from then on none can be attached or moved; a warning when the device is
 *   closed
 */
#include <errno.h>
#include <sys/mman.h>

#include "device/extra.h"
#include "device/pci.h"
#include "kapi/iommufd.h"
#include "kapi/luo.h"
#include "kapi/vfio.h"
#include "os/klog.h"
#include "os/phys.h"
#include "os/report.h"
#include "os/util.h"
#include "scenario.h"
#include "story/pasids.h"
#include "story/story.h"

#define REFUSED		"not preserved: "
#define MOST		48	/* PASIDs that a record has room for */
#define OTHERS		0x100u	/* PASIDs from here on are not in use */

static void refuse(struct pasids *p, int error, const char *words,
		   const char *name)
{
	klog_skip();
	refused(pasids_preserve(p), error, words, name);
	vm_call_off(&p->vm);
}

static void refuse_unmarked(struct pasids *p)
{
	uint32_t other;

	ok_rc(hwpt_alloc_pasid(p->vm.iommufd, p->id, p->vm.ioas[0], &other), "an HWPT without a mark");
	ok_rc(vfio_attach_pasid(p->dev, OTHERS, other), "gets a PASID");
	refuse(p, ENOENT, REFUSED "a PASID is attached to an HWPT that is not preserved",
	       "a device with a PASID of an HWPT that is not preserved is refused");
	ok_rc(vfio_detach_pasid(p->dev, OTHERS), "the PASID is detached");
	ok_rc(iommufd_destroy(p->vm.iommufd, other), "and its HWPT is destroyed");
}

static void refuse_many(struct pasids *p)
{
	uint32_t i, n = MOST + 1 - (STATE_PASIDS - 1);
	int rc = 0;

	for (i = 0; !rc && i < n; i++)
		rc = vfio_attach_pasid(p->dev, OTHERS + i, p->hwpt[1]);
	ok_rc(rc, "more PASIDs are attached than a record has room for");
	refuse(p, E2BIG, REFUSED "too many PASIDs are attached",
	       "a device with too many PASIDs is refused");
	ok_rc(vfio_detach_pasid(p->dev, OTHERS), "one is detached");
	ok_rc(pasids_preserve(p), "now it is taken");
	vm_call_off(&p->vm);
	for (i = 1; !rc && i < n; i++)
		rc = vfio_detach_pasid(p->dev, OTHERS + i);
	ok_rc(rc, "all of these PASIDs are detached");
}

/* By hand, in the table that the IOMMU uses */
static void refuse_foreign(struct pasids *p)
{
	uint64_t at = pasid_entry(p, PASID_SMALL + 1);
	volatile uint64_t *page = phys_map(at & ~(PAGE - 1), PAGE);

	page[at % PAGE / 8] = 1;
	refuse(p, EBUSY, REFUSED "the IOMMU has entries for PASIDs that are not attached",
	       "a device with a present entry that is nobody's is refused");
	page[at % PAGE / 8] = 0;
	munmap((void *)page, PAGE);
}

/*
 * Functions of a slot are in one group if they do not redirect completions. The group of a function
 * is chosen when it is found.
 */
static void refuse_shared(struct pasids *p)
{
	char other[BDF_LEN];

	pci_find_device(EXTRA_EDU, 0, other);
	pci_redirect_completions(p->bdf, false);
	ok_rc(pci_set(other, "remove", "1"), "the other function of the slot is removed");
	ok_rc(file_write("/sys/bus/pci/rescan", "1"), "and looked for");
	ok(pci_group(other) == pci_group(p->bdf), "it joins the group", "%u is not %u",
	   pci_group(other), pci_group(p->bdf));
	refuse(p, EOPNOTSUPP, REFUSED "PASIDs are in use",
	       "a device with PASIDs that shares its group is refused");
	pci_redirect_completions(p->bdf, true);
	ok_rc(pci_set(other, "remove", "1"), "the other function leaves the group");
}

static void is_immutable(struct pasids *p)
{
	ok_errno(vfio_attach_pasid(p->dev, 6, p->hwpt[1]), EBUSY,
		 "no other PASID can be attached while it is preserved");
	ok_errno(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[0]), EBUSY,
		 "a PASID cannot be moved");
	ok_errno(vfio_detach_pasid(p->dev, PASID_SMALL), EBUSY, "nor detached");
}

static void before(void)
{
	struct pasids p;

	story_begin(one_nic_each, 1);
	pasids_create(&p);
	refuse_unmarked(&p);
	refuse_many(&p);
	refuse_foreign(&p);
	refuse_shared(&p);
	pasids_record(&p);
	story_preserve();
	ok_rc(pasids_preserve(&p), "the device with PASIDs is preserved");
	is_immutable(&p);
	story_leave();
}

static void attach(struct pasids *p)
{
	ok_rc(vfio_attach(p->dev, p->hwpt[0]), "it is attached to its HWPT");
	ok_errno(luo_finish(p->vm.session), EBUSY,
		 "the session cannot be finished before its PASIDs are attached");
	ok_errno(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[0]), EBUSY,
		 "a PASID cannot be attached to another HWPT than it had");
	ok_rc(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[1]), "but to that");
	ok_rc(vfio_attach_pasid(p->dev, PASID_LARGE, p->hwpt[0]), "and so is the other PASID");
}

/* From now on PASIDs are ordinary */
static void live_on(struct pasids *p)
{
	ok_rc(vfio_detach_pasid(p->dev, PASID_SMALL), "a PASID is detached");
	ok(!pasid_is_present(p, PASID_SMALL), "its entry is gone", "it is present");
	ok(pasid_is_present(p, PASID_LARGE), "and no other", "it is absent");
	ok_rc(vfio_attach_pasid(p->dev, PASID_SMALL, p->hwpt[0]),
	      "it is attached to another HWPT");
	ok(pasid_is_present(p, PASID_SMALL), "and has an entry", "it is absent");
	ok_rc(vfio_attach_pasid(p->dev, PASID_LARGE, p->hwpt[1]), "the other PASID is moved");
}

static void after(void)
{
	struct pasids p;

	story_arrive();
	pasids_retrieve(&p);
	ok_rc(p.dev < 0 ? p.dev : 0, "the device with PASIDs is retrieved");
	pasids_unchanged(&p, "the entries are unchanged at arrival");
	pasids_adopt(&p);
	attach(&p);
	pasids_unchanged(&p, "the entries are unchanged when all is attached");
	ok_rc(vm_finish(&p.vm), "the session is finished");
	pasids_unchanged(&p, "the entries are unchanged after finish");
	story_retrieve();
	story_adopt();
	story_finish();
	live_on(&p);
	pasids_close(&p);
	story_end();
}

SCENARIO(.name = "pasids", .platform = "vtd", .pasids = true,
	 .iommu = "caching-mode=on,device-iotlb=on,pasid-bits=20",
	 .qemu = "-device edu,addr=1d.1,multifunction=on", .before = before, .after = after);
