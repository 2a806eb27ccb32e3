//! What the process has used so far.

use std::mem::MaybeUninit;
use std::time::Instant;

pub struct Usage {
    started: Instant,
    user: f64,
    system: f64,
}

impl Usage {
    pub fn now() -> Self {
        let (user, system, _) = resources();
        Usage {
            started: Instant::now(),
            user,
            system,
        }
    }

    /// CPU seconds used since then.
    pub fn cpu(&self) -> f64 {
        let (user, system, _) = resources();
        user - self.user + system - self.system
    }

    /// The difference between now and then, as the benchmark's runner reads it.
    pub fn report(&self, bytes: u64, crc: &str) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        let (user, system, peak) = resources();
        format!(
            "{{\"user\":{},\"system\":{},\"seconds\":{seconds},\"bytes\":{bytes},\"peak\":{peak},\"crc\":\"{crc}\",\"version\":\"\"}}",
            user - self.user,
            system - self.system
        )
    }
}

fn resources() -> (f64, f64, i64) {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a `rusage`, which the call fills; all zeros are a valid one if it fails.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    let peak = peak().unwrap_or(usage.ru_maxrss * 1024);
    (seconds(usage.ru_utime), seconds(usage.ru_stime), peak)
}

/// The kernel's figure for this process alone; the one above also counts what the parent held when it was started.
fn peak() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace()
        .next()?
        .parse::<i64>()
        .ok()
        .map(|kibibytes| kibibytes * 1024)
}
