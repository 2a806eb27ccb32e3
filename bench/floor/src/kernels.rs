//! The checksum kernels without JavaScript around them: the addon's own, a crate that is among the fastest, and `memcpy`.

use std::hint::black_box;

use crate::measure::Usage;

const SIZE: usize = 1024 * 1024;
/// Passes over the buffer in one measurement.
const PASSES: usize = 400;

/// GiB per CPU second of each, the median of several rounds in which they take turns.
pub fn report() -> String {
    let data: Vec<u8> = (0..SIZE).map(|i| (i * 31 % 251) as u8).collect();
    let mut copy = vec![0; SIZE];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..9 {
        rounds[0].push(rate(|| {
            black_box(ferross::crc64::update(0, black_box(&data)));
        }));
        rounds[1].push(rate(|| {
            black_box(crc_fast::checksum(
                crc_fast::CrcAlgorithm::Crc64Xz,
                black_box(&data),
            ));
        }));
        rounds[2].push(rate(|| {
            black_box(&mut copy).copy_from_slice(black_box(&data))
        }));
    }
    let [own, other, memcpy] = rounds.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    });
    format!("{{\"own\":{own},\"crcFast\":{other},\"memcpy\":{memcpy}}}")
}

fn rate(mut work: impl FnMut()) -> f64 {
    let before = Usage::now();
    for _ in 0..PASSES {
        work();
    }
    (SIZE * PASSES) as f64 / f64::from(1 << 30) / before.cpu()
}
