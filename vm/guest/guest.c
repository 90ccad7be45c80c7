// SPDX-License-Identifier: GPL-2.0
/*
 * Process 1 of a Linux guest: it receives numbered frames through the NIC's own driver and
 * counts them, in memory that the test machine reads. It answers each with a numbered frame of its
 * own, which the test machine's runner counts.
 *
 * The page of the counts is outside the guest's memory map (memmap= of its command line) and is
 * reached through /dev/mem.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "linux_guest.h"

#define NIC		"eth0"
#define EACH		64		/* frames, then a look at the link */
#define ROOM		(8 << 20)	/* bytes of frames that wait in the socket */
#define ANSWER		100		/* bytes of an answer */

static volatile struct linux_counts *counts;

static void die(const char *step)
{
	printf("guest: %s: %s\n", step, strerror(errno));
	for (;;)
		pause();
}

static void map_counts(void)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      LINUX_COUNTS_AT);
	if (fd < 0 || counts == MAP_FAILED)
		die("/dev/mem");
	close(fd);
	counts->begun++;
}

/* The frames of an update's gap wait in the ring. */
static void enlarge_ring(int fd)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	struct ifreq req = { .ifr_name = NIC, .ifr_data = (void *)&ring };

	if (ioctl(fd, SIOCETHTOOL, &req))
		die("the ring of " NIC);
	ring.cmd = ETHTOOL_SRINGPARAM;
	ring.rx_pending = ring.rx_max_pending;
	if (ioctl(fd, SIOCETHTOOL, &req))
		die("the ring of " NIC " cannot be enlarged");
}

/* Returns the NIC's index. */
static int up(int fd)
{
	struct ifreq req = { .ifr_name = NIC };

	enlarge_ring(fd);
	if (ioctl(fd, SIOCGIFFLAGS, &req))
		die("there is no " NIC);
	req.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &req))
		die(NIC " cannot be brought up");
	if (ioctl(fd, SIOCGIFINDEX, &req))
		die(NIC " has no index");
	return req.ifr_ifindex;
}

static int listen_to_nic(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(FRAME_ETHERTYPE)), room = ROOM;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(FRAME_ETHERTYPE) };

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		die("socket");
	at.sll_ifindex = up(fd);
	if (bind(fd, (void *)&at, sizeof(at)))
		die("bind");
	return fd;
}

static uint64_t number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		die(path);
	close(fd);
	return strtoull(text, NULL, 10);
}

static void look_at_clock(void)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	if (now < counts->clock)
		counts->backwards++;
	counts->clock = now;
}

/* Waits until the driver takes it. */
static void answer(int fd)
{
	static char buf[FRAME_LEN_MAX];
	size_t n = frame_build(buf, 0, counts->sent, counts->clock, ANSWER);

	if (send(fd, buf, n, 0) != (ssize_t)n)
		die("send");
	counts->sent++;
}

static void receive_and_answer(int fd)
{
	static char buf[2048];
	unsigned int looks = 0;
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			die("recv");
		look_at_clock();
		frame_count(&counts->got, (struct frame *)buf, n);
		answer(fd);
		if (!(++looks % EACH))
			counts->links = number_in("/sys/class/net/" NIC "/carrier_changes");
	}
}

int main(void)
{
	int fd;

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	map_counts();
	fd = listen_to_nic();
	while (!number_in("/sys/class/net/" NIC "/carrier"))
		usleep(10000);
	counts->ready++;
	printf("guest: " NIC " receives\n");
	receive_and_answer(fd);
}
