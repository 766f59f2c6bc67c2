//! The timeout queue's operations over its size, and beside two structures that people
//! would reach for instead. Run with `cargo bench -p server`.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap},
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use divan::Bencher;
use parking_lot::Mutex;
use server::timeout_queue::TimeoutQueue;

const TIMEOUT: Duration = Duration::from_mins(1);
const SIZES: [u64; 3] = [10, 1_000, 100_000];

fn main() {
    divan::main();
}

/// Ids in an order that no cache foresees, the same each time.
struct Ids {
    next: AtomicU64,
    count: u64,
}

impl Ids {
    fn new(count: u64) -> Self {
        Self { next: AtomicU64::new(0), count }
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed) % self.count
    }
}

fn filled(count: u64) -> TimeoutQueue<u64> {
    let queue = TimeoutQueue::new(TIMEOUT);
    let now = Instant::now();
    (0..count).for_each(|id| queue.insert(id, id, now));
    queue
}

mod touch {
    use super::{
        BTreeSet, Bencher, BinaryHeap, HashMap, Ids, Instant, Mutex, Reverse, SIZES, filled,
    };

    /// Ours: a linked hash map in a mutex, the lock and the clock included.
    #[divan::bench(args = SIZES)]
    fn linked_hash_map(bencher: Bencher<'_, '_>, count: u64) {
        let (queue, ids) = (filled(count), Ids::new(count));
        bencher.bench(|| queue.touch(ids.next(), Instant::now()));
    }

    /// Ours, from two threads at once.
    #[divan::bench(threads = 2, sample_size = 10_000)]
    fn linked_hash_map_from_two_threads(bencher: Bencher<'_, '_>) {
        let (queue, ids) = (filled(1_000), Ids::new(1_000));
        bencher.bench(|| queue.touch(ids.next(), Instant::now()));
    }

    /// A heap of deadlines: each touch pushes a new one, and the old one is skipped when it
    /// comes up. The garbage is cleared away when it outgrows the rest.
    #[divan::bench(args = SIZES)]
    fn binary_heap_with_lazy_deletion(bencher: Bencher<'_, '_>, count: u64) {
        let now = Instant::now();
        let heard: HashMap<u64, Instant> = (0..count).map(|id| (id, now)).collect();
        let heap: BinaryHeap<_> = (0..count).map(|id| Reverse((now, id))).collect();
        let (queue, ids) = (Mutex::new((heard, heap)), Ids::new(count));
        bencher.bench(|| {
            let (id, now) = (ids.next(), Instant::now());
            let (heard, heap) = &mut *queue.lock();
            heard.insert(id, now);
            heap.push(Reverse((now, id)));
            if heap.len() > 4 * heard.len() {
                *heap = heard.iter().map(|(&id, &now)| Reverse((now, id))).collect();
            }
        });
    }

    /// A tree by deadline, and a map to find a deadline by id.
    #[divan::bench(args = SIZES)]
    fn btree_set_by_deadline(bencher: Bencher<'_, '_>, count: u64) {
        let now = Instant::now();
        let heard: HashMap<u64, Instant> = (0..count).map(|id| (id, now)).collect();
        let tree: BTreeSet<(Instant, u64)> = (0..count).map(|id| (now, id)).collect();
        let (queue, ids) = (Mutex::new((heard, tree)), Ids::new(count));
        bencher.bench(|| {
            let (id, now) = (ids.next(), Instant::now());
            let (heard, tree) = &mut *queue.lock();
            if let Some(before) = heard.insert(id, now) {
                tree.remove(&(before, id));
            }
            tree.insert((now, id));
        });
    }
}

/// A client that comes and goes.
#[divan::bench(args = SIZES)]
fn insert_and_remove(bencher: Bencher<'_, '_>, count: u64) {
    let queue = filled(count);
    let ids = AtomicU64::new(count);
    bencher.bench(|| {
        let id = ids.fetch_add(1, Ordering::Relaxed);
        queue.insert(id, id, Instant::now());
        black_box(queue.remove(id))
    });
}

/// A reaper that wakes and finds nobody due.
#[divan::bench(args = SIZES)]
fn due_nobody(bencher: Bencher<'_, '_>, count: u64) {
    let queue = filled(count);
    bencher.bench(|| queue.due(Instant::now()));
}
