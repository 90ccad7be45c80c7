// SPDX-License-Identifier: GPL-2.0

/**
 * DOC: Indexes of handover records
 *
 * An index is a chain of index records, each with a fixed number of slots. It grows when
 * a record is added and no slot is empty, at its end, and shrinks when the last part is
 * empty. So a slot never moves, and the first part, whose address is handed over, stays.
 *
 * The next kernel validates all parts of a chain before it uses one.
 */

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/kho_record.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

static struct kho_record_index_ser *
kho_record_index_chained(const struct kho_record_index_ser *index)
{
	return index->slots[0] ? phys_to_virt(index->slots[0]) : NULL;
}

/**
 * kho_record_index_alloc() - Allocate an empty index.
 * @user: Type of the index's user, a KHO_RECORD_TYPE().
 *
 * Context: Process context, may sleep.
 * Return: The index or an ERR_PTR(). Free it with kho_record_index_free().
 */
struct kho_record_index_ser *kho_record_index_alloc(u32 user)
{
	struct kho_record_index_ser *index;

	index = kho_record_alloc(KHO_RECORD_INDEX, KHO_RECORD_INDEX_VERSION, sizeof(*index));
	if (IS_ERR(index))
		return index;
	index->user = user;
	kho_record_seal(index);
	return index;
}

/**
 * kho_record_index_free() - Free an index of kho_record_index_alloc().
 * @index: The index. Its records are removed.
 *
 * Context: Process context, may sleep. Never fails.
 */
void kho_record_index_free(struct kho_record_index_ser *index)
{
	struct kho_record_index_ser *next;

	for (; index; index = next) {
		next = kho_record_index_chained(index);
		kho_record_free(index);
	}
}

/* The first empty slot of this part of a chain, or 0 */
static unsigned int kho_record_index_empty_slot(const struct kho_record_index_ser *index)
{
	unsigned int i;

	for (i = 1; i < KHO_RECORD_INDEX_SLOTS; i++) {
		if (!index->slots[i])
			return i;
	}
	return 0;
}

static struct kho_record_index_ser *
kho_record_index_extend(struct kho_record_index_ser *last)
{
	struct kho_record_index_ser *next = kho_record_index_alloc(last->user);

	if (!IS_ERR(next)) {
		last->slots[0] = virt_to_phys(next);
		kho_record_seal(last);
	}
	return next;
}

/*
 * No index changes from the kexec on: a task that unpreserves files at that time would
 * be stopped with an index half changed. This is no lock, because it is never released,
 * and the shutdown takes others.
 */
static atomic_t kho_record_changes = ATOMIC_INIT(0);
static bool kho_record_closed;

/* Does not return from the kexec on */
static void kho_record_change_begin(void)
{
	atomic_inc(&kho_record_changes);
	/* Paired with kho_record_close() */
	smp_mb__after_atomic();
	if (!READ_ONCE(kho_record_closed))
		return;
	atomic_dec(&kho_record_changes);
	for (;;)
		schedule_timeout_uninterruptible(MAX_SCHEDULE_TIMEOUT);
}

static void kho_record_change_end(void)
{
	/* Paired with kho_record_close() */
	smp_mb__before_atomic();
	atomic_dec(&kho_record_changes);
}

/**
 * kho_record_close() - Let no index change any more.
 *
 * Tasks that want to change one wait forever.
 *
 * Context: The kexec cannot fail any more. Process context, may sleep.
 */
void kho_record_close(void)
{
	WRITE_ONCE(kho_record_closed, true);
	/* Paired with kho_record_change_begin() */
	smp_mb();
	while (atomic_read(&kho_record_changes))
		usleep_range(50, 100);
	/* Paired with kho_record_change_end() */
	smp_mb();
}

static int __kho_record_index_add(struct kho_record_index_ser *index, u64 phys)
{
	unsigned int base = 0, i;

	while (!(i = kho_record_index_empty_slot(index))) {
		index = kho_record_index_chained(index) ?: kho_record_index_extend(index);
		if (IS_ERR(index))
			return PTR_ERR(index);
		base += KHO_RECORD_INDEX_SLOTS;
	}
	index->slots[i] = phys;
	kho_record_seal(index);
	return base + i;
}

/**
 * kho_record_index_add() - Add a record to an index.
 * @index: The index. The caller serializes.
 * @record: The record to add.
 *
 * Context: Process context, may sleep.
 * Return: The number of the slot, which is the record's id, or a negative errno of
 * kho_record_alloc() if the index cannot grow.
 */
int kho_record_index_add(struct kho_record_index_ser *index, void *record)
{
	int id;

	kho_record_change_begin();
	id = __kho_record_index_add(index, virt_to_phys(record));
	kho_record_change_end();
	return id;
}

static bool kho_record_index_remove(struct kho_record_index_ser *index, u64 phys)
{
	unsigned int i;

	for (i = 1; i < KHO_RECORD_INDEX_SLOTS; i++) {
		if (index->slots[i] != phys)
			continue;
		index->slots[i] = 0;
		kho_record_seal(index);
		return true;
	}
	return false;
}

/* Free the last part of a chain if it is empty; the first one stays */
static bool kho_record_index_shrink(struct kho_record_index_ser *index)
{
	struct kho_record_index_ser *last = kho_record_index_chained(index);

	if (!last)
		return false;
	for (; last->slots[0]; last = kho_record_index_chained(index))
		index = last;
	if (memchr_inv(last->slots, 0, sizeof(last->slots)))
		return false;
	index->slots[0] = 0;
	kho_record_seal(index);
	kho_record_free(last);
	return true;
}

/**
 * kho_record_index_del() - Remove a record from an index.
 * @index: The index. The caller serializes.
 * @record: The record. No effect if it is not in @index.
 *
 * Context: Process context, may sleep. Never fails.
 */
void kho_record_index_del(struct kho_record_index_ser *index, void *record)
{
	struct kho_record_index_ser *part;

	kho_record_change_begin();
	for (part = index; part; part = kho_record_index_chained(part)) {
		if (kho_record_index_remove(part, virt_to_phys(record)))
			break;
	}
	while (kho_record_index_shrink(index))
		;
	kho_record_change_end();
}

/**
 * kho_record_index_next() - Walk the records of an index.
 * @index: The index.
 * @id: The id of the record before it, 0 to begin. Set to the id of the next record.
 *
 * Return: The physical address of the next record, or 0 if there is none.
 */
u64 kho_record_index_next(const struct kho_record_index_ser *index, u32 *id)
{
	u32 base = 0, i = *id + 1;

	for (; index; index = kho_record_index_chained(index)) {
		for (; i - base < KHO_RECORD_INDEX_SLOTS; i++) {
			if (i == base || !index->slots[i - base])
				continue;
			*id = i;
			return index->slots[i - base];
		}
		base += KHO_RECORD_INDEX_SLOTS;
	}
	return 0;
}

/**
 * kho_record_index_slot() - Look up a record by its id.
 * @index: The index.
 * @id: Any value.
 *
 * Return: The physical address of the record, or 0 if there is none.
 */
u64 kho_record_index_slot(const struct kho_record_index_ser *index, u32 id)
{
	for (; index && id >= KHO_RECORD_INDEX_SLOTS; id -= KHO_RECORD_INDEX_SLOTS)
		index = kho_record_index_chained(index);
	return index && id ? index->slots[id] : 0;
}

static int kho_record_cmp(const void *a, const void *b)
{
	return cmp_int(*(const u64 *)a, *(const u64 *)b);
}

/* A record in two slots would be freed twice */
static int kho_record_index_check_repeats(const struct kho_record_index_ser *index,
					  unsigned int nr_parts)
{
	u64 *all __free(kvfree) = kvmalloc_array(nr_parts, sizeof(index->slots), GFP_KERNEL);
	unsigned int i, nr = 0;
	u32 id = 0;
	u64 phys;

	if (!all)
		return -ENOMEM;
	while ((phys = kho_record_index_next(index, &id)))
		all[nr++] = phys;
	sort(all, nr, sizeof(*all), kho_record_cmp, NULL);
	for (i = 1; i < nr; i++) {
		if (all[i] == all[i - 1])
			return -EPROTO;
	}
	return 0;
}

static struct kho_record_index_ser *kho_record_index_get_part(u64 phys, u32 user)
{
	struct kho_record_index_ser *part;

	part = kho_record_get(phys, KHO_RECORD_INDEX, KHO_RECORD_INDEX_VERSION, sizeof(*part));
	if (!IS_ERR(part) && part->user != user)
		return ERR_PTR(-EPROTO);
	return part;
}

/**
 * kho_record_index_get() - Validate an index from the previous kernel.
 * @phys: Physical address as handed over; any value is allowed.
 * @user: Type of the index's user.
 *
 * Context: Process context, may sleep.
 * Return: The index, or an ERR_PTR(): that of kho_record_get(), -EPROTO if its user is
 * another one, a record is in two slots or the chain has a circle, or -ENOMEM.
 */
struct kho_record_index_ser *kho_record_index_get(u64 phys, u32 user)
{
	struct kho_record_index_ser *index, *part, *half;
	unsigned int nr_parts = 1;
	int err;

	index = kho_record_index_get_part(phys, user);
	if (IS_ERR(index))
		return index;
	/* In a circle the part in the middle comes again */
	for (part = half = index; part->slots[0]; nr_parts++) {
		part = kho_record_index_get_part(part->slots[0], user);
		if (IS_ERR(part))
			return part;
		if (part == half)
			return ERR_PTR(-EPROTO);
		if (nr_parts % 2 == 0)
			half = kho_record_index_chained(half);
	}
	err = kho_record_index_check_repeats(index, nr_parts);
	return err ? ERR_PTR(err) : index;
}

/**
 * kho_record_index_put() - Free an index that kho_record_index_get() accepted.
 * @index: The index, or NULL.
 *
 * Context: Process context, may sleep. Call it once.
 */
void kho_record_index_put(struct kho_record_index_ser *index)
{
	struct kho_record_index_ser *next;

	for (; index; index = next) {
		next = kho_record_index_chained(index);
		kho_record_put(index);
	}
}
