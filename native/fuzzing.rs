//! What the fuzz targets in `fuzz/` run: each function takes any bytes and panics where a promise of its module is broken.
//!
//! Compiled for fuzzing and for tests, never into the addon. `cargo test` runs every target over noise.

use std::sync::OnceLock;

use zeroize::Zeroizing;

use crate::aes_ctr::{self, KeyStream};
use crate::convert;
use crate::crc64;
use crate::error::Failure;
use crate::part_reader;
use crate::rsa::{self, Padding};
use crate::segments::{self, SegmentSpec};
use crate::stop::Stop;

/// Takes values from the front of the input; zeros when it is used up.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn bytes<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        let (taken, rest) = self.0.split_at(LENGTH.min(self.0.len()));
        self.0 = rest;
        let mut bytes = [0; LENGTH];
        bytes[..taken.len()].copy_from_slice(taken);
        bytes
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn short(&mut self) -> usize {
        u16::from_le_bytes(self.bytes()).into()
    }

    fn flag(&mut self) -> bool {
        self.bytes::<1>()[0] & 1 == 1
    }
}

/// Keys in PEM and ciphertexts are parsed or refused. A wrapped key that a key can wrap has the length of its modulus.
pub fn keys(data: &[u8]) {
    let mut input = Input(data);
    let [kind] = input.bytes();
    let padding = if input.flag() {
        Padding::Oaep
    } else {
        Padding::Pkcs1
    };
    let rest = input.0;
    let pem = match kind % 5 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        1 => pem("PUBLIC KEY", rest),
        2 => pem("RSA PUBLIC KEY", rest),
        3 => pem("PRIVATE KEY", rest),
        _ => pem("RSA PRIVATE KEY", rest),
    };
    match rsa::encrypt(&pem, &[5; 32], padding) {
        Ok(wrapped) => assert!(wrapped.len() >= 43, "shorter than message and padding"),
        Err(failure) => assert!(!matches!(failure, Failure::Decryption | Failure::Cancelled)),
    }
    match rsa::decrypt(&pem, &rest[rest.len().saturating_sub(128)..], padding) {
        Ok(message) => assert!(message.len() < rest.len(), "longer than the modulus"),
        Err(failure) => assert!(matches!(failure, Failure::KeyInvalid | Failure::Decryption)),
    }
}

/// The text form of a DER structure.
fn pem(label: &str, der: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text: Vec<u8> = Vec::new();
    for group in der.chunks(3) {
        let mut bits = [0; 4];
        bits[1..=group.len()].copy_from_slice(group);
        let bits = u32::from_be_bytes(bits);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= group.len() { digit } else { b'=' });
        }
    }
    let lines: Vec<_> = text.chunks(64).map(String::from_utf8_lossy).collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Every kernel gives the key stream of the crates from every position, in place and out of place, however it is split.
pub fn key_stream(data: &[u8]) {
    let mut input = Input(data);
    let (key, iv, offset) = (input.bytes(), input.bytes(), input.number());
    let (cut, plain) = (input.short(), input.0);
    let cut = cut % (plain.len() + 1);

    let mut expected = plain.to_vec();
    aes_ctr::with_crates(&key, &iv, offset).apply(&mut expected);
    for mut stream in aes_ctr::with_every_kernel(&key, &iv, offset) {
        let mut split = plain.to_vec();
        let (first, second) = split.split_at_mut(cut);
        stream.apply(first);
        stream.apply(second);
        assert_eq!(split, expected);
    }
    let mut output = vec![0; plain.len()];
    KeyStream::new(&key, &iv, offset).apply_to(plain, &mut output);
    assert_eq!(output, expected);
    KeyStream::new(&key, &iv, offset).apply(&mut output);
    assert_eq!(output, plain);
    if let Some(later) = offset.checked_add(cut as u64) {
        let mut rest = plain[cut..].to_vec();
        KeyStream::new(&key, &iv, later).apply(&mut rest);
        assert_eq!(rest, expected[cut..]);
    }
}

/// All kernels agree, and a checksum continued or combined is the one of the whole.
pub fn checksum(data: &[u8]) {
    let mut input = Input(data);
    let (previous, start, cut) = (input.number(), input.short() % 64, input.short());
    let content = &input.0[start.min(input.0.len())..];
    let (first, second) = content.split_at(cut % (content.len() + 1));

    let whole = crc64::update(previous, content);
    for other in crc64::with_every_kernel(previous, content) {
        assert_eq!(other, whole);
    }
    let head = crc64::update(previous, first);
    assert_eq!(crc64::update(head, second), whole);
    let tail = crc64::update(0, second);
    assert_eq!(crc64::combine(head, tail, second.len() as u64), whole);
}

/// What is sealed opens, and nothing else does.
pub fn segments(data: &[u8]) {
    let mut input = Input(data);
    let key: [u8; 32] = input.bytes();
    let size = 1 + input.short() % 300;
    let index = input.number() >> 11;
    let (last, place, [change]) = (input.flag(), input.number(), input.bytes());
    let plain = input.0;
    let stop = Stop::default();
    let spec = |index| SegmentSpec::for_tests(Zeroizing::new(key), size, index, last);

    let opened = segments::open(&spec(index), &mut plain.to_vec(), &stop);
    assert!((plain.is_empty() && !last) || matches!(opened, Err(Failure::Decryption)));

    let mut sealed = vec![0; segments::sealed_length(plain.len(), &spec(index))];
    let crc = segments::seal(&spec(index), plain, &mut sealed, &stop).expect("it fits");
    assert_eq!(crc, crc64::update(0, &sealed));
    let mut opened = sealed.clone();
    let length = segments::open(&spec(index), &mut opened, &stop).expect("it is intact");
    assert_eq!(opened[..length], *plain);
    if sealed.is_empty() {
        return;
    }
    let elsewhere = segments::open(&spec(index ^ 1), &mut sealed.clone(), &stop);
    assert!(matches!(elsewhere, Err(Failure::Decryption)));
    let shorter = sealed.len() - 1;
    let cut = segments::open(&spec(index), &mut sealed[..shorter].to_vec(), &stop);
    assert!(matches!(cut, Err(Failure::Decryption)));
    let place = (place % sealed.len() as u64) as usize;
    sealed[place] ^= change.max(1);
    let changed = segments::open(&spec(index), &mut sealed, &stop);
    assert!(matches!(changed, Err(Failure::Decryption)));
}

/// A part is what lies at its place in the file, enciphered as the stream from there on; numbers from JavaScript become
/// positions exactly or not at all.
pub fn parts(data: &[u8]) {
    let mut input = Input(data);
    let number = f64::from_bits(input.number());
    match convert::position(number) {
        Some(position) => assert!(position < 1 << 53 && position as f64 == number),
        None => assert!(!(0.0..9_007_199_254_740_992.0).contains(&number) || number.fract() != 0.0),
    }

    static FILE: OnceLock<(std::fs::File, Vec<u8>)> = OnceLock::new();
    let (file, content) = FILE.get_or_init(|| {
        let content: Vec<u8> = (0..2 * part_reader::BLOCK + 77)
            .map(|i| (i * 31 % 251) as u8)
            .collect();
        let path = std::env::temp_dir().join(format!("ferross-fuzzing-{}", std::process::id()));
        std::fs::write(&path, &content).expect("the temporary folder can be written");
        let file = std::fs::File::open(&path).expect("it was just written");
        // Systems that keep open files from being removed leave it to whoever empties the folder.
        let _ = std::fs::remove_file(&path);
        (file, content)
    });
    // Some reach past the end, so that short and empty reads occur.
    let most = content.len() + content.len() / 4;
    let mut reach = || u32::from_le_bytes(input.bytes()) as usize % most;
    let (offset, length) = (reach(), reach());
    let enciphered = input.flag();
    let (key, iv, position) = (input.bytes(), input.bytes(), input.number());

    let mut expected =
        content[offset.min(content.len())..(offset + length).min(content.len())].to_vec();
    let plain = crc64::update(0, &expected);
    let spec = aes_ctr::CipherSpec::for_tests(key, iv, position);
    if enciphered {
        KeyStream::new(&key, &iv, position).apply(&mut expected);
    }
    let mut buffer = vec![0; length];
    let cipher = enciphered.then_some(&spec);
    let read = part_reader::read_part(
        file,
        &mut buffer,
        offset as u64,
        true,
        cipher,
        &Stop::default(),
    )
    .expect("the file is readable");
    assert_eq!(read.length, expected.len() as f64);
    assert_eq!(buffer[..expected.len()], expected);
    assert!(buffer[expected.len()..].iter().all(|&byte| byte == 0));
    assert_eq!(
        (read.plain, read.sent),
        (plain, crc64::update(0, &expected))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a target over so many inputs without pattern, the same in every run.
    fn over_noise(target: fn(&[u8]), runs: u64) {
        for run in 0..runs {
            let length = (run as usize * 7) % 1500;
            let mut noise = vec![0; length];
            KeyStream::new(&[1; 32], &[0; 16], run << 32).apply(&mut noise);
            target(&noise);
        }
    }

    #[test]
    fn every_target_keeps_its_promises_over_noise() {
        over_noise(keys, 300);
        over_noise(key_stream, 500);
        over_noise(checksum, 500);
        over_noise(segments, 300);
        over_noise(parts, 30);
    }
}
