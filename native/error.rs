//! The only error type of the engine, and what it becomes in JavaScript.

use std::io;
use std::ptr;

use napi::sys;

/// Why a job failed.
#[derive(Debug)]
pub enum Failure {
    /// The operating system refused.
    System {
        /// Name of the refused call, as Node spells it.
        syscall: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// The caller asked to stop.
    Cancelled,
    /// A file was written to while it was read.
    Changed,
    /// The key is not what was asked for.
    KeyInvalid,
    /// The bytes are too many for the key.
    MessageTooLong,
    /// Nothing more is said, so that nothing can be learned from it.
    Decryption,
    /// The file ends before the bytes asked for.
    FileTooShort,
    /// The connection is closed, by whom the text says.
    Closed(&'static str),
    /// Nothing was moved for too long.
    TimedOut,
    /// The head of an answer does not end.
    HeadTooLong,
    /// The peer is not to be trusted, or does not speak the protocol.
    Tls(String),
    /// A mistake in this crate or an exhausted machine.
    Internal(String),
}

impl Failure {
    /// Adapts an error of the system, for `map_err`.
    pub fn system(syscall: &'static str) -> impl FnOnce(io::Error) -> Failure {
        move |source| Failure::System { syscall, source }
    }

    /// Stable name of the failure. For errors of the system it is the POSIX name, which is also what Node uses on Windows.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::System { source, .. } => system_code(source),
            Failure::Cancelled => "Cancelled",
            Failure::Changed => "Changed",
            Failure::KeyInvalid => "KeyInvalid",
            Failure::MessageTooLong => "MessageTooLong",
            Failure::Decryption => "Decryption",
            Failure::FileTooShort => "FileTooShort",
            Failure::Closed(_) => "Closed",
            Failure::TimedOut => "TimedOut",
            Failure::HeadTooLong => "HeadTooLong",
            Failure::Tls(_) => "Tls",
            Failure::Internal(_) => "Internal",
        }
    }

    /// The reason in words.
    pub fn message(&self) -> String {
        match self {
            Failure::System { source, .. } => source.to_string(),
            Failure::Closed(reason) => (*reason).to_owned(),
            Failure::Tls(reason) | Failure::Internal(reason) => reason.clone(),
            _ => self.code().to_owned(),
        }
    }

    /// Makes an `Error` with `code`, and `syscall` and `errno` for errors of the system.
    ///
    /// # Safety
    /// Must be called on the thread of `env`, inside a handle scope.
    pub unsafe fn to_js(&self, env: sys::napi_env) -> sys::napi_value {
        let mut error = ptr::null_mut();
        // SAFETY: the caller vouches for `env`; every pointer is a local that outlives its call. A failed call leaves null,
        // which the calls after it and the caller refuse without harm.
        unsafe {
            sys::napi_create_error(
                env,
                string(env, self.code()),
                string(env, &self.message()),
                &mut error,
            );
            if let Failure::System { syscall, source } = self {
                sys::napi_set_named_property(env, error, c"syscall".as_ptr(), string(env, syscall));
                let mut number = ptr::null_mut();
                sys::napi_create_int32(env, source.raw_os_error().unwrap_or(0), &mut number);
                sys::napi_set_named_property(env, error, c"errno".as_ptr(), number);
            }
        }
        error
    }
}

/// # Safety
/// Must be called on the thread of `env`, inside a handle scope.
unsafe fn string(env: sys::napi_env, text: &str) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: the caller vouches for `env`; the length is passed, so no terminator is needed.
    unsafe {
        sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value)
    };
    value
}

/// An error for what the platform itself would not notice, such as opening a directory.
pub fn is_a_directory() -> io::Error {
    #[cfg(unix)]
    return io::Error::from_raw_os_error(libc::EISDIR);
    #[cfg(not(unix))]
    io::ErrorKind::IsADirectory.into()
}

/// POSIX name of the commoner errors; TypeScript finds the rest by number where numbers are POSIX.
fn system_code(error: &io::Error) -> &'static str {
    use io::ErrorKind::*;
    match error.kind() {
        NotFound => "ENOENT",
        PermissionDenied => "EACCES",
        AlreadyExists => "EEXIST",
        IsADirectory => "EISDIR",
        NotADirectory => "ENOTDIR",
        StorageFull => "ENOSPC",
        QuotaExceeded => "EDQUOT",
        FileTooLarge => "EFBIG",
        ReadOnlyFilesystem => "EROFS",
        ResourceBusy => "EBUSY",
        InvalidInput => "EINVAL",
        OutOfMemory => "ENOMEM",
        BrokenPipe => "EPIPE",
        ConnectionReset => "ECONNRESET",
        ConnectionAborted => "ECONNABORTED",
        NotConnected => "ENOTCONN",
        TimedOut => "ETIMEDOUT",
        HostUnreachable => "EHOSTUNREACH",
        NetworkUnreachable => "ENETUNREACH",
        NetworkDown => "ENETDOWN",
        _ => "UNKNOWN",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_system_are_posix_names() {
        let missing = std::fs::File::open("/no/such/file").map_err(Failure::system("open"));
        assert_eq!(missing.expect_err("there is no such file").code(), "ENOENT");
        assert_eq!(Failure::system("open")(is_a_directory()).code(), "EISDIR");
    }
}
