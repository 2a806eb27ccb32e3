//! CRC-64/XZ: the checksum OSS keeps for every object (reflected polynomial, all-ones start and final inversion).
//!
//! The kernels share one convention: the state is the inverted checksum, and a state may be carried from any kernel to any
//! other. The fastest kernel the processor offers is chosen once.

#[cfg(target_arch = "aarch64")]
mod aarch64;
mod table;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

use napi_derive::napi;

use crate::convert::{Bytes, Checksum, Position};

/// Generator polynomial, lowest power in the highest bit, the leading power left out.
const POLYNOMIAL: u64 = 0xC96C_5795_D787_0F42;

/// The polynomial 1 in the same reflected order.
const ONE: u64 = 1 << 63;

/// Takes a state and bytes to the next state.
type Kernel = fn(u64, &[u8]) -> u64;

/// CRC-64 of `data`, continuing from `previous` (0 at the start).
pub fn update(previous: u64, data: &[u8]) -> u64 {
    static KERNEL: OnceLock<Kernel> = OnceLock::new();
    !KERNEL.get_or_init(|| best_of(available()))(!previous, data)
}

/// The first kernel that computes what the table does. There are more kinds of processors than anybody tests on, and a wrong
/// checksum could make good bytes look damaged, or damaged ones good; finding out costs a few microseconds, once.
fn best_of(kernels: Vec<(&'static str, Kernel)>) -> Kernel {
    let data: [u8; 3000] = std::array::from_fn(|i| (i * i / 7) as u8);
    let right = |kernel: &Kernel| {
        [3000, 2048, 1111, 600, 300, 130, 40, 0]
            .into_iter()
            .all(|length| kernel(!5, &data[..length]) == table::update(!5, &data[..length]))
    };
    let mut kernels = kernels.into_iter().map(|(_, kernel)| kernel);
    kernels.find(right).unwrap_or(table::update)
}

/// CRC-64 of two sequences put together, from their checksums and the length of the second.
pub fn combine(first: u64, second: u64, second_length: u64) -> u64 {
    // Nothing was added, whatever the second checksum claims; the other SDKs see it so, too.
    if second_length == 0 {
        return first;
    }
    let mut shifted = first;
    let mut remaining = second_length;
    let mut step = 0;
    while remaining != 0 {
        if remaining & 1 == 1 {
            shifted = multiply(shifted, BYTE_SHIFTS[step]);
        }
        remaining >>= 1;
        step += 1;
    }
    shifted ^ second
}

/// `BYTE_SHIFTS[i]` moves a checksum past 2^i zero bytes: x^(8·2^i) modulo the polynomial.
static BYTE_SHIFTS: [u64; 64] = {
    let mut shifts = [0; 64];
    shifts[0] = power(8);
    let mut i = 1;
    while i < 64 {
        shifts[i] = multiply(shifts[i - 1], shifts[i - 1]);
        i += 1;
    }
    shifts
};

/// All kernels this processor can run, the best one first.
fn available() -> Vec<(&'static str, Kernel)> {
    #[allow(unused_mut, reason = "other processors add nothing")]
    let mut kernels: Vec<(&'static str, Kernel)> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    kernels.extend(x86::available());
    #[cfg(target_arch = "aarch64")]
    kernels.extend(aarch64::detect().map(|kernel| ("pmull", kernel)));
    kernels.push(("table", table::update));
    kernels
}

/// The same checksum from every kernel this processor can run.
#[cfg(any(test, fuzzing))]
pub(crate) fn with_every_kernel(previous: u64, data: &[u8]) -> Vec<u64> {
    let update = |(_, kernel): (_, Kernel)| !kernel(!previous, data);
    available().into_iter().map(update).collect()
}

/// Multiplies by x modulo the polynomial.
const fn times_x(value: u64) -> u64 {
    if value & 1 == 1 {
        (value >> 1) ^ POLYNOMIAL
    } else {
        value >> 1
    }
}

/// x^`exponent` modulo the polynomial.
const fn power(exponent: u32) -> u64 {
    let mut value = ONE;
    let mut i = 0;
    while i < exponent {
        value = times_x(value);
        i += 1;
    }
    value
}

/// Product of two polynomials modulo the generator.
const fn multiply(mut a: u64, mut b: u64) -> u64 {
    let mut product = 0;
    while b != 0 {
        if b & ONE != 0 {
            product ^= a;
        }
        b <<= 1;
        a = times_x(a);
    }
    product
}

/// The two factors that move a 128-bit remainder on by `BITS`: for its low (earlier) and its high half.
///
/// Carry-less products of reflected numbers come out one bit short, hence the odd exponents.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
const fn fold_factors<const BITS: u32>() -> [u64; 2] {
    [power(BITS + 63), power(BITS - 1)]
}

/// CRC-64 of `data`, continuing from `previous`.
#[napi(js_name = "crc64", catch_unwind)]
pub fn js_crc64(data: Bytes, previous: Checksum) -> u64 {
    update(previous.0, data.as_slice())
}

/// CRC-64 of two sequences put together.
#[napi(js_name = "crc64Combine", catch_unwind)]
pub fn js_crc64_combine(first: Checksum, second: Checksum, second_length: Position) -> u64 {
    combine(first.0, second.0, second_length.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes without pattern, the same in every run.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state >> 32) as u8
            })
            .collect()
    }

    fn reference(data: &[u8]) -> u64 {
        if cfg!(miri) {
            // Miri lacks instructions that the crate uses.
            return !table::update(!0, data);
        }
        crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, data)
    }

    #[test]
    fn check_value_of_the_standard() {
        assert_eq!(update(0, b"123456789"), 0x995D_C9BB_DF19_39FA);
        assert_eq!(update(0, b""), 0);
    }

    #[test]
    fn every_kernel_agrees_with_another_implementation() {
        let data = noise(6000);
        for (name, kernel) in available() {
            // Miri takes its time; these are around the windows of all kernels.
            let step = if cfg!(miri) { 89 } else { 1 };
            for length in (0..2000)
                .step_by(step)
                .chain([2047, 2048, 2049, 4095, 4096, 5999])
            {
                for start in [0, 1, 7] {
                    let slice = &data[start..start + length.min(data.len() - start)];
                    assert_eq!(
                        !kernel(!0, slice),
                        reference(slice),
                        "{name}, {length} bytes from {start}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_kernel_that_is_wrong_is_passed_over() {
        let short: Kernel = |state, data| table::update(state, &data[..data.len().min(1000)]);
        let chosen = best_of(vec![("wrong", short), ("table", table::update)]);
        let data = noise(5000);
        assert_eq!(!chosen(!0, &data), reference(&data));
    }

    #[test]
    fn state_carries_from_kernel_to_kernel() {
        let data = noise(5000);
        for (_, first) in available() {
            for (_, second) in available() {
                for cut in [0, 1, 255, 256, 1000, 4999, 5000] {
                    assert_eq!(
                        !second(first(!0, &data[..cut]), &data[cut..]),
                        reference(&data)
                    );
                }
            }
        }
    }

    #[test]
    fn combining_equals_concatenation() {
        let data = noise(3000);
        for cut in [0, 1, 2, 63, 64, 1024, 2999, 3000] {
            let (a, b) = data.split_at(cut);
            assert_eq!(
                combine(update(0, a), update(0, b), b.len() as u64),
                update(0, &data)
            );
        }
    }

    #[test]
    fn combining_knows_long_lengths() {
        // 2^40 zero bytes in two steps of 2^39.
        let half = combine(1, 0, 1 << 39);
        assert_eq!(combine(half, 0, 1 << 39), combine(1, 0, 1 << 40));
    }
}
