//! A connected stream socket whose descriptor Node also holds. No call here blocks but `poll`, which is given a limit.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::error::Failure;

#[cfg(any(target_os = "linux", target_os = "android"))]
const NO_SIGNAL: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const NO_SIGNAL: libc::c_int = 0;

/// Says that this side ended the connection.
pub const CLOSED: &str = "the connection was closed";

/// A descriptor of its own for a socket that somebody else opened.
pub struct Socket {
    descriptor: OwnedFd,
    closed: AtomicBool,
    /// Whether the system may be asked to send from files.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    direct: AtomicBool,
    /// Bytes sent and received.
    total: AtomicU64,
}

/// What a socket is ready for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ready {
    /// There are bytes, an end or an error to be read.
    pub input: bool,
    /// There is room for bytes, or an error.
    pub output: bool,
}

impl Socket {
    /// Duplicates the descriptor, which has to be a stream socket's.
    pub fn share(descriptor: RawFd) -> Result<Self, Failure> {
        // SAFETY: no memory is involved, and the new descriptor belongs to nobody yet.
        let descriptor = unsafe {
            let copy = libc::fcntl(descriptor, libc::F_DUPFD_CLOEXEC, 0);
            check(copy as isize).map_err(Failure::system("dup"))?;
            OwnedFd::from_raw_fd(copy)
        };
        if option(&descriptor, libc::SO_TYPE)? != libc::SOCK_STREAM {
            let source = io::Error::from_raw_os_error(libc::EPROTOTYPE);
            return Err(Failure::system("getsockopt")(source));
        }
        #[cfg(target_vendor = "apple")]
        without_signal(&descriptor)?;
        Ok(Socket {
            // There is no way to tell this call alone not to wait.
            #[cfg(any(target_os = "linux", target_os = "android"))]
            direct: AtomicBool::new(is_nonblocking(&descriptor)),
            descriptor,
            closed: AtomicBool::new(false),
            total: AtomicU64::new(0),
        })
    }

    /// How many bytes have been moved, either way.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Sends what there is room for. Nothing when there is none.
    pub fn send(&self, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        let sent = retry(|| {
            // SAFETY: the pointer and the length are of one slice.
            unsafe {
                libc::send(
                    self.descriptor.as_raw_fd(),
                    bytes.as_ptr().cast(),
                    bytes.len(),
                    libc::MSG_DONTWAIT | NO_SIGNAL,
                )
            }
        });
        self.settle("send", sent)
    }

    /// Sends what there is room for of several slices. Nothing when there is none.
    pub fn send_all(&self, slices: &[IoSlice<'_>]) -> Result<Option<usize>, Failure> {
        // SAFETY: all zeros are a valid message, which names nothing.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = slices.as_ptr().cast_mut().cast();
        message.msg_iovlen = slices.len() as _;
        let sent = retry(|| {
            // SAFETY: `IoSlice` has the layout of `iovec`, the call only reads them, and they outlive it.
            unsafe {
                libc::sendmsg(
                    self.descriptor.as_raw_fd(),
                    &message,
                    libc::MSG_DONTWAIT | NO_SIGNAL,
                )
            }
        });
        self.settle("send", sent)
    }

    /// Sends bytes that were read from a file, without copying them where the system can do that. Nothing when there is no room.
    pub fn send_of(
        &self,
        file: &File,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Option<usize>, Failure> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if self.direct.load(Ordering::Relaxed) {
            let mut position = offset as libc::off_t;
            let sent = retry(|| {
                // SAFETY: the position is a local that outlives the call.
                unsafe {
                    libc::sendfile(
                        self.descriptor.as_raw_fd(),
                        file.as_raw_fd(),
                        &mut position,
                        bytes.len(),
                    )
                }
            });
            match sent {
                Ok(0) if !bytes.is_empty() => return Err(Failure::FileTooShort),
                // Some file systems cannot do it; an error of the disk comes up again when the file is read.
                Err(error) if !is_of_connection(&error) => {
                    self.direct.store(false, Ordering::Relaxed);
                }
                sent => return self.settle("send", sent),
            }
        }
        let _ = (file, offset);
        self.send(bytes)
    }

    /// Receives what is there: nothing when the peer has sent nothing yet, 0 at the end.
    pub fn receive(&self, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        self.receive_with(buffer, 0)
    }

    /// Whether bytes wait to be received: nothing when there is nothing yet, false at the end.
    pub fn peek(&self) -> Result<Option<bool>, Failure> {
        let count = self.receive_with(&mut [0], libc::MSG_PEEK)?;
        Ok(count.map(|count| count > 0))
    }

    fn receive_with(
        &self,
        buffer: &mut [u8],
        flags: libc::c_int,
    ) -> Result<Option<usize>, Failure> {
        let received = retry(|| {
            // SAFETY: the pointer and the length are of one slice, which is ours to change.
            unsafe {
                libc::recv(
                    self.descriptor.as_raw_fd(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    libc::MSG_DONTWAIT | flags,
                )
            }
        });
        self.settle("recv", received)
    }

    /// Waits until the socket is ready for one of the two, at most for `limit`.
    pub fn poll(&self, wanted: Ready, limit: Duration) -> Result<Ready, Failure> {
        let events = if wanted.input { libc::POLLIN } else { 0 }
            | if wanted.output { libc::POLLOUT } else { 0 };
        let mut entry = libc::pollfd {
            fd: self.descriptor.as_raw_fd(),
            events,
            revents: 0,
        };
        // Rounded up: a wait that ends a little too early would be begun again at once.
        let limit = limit.as_nanos().div_ceil(1_000_000).min(60_000) as libc::c_int;
        // SAFETY: one entry is passed, which outlives the call.
        let count = unsafe { libc::poll(&mut entry, 1, limit) };
        match check(count as isize) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                return Err(Failure::system("poll")(error));
            }
            Err(_) => entry.revents = 0,
            Ok(_) => (),
        }
        self.check_open()?;
        // The call that follows finds out what is wrong.
        let wrong = entry.revents & (libc::POLLERR | libc::POLLHUP | libc::POLLNVAL) != 0;
        Ok(Ready {
            input: wanted.input && (wrong || entry.revents & libc::POLLIN != 0),
            output: wanted.output && (wrong || entry.revents & libc::POLLOUT != 0),
        })
    }

    /// Ends the connection in both directions, also for whoever waits in `poll`. May be repeated.
    pub fn close(&self) {
        if !self.closed.swap(true, Ordering::SeqCst) {
            // SAFETY: no memory is involved. A connection that has ended already is refused, which is as well.
            unsafe { libc::shutdown(self.descriptor.as_raw_fd(), libc::SHUT_RDWR) };
        }
    }

    /// Fails when it has been closed on this side.
    pub fn check_open(&self) -> Result<(), Failure> {
        if self.closed.load(Ordering::SeqCst) {
            Err(Failure::Closed(CLOSED))
        } else {
            Ok(())
        }
    }

    /// What a call that does not wait brought.
    fn settle(
        &self,
        syscall: &'static str,
        count: io::Result<usize>,
    ) -> Result<Option<usize>, Failure> {
        match count {
            Ok(count) => {
                // The end that `close` makes must not look like the peer's.
                if count == 0 {
                    self.check_open()?;
                }
                self.total.fetch_add(count as u64, Ordering::Relaxed);
                Ok(Some(count))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => {
                self.check_open()?;
                Err(Failure::system(syscall)(error))
            }
        }
    }
}

fn retry(mut call: impl FnMut() -> isize) -> io::Result<usize> {
    loop {
        match check(call()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

fn check(answer: isize) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_nonblocking(descriptor: &OwnedFd) -> bool {
    // SAFETY: no memory is involved.
    let flags = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_GETFL) };
    flags != -1 && flags & libc::O_NONBLOCK != 0
}

/// Whether an error says something about the connection and not about a file.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(
        error.kind(),
        WouldBlock
            | BrokenPipe
            | ConnectionReset
            | ConnectionAborted
            | NotConnected
            | TimedOut
            | HostUnreachable
            | NetworkUnreachable
            | NetworkDown
    )
}

/// An integer option of a socket.
fn option(descriptor: &OwnedFd, name: libc::c_int) -> Result<libc::c_int, Failure> {
    let mut value: libc::c_int = 0;
    let mut length = size_of_val(&value) as libc::socklen_t;
    // SAFETY: the value is as long as the length says.
    let answer = unsafe {
        libc::getsockopt(
            descriptor.as_raw_fd(),
            libc::SOL_SOCKET,
            name,
            (&raw mut value).cast(),
            &mut length,
        )
    };
    check(answer as isize).map_err(Failure::system("getsockopt"))?;
    Ok(value)
}

/// Has writes to an ended connection fail instead of killing the process, where that is an option of the socket.
#[cfg(target_vendor = "apple")]
fn without_signal(descriptor: &OwnedFd) -> Result<(), Failure> {
    let on: libc::c_int = 1;
    // SAFETY: the value is as long as the length says.
    let answer = unsafe {
        libc::setsockopt(
            descriptor.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NOSIGPIPE,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    check(answer as isize).map_err(Failure::system("setsockopt"))?;
    Ok(())
}
