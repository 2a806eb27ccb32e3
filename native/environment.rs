//! The bridge between pool threads and one JavaScript environment (the main thread's, or a worker's).
//!
//! A job is submitted with the values whose memory it uses; they are referenced until it has settled. Finished jobs gather in
//! a list, and one threadsafe function per environment settles all that are there in one turn of the event loop. The function
//! keeps the loop alive only while something is pending.
//!
//! When the environment goes away, its cleanup hook closes the list, tells running jobs to stop and waits for those that use
//! JavaScript's memory: after the hook that memory is freed.

use std::any::Any;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::ToNapiValue;
use napi::{Env, Error, Result, Status, sys};

use crate::convert::Bytes;
use crate::error::Failure;
use crate::pool::{self, Pool};
use crate::stop::{Cancellation, Stop};

/// Makes the JavaScript value of an outcome, on the environment's thread.
type Outcome = Box<dyn FnOnce(sys::napi_env) -> Result<sys::napi_value> + Send>;

/// What belongs to JavaScript in a job: the promise to settle and the references to give up. Used on its thread only; when the
/// environment is gone there is nothing left to give up.
struct Ticket {
    promise: sys::napi_deferred,
    references: Vec<sys::napi_ref>,
}

// SAFETY: other threads only carry the handles back to the environment's thread.
unsafe impl Send for Ticket {}

struct Finished {
    ticket: Ticket,
    result: std::result::Result<Outcome, Failure>,
}

struct Function(sys::napi_threadsafe_function);

// SAFETY: made to be called from any thread; `State::function` is emptied before the environment frees it.
unsafe impl Send for Function {}

#[derive(Default)]
struct State {
    /// Absent once the environment is going away.
    function: Option<Function>,
    finished: Vec<Finished>,
    /// Whether a call that will empty `finished` is under way.
    called: bool,
    /// Jobs in progress that use JavaScript's memory.
    touching: usize,
}

/// One JavaScript environment, as jobs see it.
#[derive(Default)]
pub struct Environment {
    state: Mutex<State>,
    untouched: Condvar,
    closing: Arc<AtomicBool>,
    /// Promises not settled yet; used on the environment's thread only.
    pending: AtomicUsize,
}

impl Environment {
    /// Sets up the environment's threadsafe function and cleanup hook.
    pub fn create(env: Env) -> Result<Arc<Self>> {
        let environment = Arc::new(Environment::default());
        let raw = env.raw();
        let mut name = ptr::null_mut();
        let mut function = ptr::null_mut();
        // SAFETY: `env` is live and this is its thread. The context is a counted reference that `forget` gives up. The hook is
        // added after the function has added its own, so it runs before the function is freed; `close` gives up its reference.
        unsafe {
            check(sys::napi_create_string_utf8(
                raw,
                c"ferross".as_ptr(),
                7,
                &mut name,
            ))?;
            check(sys::napi_create_threadsafe_function(
                raw,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                0,
                1,
                ptr::null_mut(),
                Some(forget),
                Arc::into_raw(environment.clone()).cast_mut().cast(),
                Some(settle),
                &mut function,
            ))?;
            check(sys::napi_unref_threadsafe_function(raw, function))?;
            check(sys::napi_add_env_cleanup_hook(
                raw,
                Some(close),
                Arc::into_raw(environment.clone()).cast_mut().cast(),
            ))?;
        }
        environment.lock().function = Some(Function(function));
        Ok(environment)
    }

    /// Runs `work` on a worker and returns the promise of its outcome. `memory` is what `work` uses of JavaScript's memory.
    pub fn submit<T: ToNapiValue + Send + 'static>(
        self: &Arc<Self>,
        env: Env,
        memory: &[Bytes],
        cancellation: Option<&Cancellation>,
        work: impl FnOnce(&Stop) -> std::result::Result<T, Failure> + Send + 'static,
    ) -> Result<Promise> {
        self.submit_to(pool::workers(), env, memory, cancellation, work)
    }

    /// The same on a pool of the caller's choice.
    pub fn submit_to<T: ToNapiValue + Send + 'static>(
        self: &Arc<Self>,
        pool: &'static Pool,
        env: Env,
        memory: &[Bytes],
        cancellation: Option<&Cancellation>,
        work: impl FnOnce(&Stop) -> std::result::Result<T, Failure> + Send + 'static,
    ) -> Result<Promise> {
        let stop = Stop::with(self.closing.clone(), cancellation);
        let touches = !memory.is_empty();
        let (ticket, promise) = self.issue(env, memory)?;

        // The ticket has to come back if the pool refuses the job.
        let slot = Arc::new(Mutex::new(Some(ticket)));
        let (environment, borrowed) = (self.clone(), slot.clone());
        let job = move || {
            let Some(ticket) = take(&borrowed) else {
                return;
            };
            if !environment.begin(touches) {
                return;
            }
            let result = catch_unwind(AssertUnwindSafe(|| stop.check().and_then(|()| work(&stop))))
                .unwrap_or_else(|panic| Err(Failure::Internal(describe(&panic))));
            let result = result.map(|value| {
                // SAFETY: `settle` calls the outcome with its live environment, on its thread.
                Box::new(move |env| unsafe { T::to_napi_value(env, value) }) as Outcome
            });
            environment.end(touches, Finished { ticket, result });
        };
        if let Err(error) = pool.spawn(Box::new(job))
            && let Some(ticket) = take(&slot)
        {
            let failure = Failure::System {
                syscall: "pthread_create",
                source: error,
            };
            self.redeem(
                env.raw(),
                Finished {
                    ticket,
                    result: Err(failure),
                },
            );
        }
        Ok(Promise(promise))
    }

    /// Makes a promise, references the values, and keeps the event loop alive.
    fn issue(&self, env: Env, memory: &[Bytes]) -> Result<(Ticket, sys::napi_value)> {
        let raw = env.raw();
        let (mut deferred, mut promise) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: `env` is live and this is its thread; the pointers are locals.
        unsafe { check(sys::napi_create_promise(raw, &mut deferred, &mut promise))? };
        let mut ticket = Ticket {
            promise: deferred,
            references: Vec::with_capacity(memory.len()),
        };
        for bytes in memory {
            let mut reference = ptr::null_mut();
            // SAFETY: as above, and the value is an argument of the call in progress.
            unsafe {
                check(sys::napi_create_reference(
                    raw,
                    bytes.value(),
                    1,
                    &mut reference,
                ))?
            };
            ticket.references.push(reference);
        }
        if self.pending.fetch_add(1, Ordering::Relaxed) == 0
            && let Some(function) = &self.lock().function
        {
            // SAFETY: the function lives while it is in the state, and this is the environment's thread.
            unsafe { sys::napi_ref_threadsafe_function(raw, function.0) };
        }
        Ok((ticket, promise))
    }

    /// Notes that a job starts. False when the environment is going away and its memory must not be touched any more.
    fn begin(&self, touches: bool) -> bool {
        let mut state = self.lock();
        if state.function.is_none() {
            return false;
        }
        state.touching += usize::from(touches);
        true
    }

    /// Notes that a job ended and has its promise settled.
    fn end(&self, touches: bool, finished: Finished) {
        let mut state = self.lock();
        state.touching -= usize::from(touches);
        if state.touching == 0 {
            self.untouched.notify_all();
        }
        let State {
            function: Some(function),
            called,
            ..
        } = &mut *state
        else {
            return;
        };
        if !*called {
            // SAFETY: the lock is held, so the function cannot be freed now.
            let status = unsafe {
                sys::napi_call_threadsafe_function(
                    function.0,
                    ptr::null_mut(),
                    sys::ThreadsafeFunctionCallMode::nonblocking,
                )
            };
            *called = status == sys::Status::napi_ok;
        }
        state.finished.push(finished);
    }

    /// Settles one promise and gives its references up. Runs on the environment's thread.
    fn redeem(&self, env: sys::napi_env, Finished { ticket, result }: Finished) {
        // SAFETY: `env` is live, this is its thread, and the ticket is spent here. When JavaScript may not run any more the calls
        // fail, leave null and are refused further on, without harm.
        unsafe {
            let mut scope = ptr::null_mut();
            sys::napi_open_handle_scope(env, &mut scope);
            for reference in ticket.references {
                sys::napi_delete_reference(env, reference);
            }
            let outcome = result.and_then(|outcome| {
                outcome(env).map_err(|error| Failure::Internal(error.reason.to_string()))
            });
            match outcome {
                Ok(value) => sys::napi_resolve_deferred(env, ticket.promise, value),
                Err(failure) => sys::napi_reject_deferred(env, ticket.promise, failure.to_js(env)),
            };
            sys::napi_close_handle_scope(env, scope);
        }
        if self.pending.fetch_sub(1, Ordering::Relaxed) == 1
            && let Some(function) = &self.lock().function
        {
            // SAFETY: the function lives while it is in the state, and this is the environment's thread.
            unsafe { sys::napi_unref_threadsafe_function(env, function.0) };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock, so a poisoned state is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settles what has finished. Node calls it on the environment's thread, without an environment when that is gone.
unsafe extern "C" fn settle(
    env: sys::napi_env,
    _: sys::napi_value,
    context: *mut c_void,
    _: *mut c_void,
) {
    if env.is_null() {
        return;
    }
    // SAFETY: the context is the reference made in `create`, and `forget` has not run while there is an environment.
    let environment = unsafe { &*context.cast::<Environment>() };
    let finished = {
        let mut state = environment.lock();
        state.called = false;
        std::mem::take(&mut state.finished)
    };
    for one in finished {
        // A panic must not reach Node; the promise concerned stays open then.
        let _ = catch_unwind(AssertUnwindSafe(|| environment.redeem(env, one)));
    }
}

/// Gives up the threadsafe function's reference.
unsafe extern "C" fn forget(_: sys::napi_env, _: *mut c_void, context: *mut c_void) {
    // SAFETY: the reference was made in `create` for the function, which is freed only once.
    drop(unsafe { Arc::from_raw(context.cast::<Environment>()) });
}

/// Cleanup hook: returns when no job uses the environment's memory and none will.
unsafe extern "C" fn close(context: *mut c_void) {
    // SAFETY: the reference was made in `create` for the hook, which runs only once.
    let environment = unsafe { Arc::from_raw(context.cast::<Environment>()) };
    environment.closing.store(true, Ordering::Relaxed);
    let mut state = environment.lock();
    state.function = None;
    while state.touching > 0 {
        state = environment
            .untouched
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// A promise on its way to JavaScript.
pub struct Promise(sys::napi_value);

impl ToNapiValue for Promise {
    unsafe fn to_napi_value(_: sys::napi_env, promise: Self) -> Result<sys::napi_value> {
        Ok(promise.0)
    }
}

fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok {
        Ok(())
    } else {
        Err(Error::new(
            Status::from(status),
            "Node-API refused a call".to_owned(),
        ))
    }
}

fn take(slot: &Mutex<Option<Ticket>>) -> Option<Ticket> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn describe(panic: &Box<dyn Any + Send>) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a job panicked: {}", text.unwrap_or("no message"))
}
