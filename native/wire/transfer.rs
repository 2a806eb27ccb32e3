//! What jobs do with a line: heads, ranges of files, and memory, until all is done or it is time to report.

use std::cell::RefCell;
use std::fs::File;

use super::line::{Line, Waited};
use super::patience::Patience;
use super::socket::Socket;
use crate::aes_ctr::{CipherSpec, KeyStream};
use crate::crc64;
use crate::error::Failure;
use crate::file;
use crate::part_writer::Target;

/// Bytes of a file that are read and sent at a time: they fit the second-level cache.
const PIECE: usize = 256 * 1024;

/// Bytes that are received before they are written. Writers of a file wait for each other, which fewer do when each writes
/// more.
const GATHERED: usize = 512 * 1024;

thread_local! {
    /// Memory for a piece, kept while the thread lives.
    static MEMORY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A range of a file, and how it is encrypted.
pub struct Range<'a> {
    /// Position of the first byte in the file.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
    /// Encrypts what is sent, decrypts what is received.
    pub cipher: Option<&'a CipherSpec>,
}

/// How far a job came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Bytes moved.
    pub count: u64,
    /// Whether bytes came back while sending.
    pub answered: bool,
    /// CRC-64 of the file's bytes.
    pub plain: u64,
    /// CRC-64 of the bytes on the wire.
    pub remote: u64,
}

impl Moved {
    const NOTHING: Moved = Moved {
        count: 0,
        answered: false,
        plain: 0,
        remote: 0,
    };

    /// Counts a piece of the file, and encrypts it.
    fn outwards(&mut self, stream: Option<&mut KeyStream>, piece: &mut [u8]) {
        self.count += piece.len() as u64;
        pass(&mut self.plain, &mut self.remote, stream, piece);
    }

    /// Counts what was received, and decrypts it.
    fn inwards(&mut self, stream: Option<&mut KeyStream>, piece: &mut [u8]) {
        self.count += piece.len() as u64;
        pass(&mut self.remote, &mut self.plain, stream, piece);
    }
}

/// Takes a piece through the cipher, if there is one, and the checksums before and after it along.
fn pass(before: &mut u64, after: &mut u64, stream: Option<&mut KeyStream>, piece: &mut [u8]) {
    *before = crc64::update(*before, piece);
    match stream {
        Some(stream) => {
            stream.apply(piece);
            *after = crc64::update(*after, piece);
        }
        None => *after = *before,
    }
}

/// Sends the bytes, and whatever was taken over before.
pub fn send(
    line: &mut Line,
    socket: &Socket,
    bytes: &[u8],
    patience: &mut Patience,
) -> Result<Moved, Failure> {
    line.check()?;
    let (count, halt) = offer(line, socket, bytes, Some(0), patience, None);
    let halt = match halt {
        Halt::Not => flush(line, socket, count > 0, patience).unwrap_or_else(Halt::Failed),
        halt => halt,
    };
    let count = count as u64;
    let moved = Moved {
        count,
        ..Moved::NOTHING
    };
    settle(line, moved, halt)
}

/// Sends a range of a file. A failure after something was sent is left to the next job: what may have left is always told.
pub fn send_file(
    line: &mut Line,
    socket: &Socket,
    source: &File,
    range: &Range,
    patience: &mut Patience,
) -> Result<Moved, Failure> {
    line.check()?;
    with_memory(|memory| {
        let mut stream = range.cipher.map(CipherSpec::start);
        let mut moved = Moved::NOTHING;
        while moved.count < range.length {
            let length = (range.length - moved.count).min(PIECE as u64) as usize;
            let piece = &mut memory[..length];
            let read = file::read_full(source, piece, range.offset + moved.count)
                .map_err(Failure::system("read"));
            match read {
                Ok(read) if read == length => (),
                Ok(_) => return settle(line, moved, Halt::Failed(Failure::FileTooShort)),
                Err(failure) => return settle(line, moved, Halt::Failed(failure)),
            }
            let before = moved;
            moved.outwards(stream.as_mut(), piece);
            // Encrypted bytes are nowhere but here.
            let place = range
                .cipher
                .is_none()
                .then_some((source, range.offset + before.count));
            let (count, halt) = offer(line, socket, piece, Some(before.count), patience, place);
            if !matches!(halt, Halt::Not) {
                // The sums are of more than was sent: once more, of that.
                moved = before;
                let sent = &mut piece[..count];
                let stream = || range.cipher.map(|cipher| cipher.start_at(before.count));
                if let Some(mut stream) = stream() {
                    stream.apply(sent);
                }
                moved.outwards(stream().as_mut(), sent);
                return settle(line, moved, halt);
            }
            if patience.is_due() {
                return Ok(moved);
            }
        }
        let halt = flush(line, socket, moved.count > 0, patience).unwrap_or_else(Halt::Failed);
        settle(line, moved, halt)
    })
}

/// What a job tells that sent so much. A failure is left to the next one if there is anything to tell.
fn settle(line: &mut Line, mut moved: Moved, halt: Halt) -> Result<Moved, Failure> {
    match halt {
        Halt::Failed(failure) if moved.count == 0 => return Err(failure),
        Halt::Failed(failure) => line.leave(failure),
        halt => moved.answered = matches!(halt, Halt::Answered),
    }
    Ok(moved)
}

/// Receives into a range of a file. A failure after something was moved is left to the next job.
pub fn receive_file(
    line: &mut Line,
    socket: &Socket,
    target: &Target,
    range: &Range,
    patience: &mut Patience,
) -> Result<Moved, Failure> {
    line.check()?;
    with_memory(|memory| {
        let mut stream = range.cipher.map(CipherSpec::start);
        let mut moved = Moved::NOTHING;
        while moved.count < range.length {
            let length = (range.length - moved.count).min(GATHERED as u64) as usize;
            let some = moved.count > 0;
            let (filled, mut end) = gather(line, socket, &mut memory[..length], some, patience);
            let piece = &mut memory[..filled];
            let before = moved;
            moved.inwards(stream.as_mut(), piece);
            if let Err(failure) = target.write(piece, range.offset + before.count) {
                moved = before;
                end = End::Failed(failure);
            }
            match end {
                End::Failed(failure) if moved.count == 0 => {
                    if filled > 0 {
                        // What could not be written is gone.
                        line.leave(Failure::Closed("received bytes were lost"));
                    }
                    return Err(failure);
                }
                End::Failed(failure) => {
                    line.leave(failure);
                    break;
                }
                End::Due => break,
                End::Full if patience.is_due() => break,
                End::Full => (),
            }
        }
        Ok(moved)
    })
}

/// Receives at least one byte. 0 at the end of the stream.
pub fn receive(
    line: &mut Line,
    socket: &Socket,
    buffer: &mut [u8],
    patience: &mut Patience,
) -> Result<usize, Failure> {
    line.check()?;
    loop {
        if let Some(count) = line.take(socket, buffer)? {
            return Ok(count);
        }
        line.wait_for_bytes(socket, patience, false)?;
    }
}

/// Sends the bytes and receives the head of an answer, which counts more than what becomes of the bytes.
pub fn exchange(
    line: &mut Line,
    socket: &Socket,
    bytes: &[u8],
    patience: &mut Patience,
) -> Result<Vec<u8>, Failure> {
    line.check()?;
    let refused = match send_whole(line, socket, bytes, patience) {
        Ok(()) => None,
        Err(failure @ Failure::System { .. }) => Some(failure),
        Err(failure) => return Err(failure),
    };
    loop {
        match line.take_head(socket) {
            Ok(Some(head)) => return Ok(head),
            Ok(None) => line.wait_for_bytes(socket, patience, false)?,
            Err(failure) => return Err(refused.unwrap_or(failure)),
        };
    }
}

fn send_whole(
    line: &mut Line,
    socket: &Socket,
    bytes: &[u8],
    patience: &mut Patience,
) -> Result<(), Failure> {
    let halt = match offer(line, socket, bytes, None, patience, None) {
        (_, Halt::Not) => flush(line, socket, false, patience)?,
        (_, halt) => halt,
    };
    match halt {
        Halt::Failed(failure) => return Err(failure),
        Halt::Not => (),
        _ => line.cut(),
    }
    Ok(())
}

/// Why bytes were not sent further.
enum Halt {
    /// They were.
    Not,
    /// It is time to report.
    Due,
    /// Bytes came back meanwhile.
    Answered,
    Failed(Failure),
}

/// Has the line take the bytes over: how many it took, and what came first if that was
/// not all. `moved` is what the job has to report already, if it reports.
fn offer(
    line: &mut Line,
    socket: &Socket,
    bytes: &[u8],
    moved: Option<u64>,
    patience: &mut Patience,
    source: Option<(&File, u64)>,
) -> (usize, Halt) {
    let mut count = 0;
    while count < bytes.len() {
        let given = patience.check().and_then(|()| match source {
            Some((file, place)) => {
                line.offer_of(socket, file, place + count as u64, &bytes[count..])
            }
            None => line.offer(socket, &bytes[count..]),
        });
        let waited = match given {
            Ok(Some(taken)) => {
                count += taken;
                continue;
            }
            Ok(None) => {
                let reporting = moved.is_some_and(|moved| moved + count as u64 > 0);
                line.wait_for_room(socket, patience, reporting)
            }
            // Who refuses a request may answer and close at once.
            Err(_) if matches!(line.is_answered(socket), Ok(true)) => Ok(Waited::Answered),
            Err(failure) => Err(failure),
        };
        match waited {
            Ok(Waited::Ready) => (),
            Ok(Waited::Due) => return (count, Halt::Due),
            Ok(Waited::Answered) => {
                line.cut();
                return (count, Halt::Answered);
            }
            Err(failure) => return (count, Halt::Failed(failure)),
        }
    }
    (count, Halt::Not)
}

/// Waits until the system has everything that the line took over, or something comes first.
fn flush(
    line: &mut Line,
    socket: &Socket,
    reporting: bool,
    patience: &mut Patience,
) -> Result<Halt, Failure> {
    while !line.flush(socket)? {
        match line.wait_for_room(socket, patience, reporting)? {
            Waited::Ready => (),
            Waited::Due => return Ok(Halt::Due),
            Waited::Answered => return Ok(Halt::Answered),
        }
    }
    Ok(Halt::Not)
}

/// Why a piece was not gathered further.
enum End {
    Full,
    Due,
    Failed(Failure),
}

/// Fills the buffer from the line: how far, and why not further. `some` says that the job has something to report already.
fn gather(
    line: &mut Line,
    socket: &Socket,
    buffer: &mut [u8],
    some: bool,
    patience: &mut Patience,
) -> (usize, End) {
    let mut filled = 0;
    while filled < buffer.len() {
        let taken = patience
            .check()
            .and_then(|()| line.take(socket, &mut buffer[filled..]));
        let waited = match taken {
            Ok(Some(0)) => Err(Failure::Closed("the peer closed the connection")),
            Ok(Some(count)) => {
                filled += count;
                continue;
            }
            Ok(None) => line.wait_for_bytes(socket, patience, some || filled > 0),
            Err(failure) => Err(failure),
        };
        match waited {
            Ok(true) => (),
            Ok(false) => return (filled, End::Due),
            Err(failure) => return (filled, End::Failed(failure)),
        }
    }
    (filled, End::Full)
}

fn with_memory<T>(work: impl FnOnce(&mut [u8]) -> T) -> T {
    MEMORY.with_borrow_mut(|memory| {
        memory.resize(GATHERED, 0);
        work(memory)
    })
}
