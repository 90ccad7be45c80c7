// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The interface that programs were compiled against: types of all functions and values of all
 * constants. A line here changes only with the soname. It compiles or it does not.
 */
#include "../iolu.h"

#define VALUE(name, value) _Static_assert((name) == (value), #name)

VALUE(IOLU_MEMFD, 0);
VALUE(IOLU_IOAS, 1);
VALUE(IOLU_HWPT, 2);
VALUE(IOLU_DEVICE, 3);
VALUE(IOLU_BLOB, 4);
VALUE(IOLU_MAP_READ, 1);
VALUE(IOLU_MAP_WRITE, 2);
VALUE(IOLU_IRQ_INTX, 0);
VALUE(IOLU_IRQ_MSI, 1);
VALUE(IOLU_IRQ_MSIX, 2);
VALUE(IOLU_MAX_OBJECTS, 1024);
VALUE(IOLU_MAX_MAPS, 65536);
VALUE(IOLU_MAX_VECTORS, 2048);
VALUE(IOLU_MAX_BLOB, 16777216);

#define CALL(type, name, arguments) \
	_Static_assert(__builtin_types_compatible_p(__typeof__(name), type arguments), #name);

_Static_assert(__builtin_types_compatible_p(iolu_progress,
					    void (*)(void *, const char *, const char *)),
	       "iolu_progress");

CALL(const char *, iolu_version, (void))
CALL(int, iolu_vm_new, (const char *, struct iolu_vm **))
CALL(void, iolu_vm_free, (struct iolu_vm *))
CALL(const char *, iolu_vm_reason, (const struct iolu_vm *))
CALL(void, iolu_vm_set_progress, (struct iolu_vm *, iolu_progress, void *))
CALL(int, iolu_vm_set_session_fd, (struct iolu_vm *, int))
CALL(int, iolu_vm_set_liveupdate_fd, (struct iolu_vm *, int))
CALL(int, iolu_vm_set_iommufd, (struct iolu_vm *, int))
CALL(int, iolu_vm_set_vf_token, (struct iolu_vm *, const char *, const uint8_t *))
CALL(int, iolu_vm_add_memfd, (struct iolu_vm *, const char *, int))
CALL(int, iolu_vm_add_ioas, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_map,
     (struct iolu_vm *, const char *, const char *, uint64_t, uint64_t, uint64_t, uint32_t))
CALL(int, iolu_vm_unmap, (struct iolu_vm *, const char *, uint64_t, uint64_t))
CALL(int, iolu_vm_add_device, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_add_device_fd, (struct iolu_vm *, const char *, int))
CALL(int, iolu_vm_add_hwpt, (struct iolu_vm *, const char *, const char *, const char *))
CALL(int, iolu_vm_attach, (struct iolu_vm *, const char *, const char *))
CALL(int, iolu_vm_detach, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_arm, (struct iolu_vm *, const char *, uint32_t, uint32_t))
CALL(int, iolu_vm_remove, (struct iolu_vm *, enum iolu_kind, const char *))
CALL(int, iolu_vm_set_blob, (struct iolu_vm *, const char *, const void *, size_t))
CALL(const char *, iolu_vm_next, (const struct iolu_vm *, enum iolu_kind, const char *))
CALL(int, iolu_vm_session_fd, (struct iolu_vm *))
CALL(int, iolu_vm_iommufd, (struct iolu_vm *))
CALL(int, iolu_vm_memfd, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_device_fd, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_device_id, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_ioas_id, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_hwpt_id, (struct iolu_vm *, const char *))
CALL(int, iolu_vm_vectors, (struct iolu_vm *, const char *, uint32_t))
CALL(int, iolu_vm_vector_fd, (struct iolu_vm *, const char *, uint32_t, uint32_t))
CALL(int, iolu_vm_blob, (struct iolu_vm *, const char *, const void **, size_t *))
CALL(int, iolu_vm_save, (struct iolu_vm *))
CALL(int, iolu_vm_preserve, (struct iolu_vm *))
CALL(int, iolu_vm_mask, (struct iolu_vm *))
CALL(int, iolu_vm_seal, (struct iolu_vm *))
CALL(int, iolu_vm_unsave, (struct iolu_vm *))
CALL(int, iolu_vm_restore, (struct iolu_vm *))
CALL(int, iolu_vm_retrieve, (struct iolu_vm *))
CALL(int, iolu_vm_rearm, (struct iolu_vm *))
CALL(int, iolu_vm_rebuild, (struct iolu_vm *))
CALL(int, iolu_vm_adopt, (struct iolu_vm *))
CALL(int, iolu_vm_finish, (struct iolu_vm *))
CALL(int, iolu_vm_discard, (struct iolu_vm *))
CALL(int, iolu_vm_check, (struct iolu_vm *))
CALL(int, iolu_vm_import_memfd, (struct iolu_vm *, const char *, int, uint64_t))
CALL(int, iolu_vm_import_ioas, (struct iolu_vm *, const char *, uint32_t))
CALL(int, iolu_vm_import_map,
     (struct iolu_vm *, const char *, const char *, uint64_t, uint64_t, uint64_t, uint32_t))
CALL(int, iolu_vm_import_hwpt, (struct iolu_vm *, const char *, const char *, uint32_t))
CALL(int, iolu_vm_import_device, (struct iolu_vm *, const char *, int, uint32_t, const char *))
CALL(int, iolu_vm_import_irq, (struct iolu_vm *, const char *, uint32_t, uint32_t, const int *))
