//! Reads parts of a file, with checksum and cipher applied to each block while it is in the cache.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use napi::{Env, Error, Result, Status};
use napi_derive::napi;

use crate::aes_ctr::CipherSpec;
use crate::convert::{Bytes, Position};
use crate::crc64;
use crate::environment::{Environment, Promise};
use crate::error::Failure;
use crate::file::{self, FileStat};
use crate::stop::{Cancellation, Stop};

/// Bytes handled at a time: fits the second-level cache, and bounds how long a cancelled job goes on.
pub const BLOCK: usize = 256 * 1024;

/// An open file to read from.
#[napi]
pub struct PartReader {
    environment: Arc<Environment>,
    file: Option<Arc<File>>,
    opened: FileStat,
}

/// Outcome of a read.
#[napi(object, object_from_js = false)]
pub struct PartRead {
    /// Bytes read, less than asked for at the end of the file.
    pub length: f64,
    /// CRC-64 of the bytes of the file; 0 when not asked for.
    pub plain: u64,
    /// CRC-64 of the bytes in the buffer; 0 when not asked for.
    pub sent: u64,
}

/// Length and change time of a file.
#[napi(object, object_from_js = false)]
pub struct Stat {
    /// Length in bytes.
    pub size: f64,
    /// Time of the last change in milliseconds since 1970.
    pub mtime_ms: f64,
}

impl From<FileStat> for Stat {
    fn from(stat: FileStat) -> Self {
        Stat {
            size: stat.size as f64,
            mtime_ms: stat.modified_ms,
        }
    }
}

impl PartReader {
    /// Opens the file; runs on a pool thread.
    pub fn open(environment: Arc<Environment>, path: &Path) -> std::result::Result<Self, Failure> {
        let file = file::open_for_reading(path)?;
        let opened = file::stat(&file)?;
        Ok(PartReader {
            environment,
            file: Some(Arc::new(file)),
            opened,
        })
    }

    /// The file, unless it is closed.
    pub(crate) fn file(&self) -> Result<Arc<File>> {
        self.file
            .clone()
            .ok_or_else(|| Error::new(Status::GenericFailure, "the file is closed".to_owned()))
    }
}

#[napi]
impl PartReader {
    /// Length and change time when the file was opened.
    #[napi(getter, catch_unwind)]
    pub fn opened(&self) -> Stat {
        self.opened.into()
    }

    /// Fills `buffer` from `offset`. Promise of a `PartRead`.
    #[napi(catch_unwind)]
    pub fn read(
        &self,
        env: Env,
        buffer: Bytes,
        offset: Position,
        checksum: bool,
        cipher: Option<CipherSpec>,
        cancellation: Option<&Cancellation>,
    ) -> Result<Promise> {
        let file = self.file()?;
        let mut remote = buffer.detach();
        self.environment
            .submit(env, &[buffer], cancellation, move |stop| {
                // SAFETY: submitted together with the buffer.
                let buffer = unsafe { remote.as_mut_slice() };
                read_part(&file, buffer, offset.0, checksum, cipher.as_ref(), stop)
            })
    }

    /// Promise of the file's `Stat` now.
    #[napi(catch_unwind)]
    pub fn stat(&self, env: Env) -> Result<Promise> {
        let file = self.file()?;
        self.environment
            .submit(env, &[], None, move |_| file::stat(&file).map(Stat::from))
    }

    /// Closes the file. The caller has waited for reads in flight.
    #[napi(catch_unwind)]
    pub fn close(&mut self, env: Env) -> Result<Promise> {
        let file = self.file.take();
        self.environment.submit(env, &[], None, move |_| {
            drop(file);
            Ok(())
        })
    }
}

/// Reads a part, a block at a time.
pub(crate) fn read_part(
    file: &File,
    buffer: &mut [u8],
    offset: u64,
    checksum: bool,
    cipher: Option<&CipherSpec>,
    stop: &Stop,
) -> std::result::Result<PartRead, Failure> {
    let mut stream = cipher.map(CipherSpec::start);
    let (mut length, mut plain, mut sent) = (0, 0, 0);
    for block in buffer.chunks_mut(BLOCK) {
        stop.check()?;
        let count = file::read_full(file, block, offset + length as u64)
            .map_err(Failure::system("read"))?;
        let full = count == block.len();
        let block = &mut block[..count];
        if checksum {
            plain = crc64::update(plain, block);
        }
        if let Some(stream) = &mut stream {
            stream.apply(block);
            if checksum {
                sent = crc64::update(sent, block);
            }
        }
        length += count;
        if !full {
            break;
        }
    }
    if stream.is_none() {
        sent = plain;
    }
    Ok(PartRead {
        length: length as f64,
        plain,
        sent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aes_ctr::KeyStream;
    use crate::file::tests::Folder;

    #[test]
    fn blocks_add_up_to_the_part() {
        let folder = Folder::new();
        let content: Vec<u8> = (0..3 * BLOCK + 77).map(|i| (i * 31 % 251) as u8).collect();
        std::fs::write(folder.path("file"), &content).expect("the folder can be written");
        let file = file::open_for_reading(&folder.path("file")).expect("it was just written");
        for (offset, length) in [
            (0, content.len()),
            (5, 2 * BLOCK),
            (BLOCK, BLOCK + 1),
            (content.len() - 3, 10),
            (1 << 40, 9),
        ] {
            let expected =
                &content[offset.min(content.len())..(offset + length).min(content.len())];
            let mut buffer = vec![0; length];
            let part = read_part(
                &file,
                &mut buffer,
                offset as u64,
                true,
                None,
                &Stop::default(),
            )
            .expect("it is readable");
            assert_eq!(part.length, expected.len() as f64);
            assert_eq!(&buffer[..expected.len()], expected);
            assert_eq!(
                (part.plain, part.sent),
                (crc64::update(0, expected), crc64::update(0, expected))
            );

            let cipher = CipherSpec::for_tests([3; 32], [0xff; 16], 19);
            let mut encrypted = expected.to_vec();
            KeyStream::new(&[3; 32], &[0xff; 16], 19).apply(&mut encrypted);
            let part = read_part(
                &file,
                &mut buffer,
                offset as u64,
                true,
                Some(&cipher),
                &Stop::default(),
            );
            let part = part.expect("it is readable");
            assert_eq!(&buffer[..expected.len()], encrypted);
            assert_eq!(
                (part.plain, part.sent),
                (crc64::update(0, expected), crc64::update(0, &encrypted))
            );
        }
    }

    #[test]
    fn a_raised_flag_stops_it() {
        let folder = Folder::new();
        std::fs::write(folder.path("file"), "content").expect("the folder can be written");
        let file = file::open_for_reading(&folder.path("file")).expect("it was just written");
        let cancellation = Cancellation::new();
        cancellation.cancel();
        let stop = Stop::with(Arc::default(), Some(&cancellation));
        assert!(matches!(
            read_part(&file, &mut [0; 7], 0, true, None, &stop),
            Err(Failure::Cancelled)
        ));
    }
}
