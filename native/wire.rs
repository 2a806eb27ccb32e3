//! Connections whose bytes native threads move between the network and files.
//!
//! JavaScript dials, writes heads and reads them. Between them, the bytes of bodies need not pass through it: a job sends a
//! range of a file or receives into one, with checksum, cipher and TLS applied to each piece while it is in the cache.

mod line;
mod patience;
mod secure;
mod socket;
#[cfg(test)]
mod tests;
mod transfer;
mod trust;

use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::aes_ctr::CipherSpec;
use crate::convert::{Answer, Bytes, Position};
use crate::environment::{Environment, Promise};
use crate::error::Failure;
use crate::part_reader::PartReader;
use crate::part_writer::PartWriter;
use crate::pool;
use crate::stop::Stop;
use line::Line;
use patience::Patience;
use secure::Secure;
use socket::Socket;
use transfer::Range;
use trust::Trust;

/// How long a job goes on before it reports what it has moved, so that JavaScript sees progress.
const SLICE: Duration = Duration::from_millis(200);

/// Whom TLS trusts and as whom it speaks. Cheap to make: texts are parsed at the first handshake.
#[napi]
pub struct TlsConfig(Arc<Trust>);

#[napi]
impl TlsConfig {
    /// Takes PEM texts: roots, of which each may hold several, and a certificate with its chain and key to be known by.
    #[napi(constructor)]
    pub fn new(
        roots: Vec<String>,
        certificate: Option<String>,
        key: Option<String>,
        tls13_only: bool,
    ) -> Self {
        TlsConfig(Arc::new(Trust::new(roots, certificate, key, tls13_only)))
    }
}

/// Outcome of sending.
#[napi(object, object_from_js = false)]
pub struct Sent {
    /// Bytes sent; less than asked for when it was time to report, or an answer came.
    pub count: f64,
    /// Whether the peer has sent bytes meanwhile.
    pub answered: bool,
}

/// Outcome of sending from a file.
#[napi(object, object_from_js = false)]
pub struct FileSent {
    /// Bytes sent; less than asked for when it was time to report, or an answer came.
    pub count: f64,
    /// Whether the peer has sent bytes meanwhile.
    pub answered: bool,
    /// CRC-64 of the bytes of the file.
    pub plain: u64,
    /// CRC-64 of the bytes as sent.
    pub sent: u64,
}

/// Outcome of receiving into a file.
#[napi(object, object_from_js = false)]
pub struct FileReceived {
    /// Bytes received and written; less than asked for when it was time to report, or the stream has ended.
    pub count: f64,
    /// CRC-64 of the bytes as they came.
    pub received: u64,
    /// CRC-64 of the bytes as written.
    pub plain: u64,
}

/// What a job has of the connection.
struct Shared {
    socket: Socket,
    line: Mutex<Line>,
}

impl Shared {
    /// Runs a job, if no other is running.
    fn run<T>(
        &self,
        work: impl FnOnce(&mut Line, &Socket) -> std::result::Result<T, Failure>,
    ) -> std::result::Result<T, Failure> {
        self.socket.check_open()?;
        match self.line.try_lock() {
            Ok(mut line) => work(&mut line, &self.socket),
            Err(TryLockError::WouldBlock) => {
                // It may be the goodbye.
                self.socket.check_open()?;
                let reason = "another job uses the connection".to_owned();
                Err(Failure::Internal(reason))
            }
            Err(TryLockError::Poisoned(_)) => Err(Failure::Internal(
                "a job on the connection panicked".to_owned(),
            )),
        }
    }

    fn close(&self) {
        // A running job ends without a goodbye.
        if let Ok(mut line) = self.line.try_lock() {
            line.close(&self.socket);
        }
        self.socket.close();
    }
}

/// A connection.
#[napi]
pub struct Wire {
    environment: Arc<Environment>,
    shared: Option<Arc<Shared>>,
}

impl Wire {
    /// Takes part in a connection, with TLS if it is given.
    pub fn open(
        environment: Arc<Environment>,
        descriptor: i32,
        tls: Option<&TlsConfig>,
        name: Option<String>,
    ) -> Result<Self> {
        let socket = Socket::share(descriptor).map_err(|failure| {
            Error::new(
                Status::GenericFailure,
                format!(
                    "the descriptor is not a connection's: {}",
                    failure.message()
                ),
            )
        })?;
        let secure = tls.map(|tls| Secure::new(tls.0.clone(), name.unwrap_or_default()));
        Ok(Wire {
            environment,
            shared: Some(Arc::new(Shared {
                socket,
                line: Mutex::new(Line::new(secure)),
            })),
        })
    }

    /// Has a thread of the crowd do something with the line.
    fn submit<T: napi::bindgen_prelude::ToNapiValue + Send + 'static>(
        &self,
        env: Env,
        memory: &[Bytes],
        timeout_ms: Position,
        work: impl FnOnce(&mut Line, &Socket, &mut Patience) -> std::result::Result<T, Failure>
        + Send
        + 'static,
    ) -> Result<Promise> {
        let shared = self.shared.clone();
        let limit = Duration::from_millis(timeout_ms.0);
        self.environment
            .submit_to(pool::crowd(), env, memory, None, move |stop: &Stop| {
                shared
                    .ok_or(Failure::Closed(socket::CLOSED))?
                    .run(|line, socket| work(line, socket, &mut Patience::new(stop, limit, SLICE)))
            })
    }
}

#[napi]
impl Wire {
    /// Shakes hands; without TLS there is nothing to do. Promise of nothing.
    #[napi(catch_unwind)]
    pub fn handshake(&self, env: Env, timeout_ms: Position) -> Result<Promise> {
        self.submit(env, &[], timeout_ms, |line, socket, patience| {
            line.handshake(socket, patience)
        })
    }

    /// Sends the bytes. Promise of a `Sent`.
    #[napi(catch_unwind)]
    pub fn send(&self, env: Env, bytes: Bytes, timeout_ms: Position) -> Result<Promise> {
        let remote = bytes.detach();
        self.submit(env, &[bytes], timeout_ms, move |line, socket, patience| {
            // SAFETY: submitted together with the bytes.
            let bytes = unsafe { remote.as_slice() };
            let moved = transfer::send(line, socket, bytes, patience)?;
            Ok(Sent {
                count: moved.count as f64,
                answered: moved.answered,
            })
        })
    }

    /// Sends a range of a file. Promise of a `FileSent`.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object would be slower to read"
    )]
    pub fn send_file(
        &self,
        env: Env,
        reader: &PartReader,
        offset: Position,
        length: Position,
        cipher: Option<CipherSpec>,
        timeout_ms: Position,
    ) -> Result<Promise> {
        let file = reader.file()?;
        self.submit(env, &[], timeout_ms, move |line, socket, patience| {
            let range = Range {
                offset: offset.0,
                length: length.0,
                cipher: cipher.as_ref(),
            };
            let moved = transfer::send_file(line, socket, &file, &range, patience)?;
            Ok(FileSent {
                count: moved.count as f64,
                answered: moved.answered,
                plain: moved.plain,
                sent: moved.remote,
            })
        })
    }

    /// Sends the bytes, of which there may be none, and reads the head of an answer. Promise of the head's bytes.
    #[napi(catch_unwind)]
    pub fn exchange(&self, env: Env, bytes: Bytes, timeout_ms: Position) -> Result<Promise> {
        let remote = bytes.detach();
        self.submit(env, &[bytes], timeout_ms, move |line, socket, patience| {
            // SAFETY: submitted together with the bytes.
            let bytes = unsafe { remote.as_slice() };
            let head = transfer::exchange(line, socket, bytes, patience)?;
            Ok(Answer(Zeroizing::new(head)))
        })
    }

    /// Receives at least one byte into the buffer. Promise of their number, 0 at the end of the stream.
    #[napi(catch_unwind)]
    pub fn receive(&self, env: Env, buffer: Bytes, timeout_ms: Position) -> Result<Promise> {
        let mut remote = buffer.detach();
        self.submit(env, &[buffer], timeout_ms, move |line, socket, patience| {
            // SAFETY: submitted together with the buffer.
            let buffer = unsafe { remote.as_mut_slice() };
            transfer::receive(line, socket, buffer, patience).map(|count| count as f64)
        })
    }

    /// Receives into a range of a file. Promise of a `FileReceived`.
    #[napi(catch_unwind)]
    #[allow(
        clippy::too_many_arguments,
        reason = "an object would be slower to read"
    )]
    pub fn receive_file(
        &self,
        env: Env,
        writer: &PartWriter,
        offset: Position,
        length: Position,
        cipher: Option<CipherSpec>,
        timeout_ms: Position,
    ) -> Result<Promise> {
        let target = writer.target(offset.0, Some(length.0))?;
        self.submit(env, &[], timeout_ms, move |line, socket, patience| {
            let range = Range {
                offset: offset.0,
                length: length.0,
                cipher: cipher.as_ref(),
            };
            let moved = transfer::receive_file(line, socket, &target, &range, patience)?;
            Ok(FileReceived {
                count: moved.count as f64,
                received: moved.remote,
                plain: moved.plain,
            })
        })
    }

    /// Whether a request can follow: no job is running and nothing has come, not even the end.
    #[napi(catch_unwind)]
    pub fn quiet(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| {
            shared
                .run(|line, socket| Ok(line.is_quiet(socket)))
                .unwrap_or(false)
        })
    }

    /// Ends the connection, and the job that uses it. May be repeated.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.close();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.close();
    }
}
