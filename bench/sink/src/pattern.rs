//! The content of every object: noise that repeats with an odd period, so that parts put in the wrong place show, and any
//! range of it can be sent from a buffer that stays in the processor's cache.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use ferross::crc64;

/// Length after which the content repeats.
const PERIOD: usize = 1_044_483;
/// Longest piece that [`piece`] gives.
const PIECE: usize = 256 * 1024;

static CONTENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut content: Vec<u8> = (0..PERIOD)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect();
    content.extend_from_within(..PIECE);
    content
});

/// Bytes from `offset` on, as many as are at hand in one run but not more than `limit`.
pub fn piece(offset: u64, limit: u64) -> &'static [u8] {
    let start = (offset % PERIOD as u64) as usize;
    &CONTENT[start..start + limit.min(PIECE as u64) as usize]
}

/// CRC-64 of the first `size` bytes.
pub fn checksum(size: u64) -> u64 {
    static KNOWN: LazyLock<Mutex<HashMap<u64, u64>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(size).or_insert_with(|| {
        let (mut left, rest) = (size / PERIOD as u64, (size % PERIOD as u64) as usize);
        // `run` covers 2^i periods; the sum takes those that the binary digits of their number ask for.
        let (mut run, mut run_length) = (crc64::update(0, &CONTENT[..PERIOD]), PERIOD as u64);
        let mut sum = 0;
        while left > 0 {
            if left & 1 == 1 {
                sum = crc64::combine(sum, run, run_length);
            }
            run = crc64::combine(run, run, run_length);
            run_length *= 2;
            left >>= 1;
        }
        crc64::combine(sum, crc64::update(0, &CONTENT[..rest]), rest as u64)
    })
}

/// Writes a file of `size` bytes.
pub fn make(path: &str, size: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut done = 0;
    while done < size {
        let bytes = piece(done, size - done);
        file.write_all(bytes)?;
        done += bytes.len() as u64;
    }
    file.flush()
}

/// Compares a file with the content, byte by byte. The error says where they part.
pub fn compare(path: &str, size: u64) -> io::Result<()> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() != size {
        return Err(io::Error::other(format!(
            "{} bytes instead of {size}",
            file.metadata()?.len()
        )));
    }
    let mut block = vec![0; PIECE];
    let mut done = 0;
    while done < size {
        let wanted = piece(done, size - done);
        file.read_exact(&mut block[..wanted.len()])?;
        if block[..wanted.len()] != *wanted {
            return Err(io::Error::other(format!(
                "differs between {done} and {}",
                done + wanted.len() as u64
            )));
        }
        done += wanted.len() as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_content() {
        for size in [0, 1, 5000, PERIOD as u64, 3 * PERIOD as u64 + 17, 9_000_000] {
            let (mut done, mut sum) = (0, 0);
            while done < size {
                let bytes = piece(done, size - done);
                sum = crc64::update(sum, bytes);
                done += bytes.len() as u64;
            }
            assert_eq!(checksum(size), sum, "{size} bytes");
        }
    }
}
