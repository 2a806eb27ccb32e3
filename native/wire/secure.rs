//! TLS over a socket. Nothing here waits, but for the handshake.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

use rustls::ClientConnection;
use rustls_pki_types::ServerName;

use super::patience::Patience;
use super::socket::{Ready, Socket};
use super::trust::Trust;
use crate::error::Failure;

/// Plaintext that is encrypted at a time, and sent in as few calls as the system allows.
const BATCH: usize = 256 * 1024;

/// The client's end of a TLS connection.
pub struct Secure {
    trust: Arc<Trust>,
    name: String,
    connection: Option<Box<ClientConnection>>,
}

impl Secure {
    /// Prepares for a server of this name or address.
    pub fn new(trust: Arc<Trust>, name: String) -> Self {
        Secure {
            trust,
            name,
            connection: None,
        }
    }

    /// Shakes hands.
    pub fn handshake(&mut self, socket: &Socket, patience: &mut Patience) -> Result<(), Failure> {
        if self.connection.is_some() {
            return Ok(());
        }
        let name = ServerName::try_from(self.name.clone())
            .map_err(|_| Failure::Tls("the host is neither a name nor an address".to_owned()))?;
        let config = self.trust.config()?;
        let mut connection = Box::new(ClientConnection::new(config, name).map_err(describe)?);
        connection.set_buffer_limit(None);
        while connection.is_handshaking() || connection.wants_write() {
            let writing = connection.wants_write();
            let moved = if writing {
                send(&mut connection, socket)?
            } else {
                receive(&mut connection, socket)?
            };
            match moved {
                Some(0) if !writing => {
                    return Err(Failure::Closed(
                        "the peer closed the connection during the handshake",
                    ));
                }
                Some(_) => patience.check()?,
                None => {
                    let wanted = Ready {
                        input: !writing,
                        output: writing,
                    };
                    patience.wait(socket, wanted, false)?;
                }
            }
        }
        self.connection = Some(connection);
        Ok(())
    }

    fn connection(&mut self) -> Result<&mut ClientConnection, Failure> {
        self.connection
            .as_deref_mut()
            .ok_or_else(|| Failure::Internal("there was no handshake".to_owned()))
    }

    /// Encrypts bytes when those before are sent.
    pub fn offer(&mut self, socket: &Socket, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        if !self.flush(socket)? {
            return Ok(None);
        }
        let batch = &bytes[..bytes.len().min(BATCH)];
        self.connection()?
            .writer()
            .write_all(batch)
            .map_err(|error| Failure::Internal(error.to_string()))?;
        // A part of it may have left even when the rest cannot, so all of it counts; the failure comes up with the next flush.
        let _ = self.flush(socket);
        Ok(Some(batch.len()))
    }

    /// Whether everything encrypted is sent.
    pub fn flush(&mut self, socket: &Socket) -> Result<bool, Failure> {
        let connection = self.connection()?;
        while connection.wants_write() {
            if send(connection, socket)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Fills the buffer with what is there. 0 at the end of the stream, which has to be announced.
    pub fn take(&mut self, socket: &Socket, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        let connection = self.connection()?;
        loop {
            match connection.reader().read(buffer) {
                Ok(count) => return Ok(Some(count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => (),
                Err(_) => return Err(truncated()),
            }
            if receive(connection, socket)?.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether plaintext has been received already.
    pub fn has_plaintext(&mut self) -> Result<bool, Failure> {
        let state = self.connection()?.process_new_packets();
        Ok(state.map_err(describe)?.plaintext_bytes_to_read() > 0)
    }

    /// Whether there is plaintext: nothing when there is nothing yet, false at the end.
    pub fn peek(&mut self, socket: &Socket) -> Result<Option<bool>, Failure> {
        let connection = self.connection()?;
        loop {
            let state = connection.process_new_packets().map_err(describe)?;
            if state.plaintext_bytes_to_read() > 0 {
                return Ok(Some(true));
            }
            if state.peer_has_closed() {
                return Ok(Some(false));
            }
            match receive(connection, socket)? {
                None => return Ok(None),
                Some(0) => return Ok(Some(false)),
                Some(_) => (),
            }
        }
    }

    /// Announces the end, if there is room for that.
    pub fn close(&mut self, socket: &Socket) {
        if let Some(connection) = &mut self.connection
            && !connection.wants_write()
        {
            connection.send_close_notify();
            // It is a courtesy.
            let _ = send(connection, socket);
        }
    }
}

fn truncated() -> Failure {
    Failure::Closed("the peer closed the connection without saying so in TLS")
}

fn describe(error: rustls::Error) -> Failure {
    Failure::Tls(error.to_string())
}

/// Sends what has been encrypted. Nothing when there is no room.
fn send(connection: &mut ClientConnection, socket: &Socket) -> Result<Option<usize>, Failure> {
    let mut pipe = Pipe::new(socket);
    let sent = connection.write_tls(&mut pipe);
    pipe.settle(sent)
}

/// Receives and decrypts what is there. Nothing when there is nothing.
fn receive(connection: &mut ClientConnection, socket: &Socket) -> Result<Option<usize>, Failure> {
    let mut pipe = Pipe::new(socket);
    let received = connection.read_tls(&mut pipe);
    let received = pipe.settle(received)?;
    if received.is_some()
        && let Err(error) = connection.process_new_packets()
    {
        // Tells the peer what is wrong, if there is room for that.
        let _ = send(connection, socket);
        return Err(describe(error));
    }
    Ok(received)
}

/// The socket as rustls wants it. Keeps what went wrong, which does not fit in its errors.
struct Pipe<'a> {
    socket: &'a Socket,
    failure: Option<Failure>,
}

impl<'a> Pipe<'a> {
    fn new(socket: &'a Socket) -> Self {
        Pipe {
            socket,
            failure: None,
        }
    }

    fn answer(&mut self, outcome: Result<Option<usize>, Failure>) -> io::Result<usize> {
        match outcome {
            Ok(Some(count)) => Ok(count),
            Ok(None) => Err(ErrorKind::WouldBlock.into()),
            Err(failure) => {
                self.failure = Some(failure);
                Err(ErrorKind::Other.into())
            }
        }
    }

    fn settle(self, outcome: io::Result<usize>) -> Result<Option<usize>, Failure> {
        match outcome {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.failure.unwrap_or(Failure::Tls(error.to_string()))),
        }
    }
}

impl Read for Pipe<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let received = self.socket.receive(buffer);
        self.answer(received)
    }
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.socket.send(bytes);
        self.answer(sent)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let sent = self.socket.send_all(slices);
        self.answer(sent)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
