//! Segments of AES-256-GCM in place of each other's: position and end of a sequence are part of every nonce.

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};
use zeroize::Zeroizing;

use crate::convert::{Bytes, Position};
use crate::crc64;
use crate::error::Failure;
use crate::stop::Stop;

/// Bytes a segment grows by.
pub const TAG: usize = 16;
const NONCE: usize = 12;
/// Largest segment: a bound for jobs that cannot be stopped inside one.
const LARGEST: usize = 1 << 24;

/// Which segments are worked on.
pub struct SegmentSpec {
    key: Zeroizing<[u8; 32]>,
    size: usize,
    index: u64,
    last: bool,
}

impl SegmentSpec {
    /// A specification that did not come from JavaScript.
    #[cfg(any(test, fuzzing))]
    pub fn for_tests(key: Zeroizing<[u8; 32]>, size: usize, index: u64, last: bool) -> Self {
        SegmentSpec {
            key,
            size,
            index,
            last,
        }
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }

    fn nonce(&self, place: usize, end: bool) -> Nonce<aes_gcm::aead::consts::U12> {
        let mut nonce = [0; NONCE];
        nonce[3..11].copy_from_slice(&(self.index + place as u64).to_be_bytes());
        nonce[11] = u8::from(self.last && end);
        nonce.into()
    }
}

impl TypeName for SegmentSpec {
    fn type_name() -> &'static str {
        "SegmentSpec"
    }
    fn value_type() -> ValueType {
        ValueType::Object
    }
}

impl ValidateNapiValue for SegmentSpec {}

impl FromNapiValue for SegmentSpec {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let wrong = |what: &str| Error::new(Status::InvalidArg, what.to_owned());
        // SAFETY: napi-rs passes a live environment and value.
        let spec = unsafe { Object::from_napi_value(env, value)? };
        let key: Bytes = spec.get_named_property("key")?;
        let size: Position = spec.get_named_property("segmentSize")?;
        let index: Position = spec.get_named_property("index")?;
        let size = usize::try_from(size.0).map_err(|_| wrong("the segment size is too large"))?;
        if !(1..=LARGEST).contains(&size) {
            return Err(wrong("the segment size is out of range"));
        }
        let key =
            <[u8; 32]>::try_from(key.as_slice()).map_err(|_| wrong("32 bytes are expected"))?;
        Ok(SegmentSpec {
            key: Zeroizing::new(key),
            size,
            index: index.0,
            last: spec.get_named_property("last")?,
        })
    }
}

/// Length of so many bytes after sealing. Nothing is one segment too, where the sequence ends with it.
pub fn sealed_length(plain: usize, spec: &SegmentSpec) -> usize {
    let count = plain.div_ceil(spec.size).max(usize::from(spec.last));
    plain + count * TAG
}

/// Encrypts `plain` into `output`, which is as long as `sealed_length` says. Gives the CRC-64 of `output`.
pub fn seal(
    spec: &SegmentSpec,
    plain: &[u8],
    output: &mut [u8],
    stop: &Stop,
) -> std::result::Result<u64, Failure> {
    if output.len() != sealed_length(plain.len(), spec) {
        return Err(Failure::Internal(
            "the output has another length".to_owned(),
        ));
    }
    let cipher = spec.cipher();
    let count = output.len().div_ceil(spec.size + TAG);
    let mut crc = 0;
    for (place, sealed) in output.chunks_mut(spec.size + TAG).enumerate() {
        stop.check()?;
        let end = sealed.len() - TAG;
        let (content, tag) = sealed.split_at_mut(end);
        content.copy_from_slice(&plain[place * spec.size..][..end]);
        let nonce = spec.nonce(place, place + 1 == count);
        let computed = cipher
            .encrypt_inout_detached(&nonce, &[], content.into())
            .map_err(|_| Failure::Internal("a segment is too long".to_owned()))?;
        tag.copy_from_slice(&computed);
        crc = crc64::update(crc, sealed);
    }
    Ok(crc)
}

/// Verifies and decrypts whole segments in place; the plaintext moves to the beginning. Gives its length. Nothing of a segment
/// is decrypted before it is verified.
pub fn open(
    spec: &SegmentSpec,
    sealed: &mut [u8],
    stop: &Stop,
) -> std::result::Result<usize, Failure> {
    let cipher = spec.cipher();
    let stride = spec.size + TAG;
    let (total, count) = (sealed.len(), sealed.len().div_ceil(stride));
    if count == 0 && spec.last {
        // The end of a sequence is a segment too, so somebody cut it off.
        return Err(Failure::Decryption);
    }
    let mut length = 0;
    for place in 0..count {
        stop.check()?;
        let start = place * stride;
        let segment = &mut sealed[start..total.min(start + stride)];
        let end = segment.len().checked_sub(TAG).ok_or(Failure::Decryption)?;
        let (content, tag) = segment.split_at_mut(end);
        let tag = Tag::try_from(&*tag).map_err(|_| Failure::Decryption)?;
        let nonce = spec.nonce(place, place + 1 == count);
        cipher
            .decrypt_inout_detached(&nonce, &[], content.into(), &tag)
            .map_err(|_| Failure::Decryption)?;
        sealed.copy_within(start..start + end, length);
        length += end;
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(index: u64, last: bool) -> SegmentSpec {
        SegmentSpec::for_tests(Zeroizing::new([7; 32]), 100, index, last)
    }

    fn sealed(plain: &[u8], spec: &SegmentSpec) -> Vec<u8> {
        let mut output = vec![0; sealed_length(plain.len(), spec)];
        let crc = seal(spec, plain, &mut output, &Stop::default()).expect("it fits");
        assert_eq!(crc, crc64::update(0, &output));
        output
    }

    #[test]
    fn what_was_sealed_opens() {
        for length in [0, 1, 99, 100, 101, 250] {
            let plain: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let mut data = sealed(&plain, &spec(5, true));
            let count = open(&spec(5, true), &mut data, &Stop::default()).expect("it is intact");
            assert_eq!(data[..count], plain);
        }
        assert!(sealed(&[], &spec(0, false)).is_empty());
    }

    #[test]
    fn another_place_end_or_byte_does_not() {
        let plain = [3; 200];
        let refused = |data: &[u8], spec: &SegmentSpec| {
            let outcome = open(spec, &mut data.to_vec(), &Stop::default());
            assert!(matches!(outcome, Err(Failure::Decryption)));
        };
        let data = sealed(&plain, &spec(1, true));
        refused(&data, &spec(0, true));
        refused(&data, &spec(1, false));
        refused(&data[..116], &spec(1, true));
        refused(&data[..data.len() - 1], &spec(1, true));
        refused(&data[..7], &spec(1, true));
        refused(&[], &spec(1, true));
        for place in 0..data.len() {
            let mut changed = data.clone();
            changed[place] ^= 1;
            refused(&changed, &spec(1, true));
        }
    }
}
