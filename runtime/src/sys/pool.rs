//! The threads of a run: resident workers that spin for a moment, then yield, then park, and the calling thread.
//!
//! There is one job at a time. It lies on a board; a worker that finds it open enters it, claims chunks of its items, and
//! leaves. The caller does the same, closes the job when nothing is left to claim, and waits for those who entered: a
//! worker whose core is taken by somebody else is not waited for unless it holds a chunk. Publishing, entering and
//! leaving are single operations on one word, so that a job among awake workers costs well under a microsecond.
//!
//! Each thread begins with a part of the items of its own, the same part in every job, so that it finds in its cache what
//! it wrote in the last one; when it has done them, it helps the others from the ends of their parts.
//!
//! Everything that needs `std::thread` is in this file.

use super::float::Standard;
use std::cell::UnsafeCell;
use std::fmt;
use std::hint::spin_loop;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// How long a thread spins before it lets others have its core.
const SPIN: Duration = Duration::from_micros(50);

/// How long a worker then goes on looking for a job, giving its core away each time, before it sleeps: without a run, and
/// while a run has the pool, whose next layer is near.
const IDLE: Duration = Duration::from_micros(100);
const IN_RUN: Duration = Duration::from_millis(2);

/// Workers that a pool can have.
const MOST_WORKERS: usize = 255;

/// The most threads that a run can have.
pub(crate) const MOST_THREADS: usize = MOST_WORKERS + 1;

/// The workers of this process.
static POOL: Pool = Pool::new();

/// Starts workers, so that runs of this many threads find them. Where the system refuses, there are fewer.
pub(crate) fn prepare(threads: usize) {
    POOL.grow(threads.saturating_sub(1));
}

/// What a word of a pool says: how many workers are in the job (bits 0 to 9), how many may enter it (10 to 19), how many
/// belong to the run that has the pool (20 to 29), whether the job is open (30), and which job it is (32 to 63).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State(u64);

impl State {
    const OPEN: u64 = 1 << 30;

    fn new(job: u32, team: usize, limit: usize, open: bool) -> State {
        debug_assert!(team <= MOST_WORKERS && limit <= team);
        let open = if open { State::OPEN } else { 0 };
        State(u64::from(job) << 32 | open | (team as u64) << 20 | (limit as u64) << 10)
    }

    fn field(self, shift: u32) -> usize {
        (self.0 >> shift & 0x3ff) as usize
    }

    fn inside(self) -> usize {
        self.field(0)
    }

    fn limit(self) -> usize {
        self.field(10)
    }

    fn team(self) -> usize {
        self.field(20)
    }

    fn job(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether there is a job for this worker, other than the one that it has seen.
    fn calls(self, worker: usize, seen: u32) -> bool {
        self.0 & State::OPEN != 0 && worker < self.limit() && self.job() != seen
    }
}

/// A part of a job: computes the items of a range. The pointer is that of the closure.
type Part = unsafe fn(*const (), usize, Range<usize>);

#[derive(Clone, Copy)]
struct Job {
    part: Part,
    work: *const (),
    items: usize,
    /// Items that take about as long as handing work to another thread; 0 where one takes longer.
    small: usize,
    /// Threads that have a part.
    parts: usize,
}

/// Keeps what is inside away from what other threads write: two cache lines, since these are fetched in pairs.
#[repr(align(128))]
struct Apart<T>(T);

struct Board {
    state: AtomicU64,
    /// Written by the thread that has the pool while nobody is inside; read by those inside.
    job: UnsafeCell<Job>,
}

struct Worker {
    thread: OnceLock<Thread>,
    /// Whether it sleeps, or is about to.
    parked: AtomicBool,
}

struct Pool {
    board: Apart<Board>,
    /// What nobody has claimed of each thread's part, the caller's first.
    parts: [Apart<AtomicU64>; MOST_THREADS],
    /// Whether a run has the pool.
    taken: Apart<AtomicBool>,
    /// Workers that sleep, or are about to.
    sleepers: Apart<AtomicUsize>,
    /// Whether a worker's part of the job panicked.
    panicked: AtomicBool,
    /// Workers that were started.
    started: AtomicUsize,
    /// Held by who starts workers.
    growing: Mutex<()>,
    workers: [Worker; MOST_WORKERS],
}

// Safety: the job is written only by the thread that has the pool and while nobody is inside, as `Board` says; what its
// pointer leads to is `Sync` and outlives the job, as `Team::share` sees to.
unsafe impl Sync for Pool {}

impl Pool {
    const fn new() -> Pool {
        /// A job that is never open.
        const NONE: Job = Job { part: nothing, work: std::ptr::null(), items: 0, small: 0, parts: 1 };
        fn nothing(_: *const (), _: usize, _: Range<usize>) {}
        Pool {
            board: Apart(Board { state: AtomicU64::new(0), job: UnsafeCell::new(NONE) }),
            parts: [const { Apart(AtomicU64::new(0)) }; MOST_THREADS],
            taken: Apart(AtomicBool::new(false)),
            sleepers: Apart(AtomicUsize::new(0)),
            panicked: AtomicBool::new(false),
            started: AtomicUsize::new(0),
            growing: Mutex::new(()),
            workers: [const { Worker { thread: OnceLock::new(), parked: AtomicBool::new(false) } };
                MOST_WORKERS],
        }
    }

    /// Starts workers until there are as many, or the system refuses.
    fn grow(&'static self, workers: usize) {
        let workers = workers.min(MOST_WORKERS);
        if self.started.load(Acquire) >= workers {
            return;
        }
        let _held = self.growing.lock().unwrap_or_else(PoisonError::into_inner);
        for index in self.started.load(Acquire)..workers {
            let worker = thread::Builder::new().name(format!("archc-{}", index + 1));
            if worker.spawn(move || self.work(index)).is_err() {
                return;
            }
            self.started.store(index + 1, Release);
        }
    }

    fn state(&self) -> State {
        State(self.board.0.state.load(Acquire))
    }

    /// The life of a worker.
    fn work(&self, index: usize) {
        // A new thread has the floating-point environment of the one that started it.
        let _standard = Standard::enter();
        // The only one to set it.
        let _ = self.workers[index].thread.set(thread::current());
        let mut seen = 0;
        loop {
            let state = self.wait(index, seen);
            let inside = State(state.0 + 1);
            if self.board.0.state.compare_exchange(state.0, inside.0, AcqRel, Relaxed).is_err() {
                continue;
            }
            seen = state.job();
            // A panic must not end the worker, nor leave the caller waiting; the caller panics in its place.
            if catch_unwind(AssertUnwindSafe(|| self.take_part(index + 1))).is_err() {
                self.panicked.store(true, Relaxed);
            }
            self.board.0.state.fetch_sub(1, Release);
        }
    }

    /// Waits for a job for this worker, other than the one that it has seen: what the word said then.
    fn wait(&self, index: usize, seen: u32) -> State {
        loop {
            let start = Instant::now();
            while start.elapsed() < SPIN {
                for _ in 0..64 {
                    let state = self.state();
                    if state.calls(index, seen) {
                        return state;
                    }
                    spin_loop();
                }
            }
            loop {
                let state = self.state();
                if state.calls(index, seen) {
                    return state;
                }
                if start.elapsed() > if index < state.team() { IN_RUN } else { IDLE } {
                    break;
                }
                thread::yield_now();
            }
            self.sleep(index, seen);
        }
    }

    /// Parks until a job calls.
    fn sleep(&self, index: usize, seen: u32) {
        let worker = &self.workers[index];
        worker.parked.store(true, Relaxed);
        self.sleepers.0.fetch_add(1, Release);
        // A caller does not wait until its job is seen before it looks for sleepers; by now it is seen. Should it not be, the
        // job is done without this thread, and the next one wakes it.
        thread::yield_now();
        let mut state = self.state();
        while !state.calls(index, seen) && worker.parked.load(Relaxed) {
            thread::park();
            state = self.state();
        }
        worker.parked.store(false, Relaxed);
        if self.sleepers.0.fetch_sub(1, Relaxed) > 1 && state.calls(index, seen) {
            self.wake(state.limit());
        }
    }

    /// Wakes two of the first workers, if they sleep; each that wakes does the same. It takes microseconds for each.
    fn wake(&self, workers: usize) {
        let asleep = |worker: &&Worker| worker.parked.load(Relaxed) && worker.parked.swap(false, Relaxed);
        for worker in self.workers[..workers].iter().filter(asleep).take(2) {
            if let Some(thread) = worker.thread.get() {
                thread.unpark();
            }
        }
    }

    /// Claims chunks of the job and computes them until none is left. For those inside.
    fn take_part(&self, thread: usize) {
        // Safety: nobody writes the job while somebody is inside; entering has acquired what was written before.
        let job = unsafe { *self.board.0.job.get() };
        let parts = &self.parts[..job.parts];
        while let Some(items) = claim(&parts[thread].0, |left| job.cut_front(left)) {
            // Safety: the caller waits for those inside, so that the closure is there.
            unsafe { (job.part)(job.work, thread, items) }
        }
        for other in (thread + 1..job.parts).chain(0..thread) {
            while let Some(items) = claim(&parts[other].0, |left| job.cut_back(other, left)) {
                // Safety: as above.
                unsafe { (job.part)(job.work, thread, items) }
            }
        }
    }
}

impl Job {
    /// The first item of a part.
    fn bound(&self, part: usize) -> usize {
        self.items / self.parts * part + self.items % self.parts * part / self.parts
    }

    /// Items of a chunk: a quarter of those left, so that all threads end at about the same time.
    fn chunk(&self, left: &Range<usize>) -> usize {
        (left.len() / 4).max(self.small).max(1).min(left.len())
    }

    /// What a thread claims of its own part, and what it leaves.
    fn cut_front(&self, left: Range<usize>) -> (Range<usize>, Range<usize>) {
        let end = left.start + self.chunk(&left);
        let end = if left.end - end < self.small { left.end } else { end };
        (left.start..end, end..left.end)
    }

    /// What a thread claims of another one's part, and what it leaves: nothing of a small rest at which that one works.
    fn cut_back(&self, part: usize, left: Range<usize>) -> (Range<usize>, Range<usize>) {
        let begun = left.start > self.bound(part);
        let start =
            if begun && left.len() <= 2 * self.small { left.end } else { left.end - self.chunk(&left) };
        (start..left.end, left.start..start)
    }
}

/// The word of a part: its first item, and the one behind its last.
fn word(items: Range<usize>) -> u64 {
    (items.start as u64) << 32 | items.end as u64
}

/// Claims some of what is left of a part: what `cut` takes of it.
fn claim(
    part: &AtomicU64,
    cut: impl Fn(Range<usize>) -> (Range<usize>, Range<usize>),
) -> Option<Range<usize>> {
    let mut now = part.load(Relaxed);
    loop {
        let left = (now >> 32) as usize..(now & u64::from(u32::MAX)) as usize;
        if left.is_empty() {
            return None;
        }
        let (claimed, left) = cut(left);
        if claimed.is_empty() {
            return None;
        }
        match part.compare_exchange_weak(now, word(left), Relaxed, Relaxed) {
            Ok(_) => return Some(claimed),
            Err(other) => now = other,
        }
    }
}

/// The threads of one run: this one, and workers if the pool was free when it began.
pub(crate) struct Team {
    pool: Option<&'static Pool>,
    workers: usize,
}

impl Team {
    /// This thread alone.
    pub(crate) const ALONE: Team = Team { pool: None, workers: 0 };

    /// Up to this many threads, this one included; this one alone where another run has the pool.
    pub(crate) fn open(threads: usize) -> Team {
        Team::of(&POOL, threads)
    }

    fn of(pool: &'static Pool, threads: usize) -> Team {
        let workers = threads.saturating_sub(1).min(pool.started.load(Acquire));
        if workers == 0 || pool.taken.0.swap(true, Acquire) {
            return Team::ALONE;
        }
        let state = State::new(pool.state().job(), workers, 0, false);
        pool.board.0.state.store(state.0, Relaxed);
        Team { pool: Some(pool), workers }
    }

    /// How many threads there are.
    pub(crate) fn threads(&self) -> usize {
        self.workers + 1
    }

    /// Calls `work` with ranges that together are `0..items`, on up to this many threads, and returns when all are done. It
    /// is told the number of its thread, from 0, which no other thread has meanwhile.
    /// `small` is how many items take about as long as handing work to another thread, rounded down.
    pub(crate) fn share<F: Fn(usize, Range<usize>) + Sync>(
        &mut self,
        items: usize,
        small: usize,
        threads: usize,
        work: &F,
    ) {
        /// # Safety
        /// The pointer must be that of an `F`.
        unsafe fn part<F: Fn(usize, Range<usize>)>(work: *const (), thread: usize, items: Range<usize>) {
            // Safety: the caller's promise.
            unsafe { (*work.cast::<F>())(thread, items) }
        }
        let limit = threads.saturating_sub(1).min(self.workers);
        let (Some(pool), 1.., Ok(_)) = (self.pool, limit, u32::try_from(items)) else {
            return work(0, 0..items);
        };
        let work = std::ptr::from_ref(work).cast();
        let parts = limit + 1;
        let job = Job { part: part::<F>, work, items, small: small.min(items), parts };
        // Safety: this thread has the pool, and nobody is inside: the last job was waited for.
        unsafe { *pool.board.0.job.get() = job };
        for (i, part) in pool.parts[..parts].iter().enumerate() {
            part.0.store(word(job.bound(i)..job.bound(i + 1)), Relaxed);
        }
        let state = State::new(pool.state().job().wrapping_add(1), self.workers, limit, true);
        pool.board.0.state.store(state.0, Release);
        let open = Open(pool);
        if pool.sleepers.0.load(Relaxed) > 0 {
            pool.wake(limit);
        }
        pool.take_part(0);
        drop(open);
        if pool.panicked.swap(false, Relaxed) {
            panic!("a kernel panicked on another thread");
        }
    }
}

/// A job that is open. Dropping it closes it and waits until nobody is inside; also when the caller's part panics.
struct Open(&'static Pool);

impl Drop for Open {
    fn drop(&mut self) {
        let state = &self.0.board.0.state;
        let mut inside = State(state.fetch_and(!State::OPEN, Acquire)).inside();
        let mut start = None;
        let mut tries = 0_u32;
        while inside > 0 {
            // A worker that was interrupted may want this core.
            tries += 1;
            if tries.is_multiple_of(64) && start.get_or_insert_with(Instant::now).elapsed() > SPIN {
                thread::yield_now();
            } else {
                spin_loop();
            }
            inside = State(state.load(Acquire)).inside();
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        if let Some(pool) = self.pool {
            let state = State::new(pool.state().job(), 0, 0, false);
            pool.board.0.state.store(state.0, Relaxed);
            pool.taken.0.store(false, Release);
        }
    }
}

impl fmt::Debug for Team {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("threads", &self.threads()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pool of a test's own, with this many workers. It stays, as the process's does.
    fn pool(workers: usize) -> &'static Pool {
        let pool: &'static Pool = Box::leak(Box::new(Pool::new()));
        pool.grow(workers);
        pool
    }

    /// How often each item of a job was computed.
    fn counts(team: &mut Team, items: usize, small: usize, threads: usize) -> Vec<usize> {
        let counts: Vec<AtomicUsize> = (0..items).map(|_| AtomicUsize::new(0)).collect();
        team.share(items, small, threads, &|_, range: Range<usize>| {
            for item in range {
                counts[item].fetch_add(1, Relaxed);
            }
        });
        counts.into_iter().map(AtomicUsize::into_inner).collect()
    }

    #[test]
    fn every_item_is_computed_once() {
        for workers in [0, 1, 2, 7] {
            let pool = pool(workers);
            for job in 0..2000 {
                let mut team = Team::of(pool, workers + 1);
                assert_eq!(team.threads(), workers + 1);
                let (items, small) = (job % 67, [0, 1, 5, 100][job % 4]);
                assert_eq!(counts(&mut team, items, small, 1 + job % 9), vec![1; items]);
            }
            assert_eq!(counts(&mut Team::of(pool, workers + 1), 100_000, 3, 8), vec![1; 100_000]);
        }
    }

    /// Calls the function on two threads, when both are there, with the item that each has.
    fn both(team: &mut Team, f: impl Fn(usize) + Sync) {
        let (met, start) = (AtomicUsize::new(0), Instant::now());
        team.share(2, 0, 2, &|_, items: Range<usize>| {
            assert_eq!(items.len(), 1);
            met.fetch_add(1, Relaxed);
            while met.load(Relaxed) < 2 {
                assert!(start.elapsed() < Duration::from_secs(60), "no worker came");
                thread::yield_now();
            }
            f(items.start);
        });
    }

    #[test]
    fn workers_take_part_also_after_they_slept() {
        let pool = pool(1);
        for pause in [0, 1, 20] {
            thread::sleep(Duration::from_millis(pause));
            both(&mut Team::of(pool, 2), |_| ());
        }
    }

    #[test]
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    fn workers_compute_in_the_standard_environment_whoever_starts_them() {
        use crate::sys::float::tests::{elsewhere, is_standard};
        let pool = elsewhere(|| pool(1));
        let caller = thread::current().id();
        both(&mut Team::of(pool, 2), |_| assert!(thread::current().id() == caller || is_standard()));
    }

    #[test]
    fn threads_begin_with_the_same_items_in_every_job() {
        let pool = pool(1);
        let caller = thread::current().id();
        for _ in 0..100 {
            both(&mut Team::of(pool, 2), |item| assert_eq!(item == 0, thread::current().id() == caller));
        }
    }

    #[test]
    fn who_finds_the_pool_taken_is_alone() {
        let pool = pool(2);
        let mut first = Team::of(pool, 3);
        let mut second = Team::of(pool, 3);
        assert_eq!((first.threads(), second.threads()), (3, 1));
        for _ in 0..100 {
            first.share(1, 0, 3, &|_, _| assert_eq!(counts(&mut Team::of(pool, 3), 10, 1, 3), [1; 10]));
            assert_eq!(counts(&mut second, 50, 1, 3), [1; 50]);
        }
        drop(first);
        assert_eq!(Team::of(pool, 2).threads(), 2);
        assert_eq!(second.threads(), 1);
    }

    #[test]
    fn panics_reach_the_caller_and_leave_the_pool_whole() {
        let pool = pool(3);
        for bad in (0..64).chain(0..64) {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                Team::of(pool, 4)
                    .share(64, 0, 4, &|_, range| assert!(!range.contains(&bad), "a test's panic"));
            }));
            assert!(caught.is_err());
            assert_eq!(counts(&mut Team::of(pool, 4), 64, 1, 4), [1; 64]);
        }
    }
}
