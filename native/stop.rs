//! How work in flight is asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi_derive::napi;

use crate::error::Failure;

/// A flag that JavaScript raises when an `AbortSignal` fires. Threads look at it between blocks.
#[napi]
#[derive(Default)]
pub struct Cancellation {
    flag: Arc<AtomicBool>,
}

#[napi]
impl Cancellation {
    /// A flag that is not raised.
    #[napi(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Raises the flag.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

/// The flags that concern one job: the caller's, and the environment's going away.
#[derive(Clone, Default)]
pub struct Stop {
    flags: Vec<Arc<AtomicBool>>,
}

impl Stop {
    /// Stops when the environment does.
    pub fn with(environment: Arc<AtomicBool>, cancellation: Option<&Cancellation>) -> Self {
        Stop {
            flags: [Some(environment), cancellation.map(|it| it.flag.clone())]
                .into_iter()
                .flatten()
                .collect(),
        }
    }

    /// Fails when the job should end.
    pub fn check(&self) -> Result<(), Failure> {
        if self.flags.iter().any(|flag| flag.load(Ordering::Relaxed)) {
            Err(Failure::Cancelled)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_flag_stops() {
        let (environment, cancellation) = (Arc::new(AtomicBool::new(false)), Cancellation::new());
        let stop = Stop::with(environment.clone(), Some(&cancellation));
        assert!(stop.check().is_ok());
        cancellation.cancel();
        assert!(matches!(stop.check(), Err(Failure::Cancelled)));
        let stop = Stop::with(environment.clone(), None);
        environment.store(true, Ordering::Relaxed);
        assert!(stop.check().is_err());
    }
}
