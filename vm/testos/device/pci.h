/* SPDX-License-Identifier: GPL-2.0 */
/* PCI devices and bridges as sysfs shows them. See pci.c. */
#ifndef TESTOS_PCI_H
#define TESTOS_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BDF_LEN		16
#define PCI_PATH_DEPTH	4

struct pci_path {
	unsigned int n;
	char bdf[PCI_PATH_DEPTH][BDF_LEN];	/* from the root bus down, the device last */
};

bool pci_has_ids(const char *bdf, uint32_t ids);	/* vendor << 16 | device */

/* The @n-th device that is wanted, in the order of addresses */
typedef bool (*pci_is_wanted)(const char *bdf, uint32_t ids);
bool pci_find(pci_is_wanted is_wanted, uint32_t ids, unsigned int n, char bdf[BDF_LEN]);
/* the same with these ids; bails out */
void pci_find_device(uint32_t ids, unsigned int n, char bdf[BDF_LEN]);
uint16_t pci_source_id(const char *bdf);
void pci_path(const char *bdf, struct pci_path *path);

uint32_t pci_config(const char *bdf, unsigned int at, unsigned int len);
void pci_set_config(const char *bdf, unsigned int at, uint32_t value, unsigned int len);
unsigned int pci_capability(const char *bdf, unsigned int id);	/* its offset, or 0 */
bool pci_ats_is_on(const char *bdf);
unsigned int pci_ats_unit(const char *bdf);	/* smallest translation unit: 2^N pages */
void pci_set_ats_unit(const char *bdf, unsigned int unit);	/* ATS is on */
bool pci_page_requests_are_on(const char *bdf);
void pci_enable_page_requests(const char *bdf);		/* whatever the kernel thinks */
unsigned int pci_page_requests_depth(const char *bdf);
unsigned int pci_group(const char *bdf);
void pci_redirect_completions(const char *bdf, bool on);	/* by ACS */
bool pci_exists(const char *bdf);
bool pci_wants_token(const char *bdf);	/* a virtual function, and vfio-pci has the physical one */
bool pci_is_active(const char *bdf);	/* for runtime power management */
bool pci_bus_master(const char *bdf);
bool pci_bus_master_path(const char *bdf);
int pci_power_state(const char *bdf);
bool pci_update_state(const char *bdf, const char *state);	/* attribute "liveupdate" */
void pci_set_bus_master(const char *bdf, bool on);	/* whatever the driver thinks */

/* The same, again and again, until the second CPU is stopped. See rogue.c. */
void pci_insist_on_bus_master(const char *bdf);

/* an attribute in sysfs; 0 or -errno */
bool pci_says(const char *bdf, const char *name, const char *wanted);
int pci_set(const char *bdf, const char *name, const char *text);

int pci_bind_to(const char *bdf, const char *driver);
int pci_unbind_vfio(const char *bdf);
bool pci_is_vfio(const char *bdf);
void pci_bind_vfio(const char *bdf);
int pci_try_bind(const char *bdf, const char *driver);
bool pci_try_cdev_path(const char *bdf, char *out, size_t room);
void pci_cdev_path(const char *bdf, char *out, size_t room);	/* bails out */
volatile uint32_t *pci_map_bar0(const char *bdf);
volatile uint32_t *pci_map_bar(const char *bdf, unsigned int bar, size_t size);
uint32_t pci_msix_address(const char *bdf);	/* of vector 0 */

/* Hotplug; the emulator's own ACPI hotplug would come first */
#define SLOTS_WITH_POWER "-global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
void pci_slot_power(const char *bdf, bool on);
bool pci_disappears(const char *bdf);		/* and has no power, within 20 seconds */
bool pci_slot_fills(const char *bdf);		/* has a device, within 10 seconds */
bool pci_appears(const char *bdf);

#endif /* TESTOS_PCI_H */
