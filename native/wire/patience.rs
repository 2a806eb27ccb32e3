//! How long a job goes on: until it is told to stop, until nothing has moved for too long, and until it is time to report.

use std::time::{Duration, Instant};

use super::socket::{Ready, Socket};
use crate::error::Failure;
use crate::stop::Stop;

/// Longest wait between two looks at the flags.
const LOOK: Duration = Duration::from_millis(100);

/// The limits of one job.
pub struct Patience<'a> {
    stop: &'a Stop,
    /// Longest time in which nothing moves; without it there is no limit.
    limit: Option<Duration>,
    /// When the socket's count was last seen to change, and that count.
    moved: Instant,
    total: u64,
    /// When a job that has moved something reports it.
    report: Instant,
}

impl<'a> Patience<'a> {
    /// Begins now. A `limit` of zero is none. A job that has moved something ends after `slice`.
    pub fn new(stop: &'a Stop, limit: Duration, slice: Duration) -> Self {
        let now = Instant::now();
        Patience {
            stop,
            limit: (!limit.is_zero()).then_some(limit),
            moved: now,
            total: 0,
            report: now + slice,
        }
    }

    /// Fails when the job should end.
    pub fn check(&self) -> Result<(), Failure> {
        self.stop.check()
    }

    /// Whether what has been moved is to be reported now.
    pub fn is_due(&self) -> bool {
        Instant::now() >= self.report
    }

    /// Waits until the socket is ready for what is wanted. With `reporting`, nothing comes back when a report is due first.
    pub fn wait(
        &mut self,
        socket: &Socket,
        wanted: Ready,
        reporting: bool,
    ) -> Result<Option<Ready>, Failure> {
        loop {
            self.stop.check()?;
            let now = Instant::now();
            let mut longest = LOOK;
            if let Some(limit) = self.limit {
                if socket.total() != self.total {
                    self.total = socket.total();
                    self.moved = now;
                }
                let left = limit.saturating_sub(now - self.moved);
                if left.is_zero() {
                    return Err(Failure::TimedOut);
                }
                longest = longest.min(left);
            }
            if reporting {
                let left = self.report.saturating_duration_since(now);
                if left.is_zero() {
                    return Ok(None);
                }
                longest = longest.min(left);
            }
            let ready = socket.poll(wanted, longest)?;
            if ready != Ready::default() {
                return Ok(Some(ready));
            }
        }
    }
}
