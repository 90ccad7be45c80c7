// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preserve a device with DMA in progress across a live update.
 *
 * Stage 1 (-s 1 BDF) lets the device copy memory, preserves it together with its
 * iommufd and its memory, and stays in the background. After the kexec, stage 2
 * (-s 2 BDF) retrieves all of them, and the device copies again without being set
 * up.
 *
 * The driver of libvfio has its rings and its state in its DMA region, which is in
 * the preserved memfd. The state includes the address at which the registers are
 * mapped, so BAR 0 is mapped at the same address in both stages. The last page of
 * the memfd has further data for the second stage.
 */
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include <linux/iommufd.h>
#include <linux/sizes.h>
#include <linux/vfio.h>

#include <libliveupdate.h>
#include <libvfio.h>

#define SESSION		"vfio-pci"
#define STATE_SESSION	"vfio-pci-state"
#define STATE_TOKEN	1
#define MEMORY_TOKEN	2
#define IOMMUFD_TOKEN	3
#define DEVICE_TOKEN	4

#define HWPT_TOKEN	0x1077
#define MEMORY_IOVA	SZ_4G
#define MEMORY_SIZE	SZ_4M
#define DRIVER_SIZE	SZ_2M /* the first part; then the copied data, then the last page */
#define COPY_SIZE	SZ_4K
#define BAR0_VADDR	((void *)0x200000000000UL)
#define HEADER_DWORDS	16

struct kept {
	u64 max_memcpy_size;
	u64 max_memcpy_count;
	int msi;
	u32 header[HEADER_DWORDS];
};

struct machine {
	struct iommu *iommu;
	struct vfio_pci_device *device;
	int memfd;
	void *memory;
	struct dma_region region;
	struct kept *kept;
	u32 device_id;
	u32 hwpt_id;
};

static void map_memory(struct machine *m)
{
	m->memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, m->memfd, 0);
	VFIO_ASSERT_NE(m->memory, MAP_FAILED);
	m->kept = m->memory + MEMORY_SIZE - getpagesize();

	m->region.vaddr = m->memory;
	m->region.iova = MEMORY_IOVA;
	m->region.size = MEMORY_SIZE;
	list_add(&m->region.link, &m->iommu->dma_regions);
}

static void map_into_ioas(struct machine *m)
{
	struct iommu_ioas_map_file map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = m->iommu->ioas_id,
		.fd = m->memfd,
		.length = MEMORY_SIZE,
		.iova = MEMORY_IOVA,
	};

	ioctl_assert(m->iommu->iommufd, IOMMU_IOAS_MAP_FILE, &map);
}

static void bind_device(struct machine *m)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = m->iommu->iommufd,
	};

	ioctl_assert(m->device->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	m->device_id = bind.out_devid;
}

static void attach_device(struct machine *m)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = m->hwpt_id,
	};

	ioctl_assert(m->device->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

/* Requirements of libvfio's drivers: configuration space, BAR 0, interrupts */
static void map_registers(struct machine *m)
{
	struct vfio_pci_device *device = m->device;
	struct vfio_region_info *config = &device->config_space;
	struct vfio_region_info *bar = &device->bars[0].info;
	int i;

	config->argsz = sizeof(*config);
	config->index = VFIO_PCI_CONFIG_REGION_INDEX;
	ioctl_assert(device->fd, VFIO_DEVICE_GET_REGION_INFO, config);
	bar->argsz = sizeof(*bar);
	bar->index = VFIO_PCI_BAR0_REGION_INDEX;
	ioctl_assert(device->fd, VFIO_DEVICE_GET_REGION_INFO, bar);

	device->bars[0].vaddr = mmap(BAR0_VADDR, bar->size, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_FIXED_NOREPLACE, device->fd, bar->offset);
	VFIO_ASSERT_EQ(device->bars[0].vaddr, BAR0_VADDR);
	for (i = 0; i < ARRAY_SIZE(device->msi_eventfds); i++)
		device->msi_eventfds[i] = -1;

	vfio_pci_driver_probe(device);
	if (!device->driver.ops)
		ksft_exit_skip("libvfio has no driver for %s\n", device->bdf);
	device->driver.region = m->region;
	device->driver.region.size = DRIVER_SIZE;
}

static void read_header(struct machine *m, u32 *header)
{
	int i;

	for (i = 0; i < HEADER_DWORDS; i++)
		header[i] = vfio_pci_config_readl(m->device, 4 * i);
	/* The status register may change */
	header[PCI_COMMAND / 4] &= 0xffff;
}

/* The device reads @seed's pattern from one place of the memory and writes it to another */
static bool copies(struct machine *m, u8 seed)
{
	u8 *src = m->memory + DRIVER_SIZE, *dst = src + COPY_SIZE;
	iova_t iova = MEMORY_IOVA + DRIVER_SIZE;
	int i;

	for (i = 0; i < COPY_SIZE; i++)
		src[i] = seed + i * 7;
	memset(dst, 0, COPY_SIZE);
	return !vfio_pci_driver_memcpy(m->device, iova, iova + COPY_SIZE, COPY_SIZE) &&
	       !memcmp(src, dst, COPY_SIZE);
}

static bool interrupts(struct machine *m)
{
	struct pollfd fd = {
		.fd = m->device->msi_eventfds[m->device->driver.msi],
		.events = POLLIN,
	};

	vfio_pci_driver_send_msi(m->device);
	return poll(&fd, 1, 5000) == 1;
}

static int try_map_anonymous(struct machine *m)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.ioas_id = m->iommu->ioas_id,
		.user_va = (uintptr_t)m->memory,
		.length = getpagesize(),
	};

	return ioctl(m->iommu->iommufd, IOMMU_IOAS_MAP, &map) ? errno : 0;
}

static u32 token_state(struct machine *m)
{
	struct iommu_liveupdate_query query = { .size = sizeof(query) };

	ioctl_assert(m->iommu->iommufd, IOMMU_LIVEUPDATE_QUERY, &query);
	return query.out_token == HWPT_TOKEN ? query.out_state : 0;
}

static void make_memory(struct machine *m)
{
	m->memfd = memfd_create("vm", MFD_ALLOW_SEALING | MFD_CLOEXEC);
	VFIO_ASSERT_GE(m->memfd, 0);
	VFIO_ASSERT_EQ(ftruncate(m->memfd, MEMORY_SIZE), 0);
	VFIO_ASSERT_EQ(fcntl(m->memfd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK), 0);
	map_memory(m);
	map_into_ioas(m);
}

static void make_marked_hwpt(struct machine *m)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc),
		.dev_id = m->device_id,
		.pt_id = m->iommu->ioas_id,
	};
	struct iommu_hwpt_liveupdate_mark mark = {
		.size = sizeof(mark),
		.token = HWPT_TOKEN,
	};

	ioctl_assert(m->iommu->iommufd, IOMMU_HWPT_ALLOC, &alloc);
	m->hwpt_id = alloc.out_hwpt_id;
	mark.hwpt_id = m->hwpt_id;
	ioctl_assert(m->iommu->iommufd, IOMMU_HWPT_LIVEUPDATE_MARK, &mark);
}

static const char *bdf;

static void make_machine(struct machine *m)
{
	m->iommu = iommu_init(MODE_IOMMUFD);
	m->device = vfio_pci_device_alloc(bdf, m->iommu);
	make_memory(m);
	vfio_pci_cdev_open(m->device, bdf);
	bind_device(m);
	make_marked_hwpt(m);
	attach_device(m);
	map_registers(m);
	vfio_pci_driver_init(m->device);

	m->kept->max_memcpy_size = m->device->driver.max_memcpy_size;
	m->kept->max_memcpy_count = m->device->driver.max_memcpy_count;
	m->kept->msi = m->device->driver.msi;
	read_header(m, m->kept->header);
}

/* Each fails if a file that it depends on is not in the session yet */
static void preserve(struct machine *m, int session)
{
	ksft_test_result(luo_session_preserve_fd(session, m->device->fd, DEVICE_TOKEN) == -ENOENT,
			 "a device is not preserved before its iommufd\n");
	ksft_test_result(luo_session_preserve_fd(session, m->iommu->iommufd, IOMMUFD_TOKEN) ==
			 -ENOENT, "an iommufd is not preserved before its memory\n");
	ksft_test_result(!luo_session_preserve_fd(session, m->memfd, MEMORY_TOKEN),
			 "the memory is preserved\n");
	ksft_test_result(!luo_session_preserve_fd(session, m->iommu->iommufd, IOMMUFD_TOKEN),
			 "the iommufd is preserved\n");
	ksft_test_result(!luo_session_preserve_fd(session, m->device->fd, DEVICE_TOKEN),
			 "the device is preserved\n");
	ksft_test_result(token_state(m) == IOMMU_LIVEUPDATE_PRESERVED, "so is the HWPT\n");
	ksft_test_result(try_map_anonymous(m) == EBUSY, "nothing more can be mapped\n");
}

static void run_stage_1(int luo_fd)
{
	struct machine m = {};
	int session;

	ksft_set_plan(9);
	create_state_file(luo_fd, STATE_SESSION, STATE_TOKEN, 2);
	session = luo_create_session(luo_fd, SESSION);
	VFIO_ASSERT_GE(session, 0);

	make_machine(&m);
	ksft_test_result(copies(&m, 1), "the device copies memory\n");
	preserve(&m, session);
	ksft_test_result(copies(&m, 2), "the device copies memory while it is preserved\n");
	ksft_print_cnts();
	if (ksft_get_fail_cnt())
		exit(KSFT_FAIL);
	close(luo_fd);
	daemonize_and_wait();
}

static int adopt(struct machine *m, u32 flags, u64 token, struct iommu_hwpt_liveupdate_adopt *cmd)
{
	*cmd = (struct iommu_hwpt_liveupdate_adopt){
		.size = sizeof(*cmd),
		.flags = flags,
		.ioas_id = m->iommu->ioas_id,
		.token = token,
	};
	return ioctl(m->iommu->iommufd, IOMMU_HWPT_LIVEUPDATE_ADOPT, cmd) ? errno : 0;
}

static int retrieve(int session, u64 token, const char *what)
{
	int fd = luo_session_retrieve_fd(session, token);

	ksft_test_result(fd >= 0, "the %s is retrieved\n", what);
	VFIO_ASSERT_GE(fd, 0);
	return fd;
}

static void retrieve_machine(struct machine *m, int session)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };

	m->iommu = iommu_init(MODE_IOMMUFD);
	m->memfd = retrieve(session, MEMORY_TOKEN, "memory");
	close(m->iommu->iommufd);
	m->iommu->iommufd = retrieve(session, IOMMUFD_TOKEN, "iommufd");
	ioctl_assert(m->iommu->iommufd, IOMMU_IOAS_ALLOC, &alloc);
	m->iommu->ioas_id = alloc.out_ioas_id;
	m->device = vfio_pci_device_alloc(bdf, m->iommu);
	m->device->fd = retrieve(session, DEVICE_TOKEN, "device");
	map_memory(m);
	ksft_test_result(token_state(m) == IOMMU_LIVEUPDATE_INCOMING, "the HWPT came in\n");
}

static void adopt_hwpt(struct machine *m, int session)
{
	struct iommu_hwpt_liveupdate_adopt cmd;

	ksft_test_result(adopt(m, 0, HWPT_TOKEN + 1, &cmd) == ENOENT,
			 "an unknown token is not adopted\n");
	ksft_test_result(adopt(m, 0, HWPT_TOKEN, &cmd) == EBADE &&
			 cmd.out_bad_iova == MEMORY_IOVA, "an empty IOAS is not the same\n");
	map_into_ioas(m);
	ksft_test_result(!adopt(m, IOMMU_LIVEUPDATE_ADOPT_VERIFY, HWPT_TOKEN, &cmd) &&
			 !cmd.out_hwpt_id && cmd.out_bytes == MEMORY_SIZE,
			 "the IOAS is the same\n");
	ksft_test_result(luo_session_finish(session) == -EBUSY,
			 "the session cannot be finished before\n");
	ksft_test_result(!adopt(m, 0, HWPT_TOKEN, &cmd), "the HWPT is adopted\n");
	m->hwpt_id = cmd.out_hwpt_id;
	ksft_test_result(adopt(m, 0, HWPT_TOKEN, &cmd) == EALREADY, "only once\n");
}

static void take_over_device(struct machine *m)
{
	struct vfio_pci_driver *driver = &m->device->driver;
	u32 header[HEADER_DWORDS];

	bind_device(m);
	attach_device(m);
	map_registers(m);
	read_header(m, header);
	ksft_test_result(header[PCI_COMMAND / 4] & PCI_COMMAND_MASTER, "it is bus master\n");
	ksft_test_result(!memcmp(header, m->kept->header, sizeof(header)),
			 "its configuration space is as it was\n");

	driver->max_memcpy_size = m->kept->max_memcpy_size;
	driver->max_memcpy_count = m->kept->max_memcpy_count;
	driver->msi = m->kept->msi;
	driver->initialized = true;
	ksft_test_result(copies(m, 3), "it copies memory without being set up\n");
	vfio_pci_msix_enable(m->device, driver->msi, 1);
	ksft_test_result(interrupts(m), "it interrupts when that has been armed\n");
}

static void run_stage_2(int luo_fd, int state_session)
{
	struct machine m = {};
	int session, stage;

	ksft_set_plan(17);
	restore_and_read_stage(state_session, STATE_TOKEN, &stage);
	VFIO_ASSERT_EQ(stage, 2);
	session = luo_retrieve_session(luo_fd, SESSION);
	VFIO_ASSERT_GE(session, 0);

	retrieve_machine(&m, session);
	adopt_hwpt(&m, session);
	take_over_device(&m);
	ksft_test_result(!luo_session_finish(session), "the session is finished\n");
	ksft_test_result(token_state(&m) == IOMMU_LIVEUPDATE_MARKED, "the HWPT is marked still\n");
	ksft_test_result(copies(&m, 4) && !try_map_anonymous(&m),
			 "the device copies on, and more can be mapped\n");
	VFIO_ASSERT_EQ(luo_session_finish(state_session), 0);
	ksft_finished();
}

int main(int argc, char *argv[])
{
	bdf = vfio_selftests_get_bdf(&argc, argv);
	ksft_print_header();
	return luo_test(argc, argv, STATE_SESSION, run_stage_1, run_stage_2);
}
