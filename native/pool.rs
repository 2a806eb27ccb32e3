//! Threads for file parts and RSA, shared by all environments of the process.
//!
//! Libuv's four threads also resolve host names; a few file parts there make every new connection wait. So the engine has
//! its own: started when first needed, two to four of them, parked while there is nothing to do.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use crate::keep_loaded::keep_loaded;

/// Something to do on a pool thread.
pub type Job = Box<dyn FnOnce() + Send>;

/// Jobs read and write through pointers and keep nothing large on the stack, RSA's numbers included.
const STACK_SIZE: usize = 512 * 1024;

struct Pool {
    queue: Mutex<Queue>,
    work: Condvar,
    limit: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
}

static POOL: OnceLock<Pool> = OnceLock::new();

fn pool() -> &'static Pool {
    POOL.get_or_init(|| Pool {
        queue: Mutex::default(),
        work: Condvar::new(),
        limit: thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4)),
    })
}

/// Hands a job to the pool. Fails when not one thread can be started; the job is dropped then.
pub fn spawn(job: Job) -> io::Result<()> {
    let pool = pool();
    let mut queue = pool.lock();
    queue.jobs.push_back(job);
    if queue.jobs.len() > queue.idle && queue.threads < pool.limit {
        queue.threads += 1;
        keep_loaded();
        let started = thread::Builder::new()
            .name("ferross".to_owned())
            .stack_size(STACK_SIZE)
            .spawn(|| pool.run());
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
    pool.work.notify_one();
    Ok(())
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that could panic runs under the lock, so a poisoned queue is still whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // Jobs report their own panics; this is for what they drop.
                let _ = catch_unwind(AssertUnwindSafe(job));
                queue = self.lock();
            } else {
                queue.idle += 1;
                queue = self
                    .work
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            }
        }
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
            spawn(Box::new(job)).expect("threads can be started");
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
        assert!(pool().lock().threads <= 4);
    }
}
