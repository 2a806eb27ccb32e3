//! Threads that JavaScript does not wait on, shared by all environments of the process.
//!
//! Libuv's four threads also resolve host names; a few file parts there make every new connection wait. So the engine has
//! its own: two to four for file parts and RSA, which keep a processor busy, and a crowd for connections, which mostly wait.
//! Both start threads when they are first needed and park them while there is nothing to do.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use crate::keep_loaded::keep_loaded;

/// Something to do on a pool thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Jobs read and write through pointers and keep nothing large on the stack, RSA's numbers included.
const STACK_SIZE: usize = 512 * 1024;

/// Most connections that move bytes at a time; jobs of more wait their turn.
#[cfg(unix)]
const CROWD: usize = 64;

/// How long a thread of the crowd waits for another job.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(10);

/// A queue of jobs and the threads that take from it.
pub struct Pool {
    queue: Mutex<Queue>,
    work: Condvar,
    limit: usize,
    /// Idle threads end after this long; without it they stay.
    patience: Option<Duration>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

/// Threads for jobs that compute, or wait for nothing but a disk.
pub fn workers() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let limit = thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
        Pool::new(limit, None)
    })
}

/// Threads for jobs that wait for the network.
#[cfg(unix)]
pub fn crowd() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| Pool::new(CROWD, Some(PATIENCE)))
}

impl Pool {
    fn new(limit: usize, patience: Option<Duration>) -> Self {
        Pool {
            queue: Mutex::default(),
            work: Condvar::new(),
            limit,
            patience,
        }
    }

    /// Hands a job to the pool. Fails when not one thread can be started; the job is dropped then.
    pub fn spawn(&'static self, job: Job) -> io::Result<()> {
        let mut queue = self.lock();
        queue.jobs.push_back(job);
        if queue.jobs.len() > queue.idle && queue.threads < self.limit {
            queue.threads += 1;
            keep_loaded();
            let started = thread::Builder::new()
                .name("ferross".to_owned())
                .stack_size(STACK_SIZE)
                .spawn(|| self.run());
            if let Err(error) = started {
                queue.threads -= 1;
                // Threads that do run get to the job in time.
                if queue.threads == 0 {
                    let refused = queue.jobs.pop_back();
                    drop(queue);
                    drop(refused);
                    return Err(error);
                }
            }
        }
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that could panic runs under the lock, so a poisoned queue is still whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        step_back();
        #[cfg(unix)]
        without_signal();
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // Jobs report their own panics; this is for what they drop.
                let _ = catch_unwind(AssertUnwindSafe(job));
                queue = self.lock();
                continue;
            }
            queue.idle += 1;
            let waited;
            (queue, waited) = self.wait(queue);
            queue.idle -= 1;
            if waited && queue.jobs.is_empty() {
                queue.threads -= 1;
                return;
            }
        }
    }

    /// Parks until there may be work. True when that took too long.
    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> (MutexGuard<'a, Queue>, bool) {
        let Some(patience) = self.patience else {
            let queue = self.work.wait(queue);
            return (queue.unwrap_or_else(PoisonError::into_inner), false);
        };
        let (queue, timer) = self
            .work
            .wait_timeout(queue, patience)
            .unwrap_or_else(PoisonError::into_inner);
        (queue, timer.timed_out())
    }
}

/// How much less processor time than JavaScript's threads get these when there is not enough for all: a third, as `nice` counts.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NICENESS: libc::c_int = 5;

/// Lets the thread that runs JavaScript go first: what it does is short, and others wait for it. Without this, each thread that
/// it wakes takes the processor from it. Only Linux knows priorities of single threads by this call.
fn step_back() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the call takes no pointers. Being refused does no harm.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS);
    }
}

/// Keeps a connection that has ended from killing the process, where a call has no flag for that.
#[cfg(unix)]
fn without_signal() {
    // SAFETY: the set is a local, which the calls fill and read; the mask is this thread's.
    unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut signals);
        libc::sigaddset(&mut signals, libc::SIGPIPE);
        libc::pthread_sigmask(libc::SIG_BLOCK, &signals, std::ptr::null_mut());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn jobs_run_and_survive_a_panicking_neighbour() {
        let (sender, receiver) = channel();
        for number in 0..100 {
            let sender = sender.clone();
            let job = move || {
                assert!(number % 10 != 3, "a panic on purpose");
                sender.send(number).expect("the test waits for all answers");
            };
            workers()
                .spawn(Box::new(job))
                .expect("threads can be started");
        }
        drop(sender);
        let mut answers: Vec<i32> = receiver.iter().collect();
        answers.sort_unstable();
        assert_eq!(
            answers,
            (0..100)
                .filter(|number| number % 10 != 3)
                .collect::<Vec<_>>()
        );
        assert!(workers().lock().threads <= 4);
    }

    #[test]
    fn threads_that_wait_for_nothing_end() {
        static POOL: OnceLock<Pool> = OnceLock::new();
        let pool = POOL.get_or_init(|| Pool::new(3, Some(Duration::ZERO)));
        for _ in 0..50 {
            let (sender, receiver) = channel();
            let job = move || sender.send(()).expect("the test waits for the answer");
            pool.spawn(Box::new(job)).expect("threads can be started");
            receiver.recv().expect("the job runs");
        }
        while pool.lock().threads > 0 {
            thread::yield_now();
        }
    }
}
