//! Writes parts of a file, with cipher and checksum applied to each block while it is in the cache.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use napi::{Env, Error, Result, Status};
use napi_derive::napi;

use crate::aes_ctr::CipherSpec;
use crate::convert::{Bytes, Position};
use crate::crc64;
use crate::environment::{Environment, Promise};
use crate::error::Failure;
use crate::file;
use crate::part_reader::BLOCK;
use crate::stop::{Cancellation, Stop};

/// A file, and whose turn it is to write to it. The kernel lets one writer at a time into a file, too, but the others spin in
/// the meantime; here they sleep.
pub(crate) struct Target {
    file: File,
    turn: Mutex<()>,
}

impl Target {
    pub(crate) fn new(file: File) -> Self {
        Target {
            file,
            turn: Mutex::new(()),
        }
    }

    /// Writes all of `data` at `offset` when it is its turn.
    pub(crate) fn write(&self, data: &[u8], offset: u64) -> std::result::Result<(), Failure> {
        // A panic elsewhere leaves nothing half done that this turn could trip over.
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        file::write_full(&self.file, data, offset).map_err(Failure::system("write"))
    }
}

/// An open file to write to.
#[napi]
pub struct PartWriter {
    environment: Arc<Environment>,
    file: Option<Arc<Target>>,
    size: u64,
}

/// Outcome of a write.
#[napi(object, object_from_js = false)]
pub struct PartWritten {
    /// CRC-64 of the bytes as they came; 0 when not asked for.
    pub received: u64,
    /// CRC-64 of the bytes as written; 0 when not asked for.
    pub plain: u64,
}

impl PartWriter {
    /// Opens the file; runs on a pool thread.
    pub fn open(
        environment: Arc<Environment>,
        path: &Path,
        size: u64,
        existing: bool,
    ) -> std::result::Result<Self, Failure> {
        let file = file::open_for_writing(path, size, existing)?;
        Ok(PartWriter {
            environment,
            file: Some(Arc::new(Target::new(file))),
            size,
        })
    }

    /// The file, if `length` bytes at `offset` are within its size.
    pub(crate) fn target(&self, offset: u64, length: Option<u64>) -> Result<Arc<Target>> {
        let refuse = |reason: &str| Error::new(Status::GenericFailure, reason.to_owned());
        let file = self
            .file
            .clone()
            .ok_or_else(|| refuse("the file is closed"))?;
        let end = length.and_then(|length| offset.checked_add(length));
        if end.is_none_or(|end| end > self.size) {
            return Err(refuse("the bytes would end past the size of the file"));
        }
        Ok(file)
    }
}

#[napi]
impl PartWriter {
    /// Writes the chunks one after another from `offset`. Promise of a `PartWritten`.
    #[napi(catch_unwind)]
    pub fn write(
        &self,
        env: Env,
        chunks: Vec<Bytes>,
        offset: Position,
        checksum: bool,
        cipher: Option<CipherSpec>,
        cancellation: Option<&Cancellation>,
    ) -> Result<Promise> {
        let length = chunks.iter().try_fold(0u64, |length, chunk| {
            length.checked_add(chunk.length() as u64)
        });
        let file = self.target(offset.0, length)?;
        let mut remote: Vec<_> = chunks.iter().map(Bytes::detach).collect();
        self.environment
            .submit(env, &chunks, cancellation, move |stop| {
                // SAFETY: submitted together with the chunks.
                let chunks = remote
                    .iter_mut()
                    .map(|chunk| unsafe { chunk.as_mut_slice() });
                write_part(&file, chunks, offset.0, checksum, cipher.as_ref(), stop)
            })
    }

    /// Flushes the file to the disk and closes it. The caller has waited for writes in flight.
    #[napi(catch_unwind)]
    pub fn finish(&mut self, env: Env) -> Result<Promise> {
        let file = self.file.take();
        self.environment.submit(env, &[], None, move |_| {
            file.map_or(Ok(()), |target| target.file.sync_all())
                .map_err(Failure::system("fsync"))
        })
    }

    /// Closes the file without flushing. The caller has waited for writes in flight.
    #[napi(catch_unwind)]
    pub fn discard(&mut self, env: Env) -> Result<Promise> {
        let file = self.file.take();
        self.environment.submit(env, &[], None, move |_| {
            drop(file);
            Ok(())
        })
    }
}

fn write_part<'a>(
    target: &Target,
    chunks: impl Iterator<Item = &'a mut [u8]>,
    mut offset: u64,
    checksum: bool,
    cipher: Option<&CipherSpec>,
    stop: &Stop,
) -> std::result::Result<PartWritten, Failure> {
    let mut stream = cipher.map(CipherSpec::start);
    let (mut received, mut plain) = (0, 0);
    for block in chunks.flat_map(|chunk| chunk.chunks_mut(BLOCK)) {
        stop.check()?;
        if checksum {
            received = crc64::update(received, block);
        }
        if let Some(stream) = &mut stream {
            stream.apply(block);
            if checksum {
                plain = crc64::update(plain, block);
            }
        }
        target.write(block, offset)?;
        offset += block.len() as u64;
    }
    if stream.is_none() {
        plain = received;
    }
    Ok(PartWritten { received, plain })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aes_ctr::KeyStream;
    use crate::file::tests::Folder;

    #[test]
    fn chunks_land_one_after_another_decrypted() {
        let folder = Folder::new();
        let path = folder.path("file");
        let file = Target::new(
            file::open_for_writing(&path, 2 * BLOCK as u64 + 100, false)
                .expect("the folder can be written"),
        );
        let plain: Vec<u8> = (0..2 * BLOCK).map(|i| (i * 7 % 253) as u8).collect();
        let mut encrypted = plain.clone();
        KeyStream::new(&[3; 32], &[0xff; 16], 5).apply(&mut encrypted);
        let received = crc64::update(0, &encrypted);

        let (first, rest) = encrypted.split_at_mut(1000);
        let (second, third) = rest.split_at_mut(BLOCK + 1);
        let chunks = [first, second, &mut [], third].into_iter();
        let cipher = CipherSpec::for_tests([3; 32], [0xff; 16], 5);
        let part = write_part(&file, chunks, 50, true, Some(&cipher), &Stop::default())
            .expect("there is room");
        assert_eq!(
            (part.received, part.plain),
            (received, crc64::update(0, &plain))
        );

        let content = std::fs::read(&path).expect("it was just written");
        assert_eq!(content[50..50 + plain.len()], plain);
        assert!(
            content[..50]
                .iter()
                .chain(&content[50 + plain.len()..])
                .all(|&byte| byte == 0)
        );
    }
}
