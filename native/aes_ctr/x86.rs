//! The AES instructions of x86-64, on registers of 512, 256 or 128 bits.
//!
//! Eight registers are in flight, which hides the latency of a round on every processor so far: 32, 16 or 8 blocks. What is
//! left goes to the narrowest kernel and at last block by block. The expanded key is read where it is, and wiped there.

use std::arch::x86_64::*;
use std::hint::black_box;
use std::is_x86_feature_detected as has;

use ctr::cipher::array::Array;
use ctr::cipher::array::typenum::Unsigned;
use ctr::cipher::consts::{U1, U2, U4, U8};
use ctr::cipher::{InOut, InOutBuf};
use zeroize::Zeroizing;

use super::{Block, Cipher, Maker};

const ROUNDS: usize = 14;

/// One key for each round and one before the first.
type Schedule = [__m128i; ROUNDS + 1];

/// Combines blocks with the stream from a counter on, whose low half does not wrap among them.
type Kernel = fn(&Schedule, u128, InOutBuf<'_, '_, Block>);

/// An expanded key and the kernel to use it with.
struct Aes {
    schedule: Zeroizing<Schedule>,
    kernel: Kernel,
}

impl Cipher for Aes {
    fn apply(&self, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
        (self.kernel)(&self.schedule, counter, blocks);
    }
}

/// All kernels this processor can run, the best one first.
pub fn available() -> Vec<(&'static str, Maker)> {
    let mut kernels: Vec<(&'static str, Maker)> = Vec::new();
    if has_512() {
        kernels.push(("vaes-512", |key| cipher(key, by_512)));
    }
    if has_256() {
        kernels.push(("vaes-256", |key| cipher(key, by_256)));
    }
    if has_128() {
        kernels.push(("aes-ni", |key| cipher(key, by_128)));
    }
    kernels
}

fn has_128() -> bool {
    has!("aes") && has!("sse2") && has!("ssse3")
}

fn has_256() -> bool {
    has!("vaes") && has!("avx2") && has_128()
}

fn has_512() -> bool {
    has!("avx512f") && has!("avx512bw") && has_256()
}

/// Only called for kernels of `available`, so the processor has at least the AES instructions.
fn cipher(key: &[u8; 32], kernel: Kernel) -> Box<dyn Cipher> {
    debug_assert!(has_128());
    let mut cipher = Box::new(Aes {
        // Filled in its final place, so that no copy stays behind on the stack.
        schedule: Zeroizing::new([zero(); ROUNDS + 1]),
        kernel,
    });
    // SAFETY: see above.
    unsafe { expand(key, &mut cipher.schedule) };
    cipher
}

fn by_128(schedule: &Schedule, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
    debug_assert!(has_128());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { narrow(schedule, counter, blocks) }
}

fn by_256(schedule: &Schedule, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
    debug_assert!(has_256());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { wide(schedule, counter, blocks) }
}

fn by_512(schedule: &Schedule, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
    debug_assert!(has_512());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { widest(schedule, counter, blocks) }
}

fn zero() -> __m128i {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { _mm_setzero_si128() }
}

/// The key schedule of FIPS 197 for eight words of key; the S-box comes from the processor, not from a table in memory.
#[target_feature(enable = "aes,sse2")]
fn expand(key: &[u8; 32], schedule: &mut Schedule) {
    let (low, high) = key.split_at(16);
    schedule[0] = load_128(low.try_into().expect("half of thirty-two bytes"));
    schedule[1] = load_128(high.try_into().expect("half of thirty-two bytes"));
    let mut constant = 1;
    for round in 2..=ROUNDS {
        // The last round without a key is the S-box alone where all columns are alike.
        let word = _mm_shuffle_epi32::<0xff>(schedule[round - 1]);
        let mut word = _mm_aesenclast_si128(word, _mm_setzero_si128());
        if round % 2 == 0 {
            let rotated = _mm_or_si128(_mm_srli_epi32::<8>(word), _mm_slli_epi32::<24>(word));
            word = _mm_xor_si128(rotated, _mm_set1_epi32(constant));
            constant <<= 1;
        }
        // Each word is the sum of the word above and all words before it.
        let mut words = schedule[round - 2];
        words = _mm_xor_si128(words, _mm_slli_si128::<4>(words));
        words = _mm_xor_si128(words, _mm_slli_si128::<8>(words));
        schedule[round] = _mm_xor_si128(words, word);
    }
}

#[inline]
#[target_feature(enable = "sse2")]
fn load_128(block: &[u8; 16]) -> __m128i {
    // SAFETY: the reference covers the sixteen bytes; the load does not ask for alignment.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

/// The key before the first round, those of all rounds but the last, and the last one.
///
/// How many there are is hidden from the compiler. It would unroll the rounds and finish one register after the other, which
/// leaves the parallelism to processors of which not all look so far ahead.
fn in_turns(schedule: &Schedule) -> (__m128i, &[__m128i], __m128i) {
    let [first, rounds @ .., last] = schedule;
    (*first, black_box(rounds), *last)
}

/// Order of the bytes of a counter block, which begins with the highest.
const REVERSE: [u8; 16] = [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

/// A kernel on registers that hold `$size` blocks: `$stream` computes so many registers of key stream, `$name` combines
/// blocks with it and leaves less than a register of them to `$rest`.
macro_rules! kernel {
    (
        $name:ident, $stream:ident, $features:literal, $register:ident holds $size:ident,
        $load:ident, $store:ident, $broadcast:ident, $shuffle:ident, $add:ident, $xor:ident, $round:ident, $last:ident,
        rest: $rest:ident
    ) => {
        #[inline]
        #[target_feature(enable = $features)]
        fn $stream<const COUNT: usize>(
            (first, rounds, last): (__m128i, &[__m128i], __m128i),
            next: &mut $register,
        ) -> [$register; COUNT] {
            const SIZE: usize = $size::USIZE;
            // SAFETY: the arrays are as long as a register; the loads do not ask for alignment.
            let (reverse, step) = unsafe {
                (
                    $load(const { [REVERSE; SIZE] }.as_ptr().cast()),
                    $load(const { [SIZE as u128; SIZE] }.as_ptr().cast()),
                )
            };
            let first = $broadcast(first);
            let mut lanes = [first; COUNT];
            for lane in &mut lanes {
                *lane = $xor(first, $shuffle(*next, reverse));
                *next = $add(*next, step);
            }
            for key in rounds {
                let key = $broadcast(*key);
                for lane in &mut lanes {
                    *lane = $round(*lane, key);
                }
            }
            let last = $broadcast(last);
            for lane in &mut lanes {
                *lane = $last(*lane, last);
            }
            lanes
        }

        #[target_feature(enable = $features)]
        fn $name(schedule: &Schedule, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
            const SIZE: usize = $size::USIZE;
            let (registers, rest) = blocks.into_chunks::<$size>();
            let after = counter.wrapping_add((registers.len() * SIZE) as u128);
            let first: [u128; SIZE] = std::array::from_fn(|i| counter.wrapping_add(i as u128));
            // SAFETY: the array is as long as a register; the load does not ask for alignment.
            let mut next = unsafe { $load(first.as_ptr().cast()) };
            let combine = |mut data: InOut<'_, '_, Array<Block, $size>>, stream: $register| {
                // SAFETY: input and output are as long as a register; load and store do not ask for alignment.
                unsafe {
                    let data_in = $load(data.get_in().as_ptr().cast());
                    $store(data.get_out().as_mut_ptr().cast(), $xor(data_in, stream));
                }
            };
            let keys = in_turns(schedule);
            let (batches, registers) = registers.into_chunks::<U8>();
            for mut batch in batches {
                let stream = $stream::<8>(keys, &mut next);
                for (place, stream) in stream.into_iter().enumerate() {
                    combine(batch.get(place), stream);
                }
            }
            for register in registers {
                let [stream] = $stream(keys, &mut next);
                combine(register, stream);
            }
            $rest(schedule, after, rest);
        }
    };
}

/// What is left when a register holds one block.
fn nothing(_: &Schedule, _: u128, rest: InOutBuf<'_, '_, Block>) {
    debug_assert!(rest.is_empty());
}

/// The same key in the one block of a register.
#[inline]
#[target_feature(enable = "sse2")]
fn as_it_is(key: __m128i) -> __m128i {
    key
}

kernel!(
    narrow, stream_128, "aes,ssse3", __m128i holds U1,
    _mm_loadu_si128, _mm_storeu_si128, as_it_is, _mm_shuffle_epi8, _mm_add_epi64, _mm_xor_si128,
    _mm_aesenc_si128, _mm_aesenclast_si128, rest: nothing
);

kernel!(
    wide, stream_256, "vaes,avx2,aes,ssse3", __m256i holds U2,
    _mm256_loadu_si256, _mm256_storeu_si256, _mm256_broadcastsi128_si256, _mm256_shuffle_epi8, _mm256_add_epi64,
    _mm256_xor_si256, _mm256_aesenc_epi128, _mm256_aesenclast_epi128, rest: narrow
);

kernel!(
    widest, stream_512, "vaes,avx512f,avx512bw,avx2,aes,ssse3", __m512i holds U4,
    _mm512_loadu_si512, _mm512_storeu_si512, _mm512_broadcast_i32x4, _mm512_shuffle_epi8, _mm512_add_epi64,
    _mm512_xor_si512, _mm512_aesenc_epi128, _mm512_aesenclast_epi128, rest: narrow
);
