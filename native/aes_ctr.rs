//! AES-256 in counter mode, startable at any byte.
//!
//! The kernels work on whole blocks. The fastest kernel the processor offers is chosen once.

mod crates;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

use ctr::cipher::InOutBuf;
use ctr::cipher::consts::U16;
use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::convert::{Bytes, Position};

const BLOCK: usize = 16;

type Block = ctr::cipher::array::Array<u8, U16>;

/// Block cipher with an expanded key, which is wiped when dropped.
trait Cipher: Send {
    /// Combines `blocks` with the stream whose first block comes of `counter`. The low half of the counter must not wrap
    /// among them: `KeyStream` sees to that, so that kernels count in 64 bits.
    fn apply(&self, counter: u128, blocks: InOutBuf<'_, '_, Block>);
}

/// Expands a key.
type Maker = fn(&[u8; 32]) -> Box<dyn Cipher>;

/// All kernels this processor can run, the best one first.
fn available() -> Vec<(&'static str, Maker)> {
    #[allow(unused_mut, reason = "other processors add nothing")]
    let mut kernels: Vec<(&'static str, Maker)> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    kernels.extend(x86::available());
    kernels.push(("crates", crates::new));
    kernels
}

fn best() -> Maker {
    static BEST: OnceLock<Maker> = OnceLock::new();
    *BEST.get_or_init(|| best_of(available()))
}

/// The first kernel that computes what the crates do. There are more kinds of processors than anybody tests on, and a wrong
/// key stream would be noticed only by who decrypts; finding out costs a few microseconds, once.
fn best_of(kernels: Vec<(&'static str, Maker)>) -> Maker {
    // Eight of the widest registers, two more, and a block that fills none.
    const BLOCKS: usize = 41;
    let key = std::array::from_fn(|i| (i * 11) as u8);
    let counter = (3 << 64) + u128::from(u32::MAX) - 9;
    let stream = |maker: &Maker| {
        let mut blocks = [Block::default(); BLOCKS];
        maker(&key).apply(counter, InOutBuf::from(&mut blocks[..]));
        blocks
    };
    let right = stream(&(crates::new as Maker));
    let mut makers = kernels.into_iter().map(|(_, maker)| maker);
    makers
        .find(|maker| stream(maker) == right)
        .unwrap_or(crates::new)
}

/// Key, first counter block and position: what makes a key stream.
pub struct CipherSpec {
    key: Zeroizing<[u8; 32]>,
    iv: [u8; 16],
    offset: u64,
}

impl CipherSpec {
    /// The key stream from the position on.
    pub fn start(&self) -> KeyStream {
        KeyStream::new(&self.key, &self.iv, self.offset)
    }

    /// The key stream from `distance` bytes past the position on.
    #[cfg(unix)]
    pub fn start_at(&self, distance: u64) -> KeyStream {
        KeyStream::new(&self.key, &self.iv, self.offset.saturating_add(distance))
    }

    /// A specification that did not come from JavaScript.
    #[cfg(any(test, fuzzing))]
    pub fn for_tests(key: [u8; 32], iv: [u8; 16], offset: u64) -> Self {
        CipherSpec {
            key: Zeroizing::new(key),
            iv,
            offset,
        }
    }
}

impl TypeName for CipherSpec {
    fn type_name() -> &'static str {
        "CipherSpec"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for CipherSpec {}

impl FromNapiValue for CipherSpec {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        // SAFETY: napi-rs passes a live environment and value.
        let spec = unsafe { Object::from_napi_value(env, value)? };
        let key: Bytes = spec.get_named_property("key")?;
        let iv: Bytes = spec.get_named_property("iv")?;
        let offset: Position = spec.get_named_property("offset")?;
        Ok(CipherSpec {
            key: Zeroizing::new(exactly(&key)?),
            iv: exactly(&iv)?,
            offset: offset.0,
        })
    }
}

fn exactly<const LENGTH: usize>(bytes: &Bytes) -> Result<[u8; LENGTH]> {
    let wrong = |_| Error::new(Status::InvalidArg, format!("{LENGTH} bytes are expected"));
    bytes.as_slice().try_into().map_err(wrong)
}

/// A key stream at some position. The expanded key is wiped when dropped.
pub struct KeyStream {
    cipher: Box<dyn Cipher>,
    /// Counter of the next block.
    counter: u128,
    /// The block before it, and how much of that is used up.
    block: Zeroizing<[u8; BLOCK]>,
    used: usize,
}

impl KeyStream {
    /// Starts at byte `offset` of the stream whose first counter block is `iv`, a number that wraps at 2^128.
    pub fn new(key: &[u8; 32], iv: &[u8; 16], offset: u64) -> Self {
        Self::with(best(), key, iv, offset)
    }

    fn with(maker: Maker, key: &[u8; 32], iv: &[u8; 16], offset: u64) -> Self {
        let skipped = (offset % BLOCK as u64) as usize;
        let mut stream = KeyStream {
            cipher: maker(key),
            counter: u128::from_be_bytes(*iv).wrapping_add(u128::from(offset / BLOCK as u64)),
            block: Zeroizing::default(),
            used: BLOCK,
        };
        stream.apply(&mut Zeroizing::new([0; BLOCK])[..skipped]);
        stream
    }

    /// Combines `data` with the stream in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        self.run(data.into());
    }

    /// Combines `input` with the stream into `output` of the same length. Panics when the lengths differ.
    pub fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        self.run(InOutBuf::new(input, output).expect("input and output are of one length"));
    }

    fn run(&mut self, data: InOutBuf<'_, '_, u8>) {
        let length = data.len().min(BLOCK - self.used);
        let (mut head, data) = data.split_at(length);
        head.xor_in2out(&self.block[self.used..][..length]);
        self.used += length;

        let (blocks, mut tail) = data.into_chunks::<U16>();
        self.run_blocks(blocks);
        if !tail.is_empty() {
            let mut block = Zeroizing::new([0; BLOCK]);
            self.run_blocks(InOutBuf::from(&mut block[..]).into_chunks::<U16>().0);
            tail.xor_in2out(&block[..tail.len()]);
            self.used = tail.len();
            self.block = block;
        }
    }

    fn run_blocks(&mut self, mut blocks: InOutBuf<'_, '_, Block>) {
        while !blocks.is_empty() {
            let before_wrap = (u64::MAX - self.counter as u64).saturating_add(1);
            let length =
                usize::try_from(before_wrap).map_or(blocks.len(), |room| room.min(blocks.len()));
            let (now, later) = blocks.split_at(length);
            self.cipher.apply(self.counter, now);
            self.counter = self.counter.wrapping_add(length as u128);
            blocks = later;
        }
    }
}

/// The same stream from every kernel this processor can run.
#[cfg(any(test, fuzzing))]
pub(crate) fn with_every_kernel(key: &[u8; 32], iv: &[u8; 16], offset: u64) -> Vec<KeyStream> {
    let start = |(_, maker)| KeyStream::with(maker, key, iv, offset);
    available().into_iter().map(start).collect()
}

/// The stream from the kernel that works everywhere.
#[cfg(any(test, fuzzing))]
pub(crate) fn with_crates(key: &[u8; 32], iv: &[u8; 16], offset: u64) -> KeyStream {
    KeyStream::with(crates::new, key, iv, offset)
}

/// A key stream for JavaScript.
#[napi]
pub struct AesCtr(KeyStream);

#[napi]
impl AesCtr {
    /// Starts the stream.
    #[napi(constructor)]
    pub fn new(spec: CipherSpec) -> Self {
        AesCtr(spec.start())
    }

    /// Combines `data` with the stream, into `output` when given, else in place.
    #[napi(catch_unwind)]
    pub fn apply(&mut self, mut data: Bytes, output: Option<Bytes>) -> Result<()> {
        let Some(mut output) = output else {
            self.0.apply(data.as_mut_slice());
            return Ok(());
        };
        if data.length() != output.length() {
            return Err(Error::new(
                Status::InvalidArg,
                "data and output differ in length".to_owned(),
            ));
        }
        if data.overlaps(&output) {
            // SAFETY: both ranges are live and as long as `data`; `copy` permits the overlap.
            unsafe {
                std::ptr::copy(
                    data.as_slice().as_ptr(),
                    output.as_mut_slice().as_mut_ptr(),
                    data.length(),
                );
            }
            self.0.apply(output.as_mut_slice());
        } else {
            self.0.apply_to(data.as_slice(), output.as_mut_slice());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes::Aes256;
    use ctr::cipher::{BlockCipherEncrypt, KeyInit};

    const KEY: [u8; 32] = [
        0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77,
        0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14,
        0xdf, 0xf4,
    ];

    /// Counters that wrap soon, in each place where a kernel could forget the carry.
    const COUNTERS: [u128; 8] = [
        0,
        0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff,
        u32::MAX as u128 - 5,
        u64::MAX as u128 - 40,
        u64::MAX as u128,
        (7 << 64) | (u64::MAX as u128 - 3),
        u128::MAX - 17,
        u128::MAX,
    ];

    /// The stream by its definition, a block at a time.
    fn reference(counter: u128, length: usize) -> Vec<u8> {
        let cipher = Aes256::new(&KEY.into());
        let block = |i: usize| {
            let mut block = counter.wrapping_add(i as u128).to_be_bytes().into();
            cipher.encrypt_block(&mut block);
            block
        };
        (0..length.div_ceil(16))
            .flat_map(block)
            .take(length)
            .collect()
    }

    /// Miri takes its time, and gets one counter, which wraps in the middle, and fewer lengths.
    fn counters() -> impl Iterator<Item = u128> {
        COUNTERS
            .into_iter()
            .skip(if cfg!(miri) { 6 } else { 0 })
            .take(if cfg!(miri) { 1 } else { 8 })
    }

    /// All lengths with one counter, some with the others.
    fn step(counter: u128) -> usize {
        match (cfg!(miri), counter) {
            (true, _) => 407,
            (false, 0) => 1,
            (false, _) => 37,
        }
    }

    fn starting(maker: Maker, counter: u128, offset: usize) -> KeyStream {
        KeyStream::with(maker, &KEY, &counter.to_be_bytes(), offset as u64)
    }

    #[test]
    fn a_kernel_that_is_wrong_is_passed_over() {
        let wrong: Maker = |key| {
            let mut other = *key;
            other[31] ^= 1;
            crates::new(&other)
        };
        let chosen = best_of(vec![("wrong", wrong), ("crates", crates::new)]);
        let mut data = vec![0; 1000];
        starting(chosen, 7, 0).apply(&mut data);
        assert_eq!(data, reference(7, 1000));
    }

    #[test]
    fn vector_of_the_standard() {
        // NIST SP 800-38A, F.5.5, first and last block.
        for (name, maker) in available() {
            let mut stream = starting(maker, COUNTERS[1], 0);
            let mut data = [0; 64];
            data[..16]
                .copy_from_slice(&0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a_u128.to_be_bytes());
            data[48..]
                .copy_from_slice(&0xf69f_2445_df4f_9b17_ad2b_417b_e66c_3710_u128.to_be_bytes());
            stream.apply(&mut data);
            assert_eq!(
                data[..16],
                0x601e_c313_7757_89a5_b7a7_f504_bbf3_d228_u128.to_be_bytes(),
                "{name}"
            );
            assert_eq!(
                data[48..],
                0xdfc9_c58d_b67a_ada6_13c2_dd08_4579_41a6_u128.to_be_bytes(),
                "{name}"
            );
        }
    }

    #[test]
    fn every_kernel_length_and_counter_gives_the_stream() {
        for counter in counters() {
            let longest = if cfg!(miri) { 1100 } else { 2100 };
            let expected = reference(counter, longest);
            for (name, maker) in available() {
                for length in (0..longest).step_by(step(counter)).chain([longest]) {
                    // Odd addresses, in place and out of place; bytes beyond must stay as they are.
                    let start = length % 3;
                    let mut memory = vec![0; start + length + 1];
                    starting(maker, counter, 0).apply(&mut memory[start..start + length]);
                    assert_eq!(
                        memory[start..start + length],
                        expected[..length],
                        "{name}, {counter:x}, {length}"
                    );
                    assert_eq!(memory[start + length], 0);

                    let input: Vec<u8> = (0..=length).map(|i| i as u8).collect();
                    starting(maker, counter, 0)
                        .apply_to(&input[1..], &mut memory[start..start + length]);
                    let sums = expected.iter().zip(&input[1..]).map(|(a, b)| a ^ b);
                    assert!(
                        memory[start..start + length].iter().copied().eq(sums),
                        "{name}, {counter:x}, {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_offset_continues_the_stream() {
        for counter in counters() {
            let expected = reference(counter, 1000);
            for (name, maker) in available() {
                for offset in (0..70).step_by(step(0).min(69)).chain([127, 999, 1000]) {
                    let mut data = vec![0; 1000 - offset];
                    starting(maker, counter, offset).apply(&mut data);
                    assert_eq!(
                        data,
                        expected[offset..],
                        "{name}, {counter:x}, offset {offset}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_stream_may_be_split_anywhere() {
        for counter in counters() {
            let expected = reference(counter, 1300);
            for (name, maker) in available() {
                for cut in (0..60).step_by(step(0).min(59)).chain([257, 512, 1299]) {
                    let mut stream = starting(maker, counter, 0);
                    let mut data = vec![0; 1300];
                    let (first, second) = data.split_at_mut(cut);
                    let (second, third) = second.split_at_mut(second.len().min(cut % 19));
                    for part in [first, second, third] {
                        stream.apply(part);
                    }
                    assert_eq!(data, expected, "{name}, {counter:x}, cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn distant_offsets_are_positions_too() {
        let offset: u64 = (1 << 53) - 1;
        let first = u128::MAX - u128::from(offset / 16);
        let mut expected = reference(u128::MAX, 16)[15..].to_vec();
        expected.extend(reference(0, 39));
        for (_, maker) in available() {
            let mut data = vec![0; 40];
            KeyStream::with(maker, &KEY, &first.to_be_bytes(), offset).apply(&mut data);
            assert_eq!(data, expected);
        }
    }
}
