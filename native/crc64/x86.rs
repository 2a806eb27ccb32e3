//! Carry-less multiplication on x86-64: VPCLMULQDQ of 512 or 256 bits where there is one, else PCLMULQDQ of 128 bits.
//!
//! All fold a window of many registers over the data: each register is multiplied by x^(window bits) modulo the polynomial
//! and the bytes a window further on are added. The final 128 bits are reduced by the table kernel, so no Barrett constants
//! are needed. The kernel of 256 bits asks for AVX2 only, for processors without AVX-512.

use std::arch::x86_64::*;
use std::is_x86_feature_detected as has;

use super::{Kernel, fold_factors, table};

/// Registers in flight; eight hide the latency of the multiplication.
const WIDTH: usize = 8;

fn has_narrow() -> bool {
    has!("pclmulqdq") && has!("sse4.1")
}

fn has_narrow_avx512() -> bool {
    has!("avx512f") && has!("avx512vl") && has_narrow()
}

fn has_wide() -> bool {
    has!("vpclmulqdq") && has!("avx2") && has_narrow()
}

fn has_widest() -> bool {
    has!("avx512f") && has_wide()
}

/// All kernels this processor can run, the best one first.
pub fn available() -> Vec<(&'static str, Kernel)> {
    let mut kernels: Vec<(&'static str, Kernel)> = Vec::new();
    if has_widest() {
        kernels.push(("vpclmulqdq-512", widest));
    }
    if has_wide() {
        kernels.push(("vpclmulqdq-256", wide));
    }
    if has_narrow_avx512() {
        kernels.push(("pclmulqdq-avx512", narrow_avx512));
    }
    if has_narrow() {
        kernels.push(("pclmulqdq", narrow));
    }
    kernels
}

fn narrow(state: u64, data: &[u8]) -> u64 {
    debug_assert!(has_narrow());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { fold_narrow(state, data) }
}

fn narrow_avx512(state: u64, data: &[u8]) -> u64 {
    debug_assert!(has_narrow_avx512());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { fold_narrow_avx512(state, data) }
}

fn wide(state: u64, data: &[u8]) -> u64 {
    debug_assert!(has_wide());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { fold_wide(state, data) }
}

fn widest(state: u64, data: &[u8]) -> u64 {
    debug_assert!(has_widest());
    // SAFETY: only handed out by `available`, which checked the processor's features.
    unsafe { fold_widest(state, data) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn load128(block: &[u8; 16]) -> __m128i {
    // SAFETY: the reference covers the sixteen bytes; the load does not ask for alignment.
    unsafe { _mm_loadu_si128(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load256(block: &[u8; 32]) -> __m256i {
    // SAFETY: the reference covers the thirty-two bytes; the load does not ask for alignment.
    unsafe { _mm256_loadu_si256(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load512(block: &[u8; 64]) -> __m512i {
    // SAFETY: the reference covers the sixty-four bytes; the load does not ask for alignment.
    unsafe { _mm512_loadu_si512(block.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn factors128<const BITS: u32>() -> __m128i {
    let [low, high] = const { fold_factors::<BITS>() };
    _mm_set_epi64x(high as i64, low as i64)
}

/// Adds `next` to `value` moved on by the distance of `factors`.
#[inline]
#[target_feature(enable = "pclmulqdq,sse4.1")]
fn fold128(value: __m128i, factors: __m128i, next: __m128i) -> __m128i {
    let low = _mm_clmulepi64_si128::<0x00>(value, factors);
    let high = _mm_clmulepi64_si128::<0x11>(value, factors);
    _mm_xor_si128(_mm_xor_si128(low, high), next)
}

#[inline]
#[target_feature(enable = "vpclmulqdq,avx2")]
fn fold256(value: __m256i, factors: __m256i, next: __m256i) -> __m256i {
    let low = _mm256_clmulepi64_epi128::<0x00>(value, factors);
    let high = _mm256_clmulepi64_epi128::<0x11>(value, factors);
    _mm256_xor_si256(_mm256_xor_si256(low, high), next)
}

#[inline]
#[target_feature(enable = "vpclmulqdq,avx512f")]
fn fold512(value: __m512i, factors: __m512i, next: __m512i) -> __m512i {
    let low = _mm512_clmulepi64_epi128::<0x00>(value, factors);
    let high = _mm512_clmulepi64_epi128::<0x11>(value, factors);
    _mm512_xor_si512(_mm512_xor_si512(low, high), next)
}

/// Reduces the last sixteen folded bytes and whatever follows them.
#[inline]
#[target_feature(enable = "sse2")]
fn finish(folded: __m128i, rest: &[u8]) -> u64 {
    let mut bytes = [0; 16];
    // SAFETY: the array has room for the sixteen bytes; the store does not ask for alignment.
    unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), folded) };
    table::update(table::update(0, &bytes), rest)
}

/// The kernel of 128 bits for a set of features: with more of them, the compiler has shorter instructions for the same.
macro_rules! fold_128_bits {
    ($name:ident, $features:literal) => {
        #[target_feature(enable = $features)]
        fn $name(state: u64, data: &[u8]) -> u64 {
            let (windows, _) = data.as_chunks::<{ 16 * WIDTH }>();
            let Some((first, windows)) = windows.split_first() else {
                return table::update(state, data);
            };
            let mut lanes = [_mm_setzero_si128(); WIDTH];
            for (lane, block) in lanes.iter_mut().zip(first.as_chunks().0) {
                *lane = load128(block);
            }
            lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, state as i64));

            let factors = factors128::<{ 128 * WIDTH as u32 }>();
            for window in windows {
                for (lane, block) in lanes.iter_mut().zip(window.as_chunks().0) {
                    *lane = fold128(*lane, factors, load128(block));
                }
            }

            let factors = factors128::<128>();
            let [mut folded, others @ ..] = lanes;
            for lane in others {
                folded = fold128(folded, factors, lane);
            }
            let (blocks, rest) = data[16 * WIDTH * (windows.len() + 1)..].as_chunks();
            for block in blocks {
                folded = fold128(folded, factors, load128(block));
            }
            finish(folded, rest)
        }
    };
}

fold_128_bits!(fold_narrow, "pclmulqdq,sse4.1");
fold_128_bits!(fold_narrow_avx512, "pclmulqdq,sse4.1,avx512f,avx512vl");

#[target_feature(enable = "vpclmulqdq,avx2,pclmulqdq,sse4.1")]
fn fold_wide(state: u64, data: &[u8]) -> u64 {
    let (windows, _) = data.as_chunks::<{ 32 * WIDTH }>();
    let Some((first, windows)) = windows.split_first() else {
        return fold_narrow(state, data);
    };
    let mut lanes = [_mm256_setzero_si256(); WIDTH];
    for (lane, block) in lanes.iter_mut().zip(first.as_chunks().0) {
        *lane = load256(block);
    }
    lanes[0] = _mm256_xor_si256(lanes[0], _mm256_set_epi64x(0, 0, 0, state as i64));

    let factors = _mm256_broadcastsi128_si256(factors128::<{ 256 * WIDTH as u32 }>());
    for window in windows {
        for (lane, block) in lanes.iter_mut().zip(window.as_chunks().0) {
            *lane = fold256(*lane, factors, load256(block));
        }
    }

    let factors = _mm256_broadcastsi128_si256(factors128::<256>());
    let [mut folded, others @ ..] = lanes;
    for lane in others {
        folded = fold256(folded, factors, lane);
    }
    let (blocks, rest) = data[32 * WIDTH * (windows.len() + 1)..].as_chunks();
    for block in blocks {
        folded = fold256(folded, factors, load256(block));
    }
    let (low, high) = (
        _mm256_castsi256_si128(folded),
        _mm256_extracti128_si256::<1>(folded),
    );
    finish(fold128(low, factors128::<128>(), high), rest)
}

#[target_feature(enable = "vpclmulqdq,avx512f,avx2,pclmulqdq,sse4.1")]
fn fold_widest(state: u64, data: &[u8]) -> u64 {
    let (windows, _) = data.as_chunks::<{ 64 * WIDTH }>();
    let Some((first, windows)) = windows.split_first() else {
        return fold_wide(state, data);
    };
    let mut lanes = [_mm512_setzero_si512(); WIDTH];
    for (lane, block) in lanes.iter_mut().zip(first.as_chunks().0) {
        *lane = load512(block);
    }
    let start = _mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, state as i64);
    lanes[0] = _mm512_xor_si512(lanes[0], start);

    let factors = _mm512_broadcast_i32x4(factors128::<{ 512 * WIDTH as u32 }>());
    for window in windows {
        for (lane, block) in lanes.iter_mut().zip(window.as_chunks().0) {
            *lane = fold512(*lane, factors, load512(block));
        }
    }

    let factors = _mm512_broadcast_i32x4(factors128::<512>());
    let [mut folded, others @ ..] = lanes;
    for lane in others {
        folded = fold512(folded, factors, lane);
    }
    let (blocks, rest) = data[64 * WIDTH * (windows.len() + 1)..].as_chunks();
    for block in blocks {
        folded = fold512(folded, factors, load512(block));
    }
    let factors = factors128::<128>();
    let mut sum = _mm512_castsi512_si128(folded);
    for quarter in [
        _mm512_extracti32x4_epi32::<1>(folded),
        _mm512_extracti32x4_epi32::<2>(folded),
        _mm512_extracti32x4_epi32::<3>(folded),
    ] {
        sum = fold128(sum, factors, quarter);
    }
    finish(sum, rest)
}
