//! Carry-less multiplication on 64-bit ARM (PMULL), folding as the x86-64 kernels do.

use std::arch::aarch64::*;
use std::arch::is_aarch64_feature_detected as has;

use super::{Kernel, fold_factors, table};

/// Registers in flight; eight hide the latency of the multiplication.
const WIDTH: usize = 8;

/// The kernel, if this processor can run it.
pub fn detect() -> Option<Kernel> {
    has_pmull().then_some(pmull as Kernel)
}

fn has_pmull() -> bool {
    // The compiler's name of the feature that holds the 64-bit multiplication is "aes".
    has!("neon") && has!("aes") && has!("pmull")
}

fn pmull(state: u64, data: &[u8]) -> u64 {
    debug_assert!(has_pmull());
    // SAFETY: only handed out by `detect`, which checked the processor's features.
    unsafe { fold(state, data) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load(block: &[u8; 16]) -> uint64x2_t {
    // SAFETY: the reference covers the sixteen bytes; a byte load does not ask for alignment.
    vreinterpretq_u64_u8(unsafe { vld1q_u8(block.as_ptr()) })
}

/// Adds `next` to `value` moved on by the distance of `factors`.
#[inline]
#[target_feature(enable = "neon,aes")]
fn fold128(value: uint64x2_t, factors: [u64; 2], next: uint64x2_t) -> uint64x2_t {
    let low = vmull_p64(vgetq_lane_u64::<0>(value), factors[0]);
    let high = vmull_p64(vgetq_lane_u64::<1>(value), factors[1]);
    let folded = veorq_u64(vreinterpretq_u64_p128(low), vreinterpretq_u64_p128(high));
    veorq_u64(folded, next)
}

#[target_feature(enable = "neon,aes")]
fn fold(state: u64, data: &[u8]) -> u64 {
    let (windows, _) = data.as_chunks::<{ 16 * WIDTH }>();
    let Some((first, windows)) = windows.split_first() else {
        return table::update(state, data);
    };
    let mut lanes = [vdupq_n_u64(0); WIDTH];
    for (lane, block) in lanes.iter_mut().zip(first.as_chunks().0) {
        *lane = load(block);
    }
    lanes[0] = veorq_u64(lanes[0], vsetq_lane_u64::<0>(state, vdupq_n_u64(0)));

    let factors = const { fold_factors::<{ 128 * WIDTH as u32 }>() };
    for window in windows {
        for (lane, block) in lanes.iter_mut().zip(window.as_chunks().0) {
            *lane = fold128(*lane, factors, load(block));
        }
    }

    let factors = const { fold_factors::<128>() };
    let [mut folded, others @ ..] = lanes;
    for lane in others {
        folded = fold128(folded, factors, lane);
    }
    let (blocks, rest) = data[16 * WIDTH * (windows.len() + 1)..].as_chunks();
    for block in blocks {
        folded = fold128(folded, factors, load(block));
    }

    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&vgetq_lane_u64::<0>(folded).to_le_bytes());
    bytes[8..].copy_from_slice(&vgetq_lane_u64::<1>(folded).to_le_bytes());
    table::update(table::update(0, &bytes), rest)
}
