//! A byte stream over a socket, with or without TLS, and what has been read ahead of it. Nothing here waits: what cannot be
//! done now comes back as `None`.

use std::fs::File;

use super::patience::Patience;
use super::secure::Secure;
use super::socket::{Ready, Socket};
use crate::error::Failure;

/// Longest head of an answer.
pub const HEAD: usize = 16 * 1024;

/// One end of a connection.
pub struct Line {
    secure: Option<Secure>,
    /// Read but not asked for yet: what came with the head of an answer.
    ahead: Vec<u8>,
    taken: usize,
    /// Whether the peer sends nothing more, so that there is no use in waiting for it.
    ended: bool,
    /// Whether a request was not sent to its end.
    cut: bool,
    /// The failure that the job before could not report.
    left: Option<Failure>,
}

/// Why a wait for room ended.
#[derive(PartialEq, Eq, Debug)]
pub enum Waited {
    /// There is room.
    Ready,
    /// Bytes came back meanwhile.
    Answered,
    /// It is time to report.
    Due,
}

impl Line {
    /// A line that speaks TLS, or not.
    pub fn new(secure: Option<Secure>) -> Self {
        Line {
            secure,
            ahead: Vec::new(),
            taken: 0,
            ended: false,
            cut: false,
            left: None,
        }
    }

    /// Shakes hands. There is nothing to do without TLS, or a second time.
    pub fn handshake(&mut self, socket: &Socket, patience: &mut Patience) -> Result<(), Failure> {
        match &mut self.secure {
            Some(secure) => secure.handshake(socket, patience),
            None => Ok(()),
        }
    }

    /// Notes that a request ended in the middle, so that nothing can follow it.
    pub fn cut(&mut self) {
        self.cut = true;
    }

    /// Keeps a failure for the next job.
    pub fn leave(&mut self, failure: Failure) {
        self.left = Some(failure);
    }

    /// Fails with what the job before has left.
    pub fn check(&mut self) -> Result<(), Failure> {
        match self.left.take() {
            Some(failure) => {
                // What comes after a failure is out of place.
                self.left = Some(Failure::Closed("the connection has failed before"));
                Err(failure)
            }
            None => Ok(()),
        }
    }

    /// Takes over as many of the bytes as is possible now.
    pub fn offer(&mut self, socket: &Socket, bytes: &[u8]) -> Result<Option<usize>, Failure> {
        match &mut self.secure {
            Some(secure) => secure.offer(socket, bytes),
            None => socket.send(bytes),
        }
    }

    /// [`Line::offer`] for bytes that were read from a file, and may be sent from there.
    pub fn offer_of(
        &mut self,
        socket: &Socket,
        file: &File,
        offset: u64,
        bytes: &[u8],
    ) -> Result<Option<usize>, Failure> {
        match &mut self.secure {
            Some(secure) => secure.offer(socket, bytes),
            None => socket.send_of(file, offset, bytes),
        }
    }

    /// Whether everything taken over is with the system.
    pub fn flush(&mut self, socket: &Socket) -> Result<bool, Failure> {
        match &mut self.secure {
            Some(secure) => secure.flush(socket),
            None => Ok(true),
        }
    }

    /// Fills the buffer with what is there. 0 at the end of the stream.
    pub fn take(&mut self, socket: &Socket, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        let rest = &self.ahead[self.taken..];
        if !rest.is_empty() {
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.taken += count;
            return Ok(Some(count));
        }
        let count = self.fetch(socket, buffer)?;
        if count == Some(0) && !buffer.is_empty() {
            self.ended = true;
        }
        Ok(count)
    }

    fn fetch(&mut self, socket: &Socket, buffer: &mut [u8]) -> Result<Option<usize>, Failure> {
        match &mut self.secure {
            Some(secure) => secure.take(socket, buffer),
            None => socket.receive(buffer),
        }
    }

    /// A complete head, if it is there by now.
    pub fn take_head(&mut self, socket: &Socket) -> Result<Option<Vec<u8>>, Failure> {
        self.ahead.drain(..self.taken);
        self.taken = 0;
        let mut searched = 0usize;
        loop {
            // The end may straddle what came before.
            let from = searched.saturating_sub(3);
            let end = self.ahead[from..]
                .windows(4)
                .position(|four| four == b"\r\n\r\n");
            if let Some(at) = end {
                let rest = self.ahead.split_off(from + at + 4);
                return Ok(Some(std::mem::replace(&mut self.ahead, rest)));
            }
            searched = self.ahead.len();
            if searched >= HEAD {
                return Err(Failure::HeadTooLong);
            }
            let mut ahead = std::mem::take(&mut self.ahead);
            ahead.resize(HEAD, 0);
            let count = self.fetch(socket, &mut ahead[searched..]);
            ahead.truncate(searched + count.as_ref().map_or(0, |count| count.unwrap_or(0)));
            self.ahead = ahead;
            match count? {
                Some(0) => return Err(Failure::Closed("the peer closed the connection")),
                Some(_) => (),
                None => return Ok(None),
            }
        }
    }

    /// Waits for room, unless bytes have come.
    pub fn wait_for_room(
        &mut self,
        socket: &Socket,
        patience: &mut Patience,
        reporting: bool,
    ) -> Result<Waited, Failure> {
        if self.has_bytes()? {
            return Ok(Waited::Answered);
        }
        loop {
            let wanted = Ready {
                input: !self.ended,
                output: true,
            };
            let Some(ready) = patience.wait(socket, wanted, reporting)? else {
                return Ok(Waited::Due);
            };
            if ready.input && self.is_answered(socket)? {
                return Ok(Waited::Answered);
            }
            if ready.output {
                return Ok(Waited::Ready);
            }
        }
    }

    /// Waits for bytes. False when it is time to report first.
    pub fn wait_for_bytes(
        &mut self,
        socket: &Socket,
        patience: &mut Patience,
        reporting: bool,
    ) -> Result<bool, Failure> {
        let wanted = Ready {
            input: true,
            output: false,
        };
        Ok(patience.wait(socket, wanted, reporting)?.is_some())
    }

    /// Whether bytes of the peer have been received already.
    fn has_bytes(&mut self) -> Result<bool, Failure> {
        match &mut self.secure {
            _ if self.taken < self.ahead.len() => Ok(true),
            Some(secure) => secure.has_plaintext(),
            None => Ok(false),
        }
    }

    /// Whether there are bytes of the peer.
    pub fn is_answered(&mut self, socket: &Socket) -> Result<bool, Failure> {
        if self.has_bytes()? {
            return Ok(true);
        }
        let there = match &mut self.secure {
            Some(secure) => secure.peek(socket)?,
            None => socket.peek()?,
        };
        self.ended = there == Some(false);
        Ok(there == Some(true))
    }

    /// Whether a request can follow: nothing has come, not even the end.
    pub fn is_quiet(&mut self, socket: &Socket) -> bool {
        !self.cut
            && self.left.is_none()
            && matches!(self.is_answered(socket), Ok(false))
            && !self.ended
    }

    /// Says goodbye as far as that needs no waiting.
    pub fn close(&mut self, socket: &Socket) {
        if let Some(secure) = &mut self.secure {
            secure.close(socket);
        }
    }
}
