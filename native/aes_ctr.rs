//! AES-256 in counter mode, startable at any byte.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, sys};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::convert::{Bytes, Position};

const BLOCK: u64 = 16;

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

    /// A specification that did not come from JavaScript.
    #[cfg(test)]
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
pub struct KeyStream(Ctr128BE<Aes256>);

impl KeyStream {
    /// Starts at byte `offset` of the stream whose first counter block is `iv`, a number that wraps at 2^128.
    pub fn new(key: &[u8; 32], iv: &[u8; 16], offset: u64) -> Self {
        let block = u128::from_be_bytes(*iv)
            .wrapping_add(u128::from(offset / BLOCK))
            .to_be_bytes();
        let mut stream = Ctr128BE::<Aes256>::new(key.into(), (&block).into());
        let mut skipped = [0; BLOCK as usize];
        stream.apply_keystream(&mut skipped[..(offset % BLOCK) as usize]);
        KeyStream(stream)
    }

    /// Combines `data` with the stream in place.
    pub fn apply(&mut self, data: &mut [u8]) {
        self.0.apply_keystream(data);
    }

    /// Combines `input` with the stream into `output` of the same length. Panics when the lengths differ.
    pub fn apply_to(&mut self, input: &[u8], output: &mut [u8]) {
        self.0.apply_keystream_b2b(input, output);
    }
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
    use ctr::cipher::BlockCipherEncrypt;
    use ctr::cipher::KeyInit;

    const KEY: [u8; 32] = [7; 32];

    /// The stream by its definition, a block at a time.
    fn reference(iv: [u8; 16], length: usize) -> Vec<u8> {
        let cipher = Aes256::new(&KEY.into());
        let first = u128::from_be_bytes(iv);
        let block = |i: usize| {
            let mut block = first.wrapping_add(i as u128).to_be_bytes().into();
            cipher.encrypt_block(&mut block);
            block
        };
        (0..length.div_ceil(16))
            .flat_map(block)
            .take(length)
            .collect()
    }

    #[test]
    fn every_offset_continues_the_stream() {
        for iv in [
            [0; 16],
            [0xff; 16],
            0xffff_ffff_ffff_fff0_u128.to_be_bytes(),
            (u128::MAX - 3).to_be_bytes(),
        ] {
            let expected = reference(iv, 1000);
            for offset in (0..70).chain([127, 128, 999, 1000]) {
                let mut data = vec![0; 1000 - offset];
                KeyStream::new(&KEY, &iv, offset as u64).apply(&mut data);
                assert_eq!(data, expected[offset..], "offset {offset}");
            }
        }
    }

    #[test]
    fn distant_offsets_are_positions_too() {
        let offset: u64 = (1 << 53) - 1;
        let iv = (u128::MAX - u128::from(offset / 16)).to_be_bytes();
        let mut data = vec![0; 40];
        KeyStream::new(&KEY, &iv, offset).apply(&mut data);
        let mut expected = reference([0xff; 16], 16)[15..].to_vec();
        expected.extend(reference([0; 16], 39));
        assert_eq!(data, expected);
    }

    #[test]
    fn applying_into_another_buffer_is_the_same() {
        let input = [9; 333];
        let mut output = [0; 333];
        KeyStream::new(&KEY, &[1; 16], 5).apply_to(&input, &mut output);
        let mut in_place = input;
        KeyStream::new(&KEY, &[1; 16], 5).apply(&mut in_place);
        assert_eq!(output, in_place);
    }
}
