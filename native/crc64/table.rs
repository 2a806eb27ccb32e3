//! Slicing by sixteen: works everywhere and finishes what the vector kernels leave over.

use super::times_x;

/// `TABLES[k][b]` is the effect of byte `b` followed by `k` zero bytes.
static TABLES: [[u64; 256]; 16] = {
    let mut tables = [[0; 256]; 16];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u64;
        let mut bit = 0;
        while bit < 8 {
            value = times_x(value);
            bit += 1;
        }
        tables[0][byte] = value;
        byte += 1;
    }
    let mut distance = 1;
    while distance < 16 {
        let mut byte = 0;
        while byte < 256 {
            let nearer = tables[distance - 1][byte];
            tables[distance][byte] = (nearer >> 8) ^ tables[0][(nearer & 255) as usize];
            byte += 1;
        }
        distance += 1;
    }
    tables
};

/// Moves a state past `data`.
pub fn update(mut state: u64, data: &[u8]) -> u64 {
    let (blocks, rest) = data.as_chunks::<16>();
    for block in blocks {
        let (first, second) = block.split_at(8);
        let first = u64::from_le_bytes(first.try_into().expect("half of sixteen bytes")) ^ state;
        let second = u64::from_le_bytes(second.try_into().expect("half of sixteen bytes"));
        state = 0;
        for i in 0..8 {
            state ^= TABLES[15 - i][usize::from((first >> (8 * i)) as u8)];
            state ^= TABLES[7 - i][usize::from((second >> (8 * i)) as u8)];
        }
    }
    for &byte in rest {
        state = (state >> 8) ^ TABLES[0][usize::from(state as u8 ^ byte)];
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crc64::POLYNOMIAL;

    #[test]
    fn last_byte_value_reproduces_the_polynomial() {
        assert_eq!(TABLES[0][128], POLYNOMIAL);
    }
}
