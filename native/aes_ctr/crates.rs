//! The `aes` and `ctr` crates: every processor, with the instructions that the crates themselves find on it.

use aes::Aes256;
use ctr::cipher::{InOutBuf, InnerIvInit, KeyInit, StreamCipherCore};
use ctr::{CtrCore, flavors};

use super::{Block, Cipher};

/// The cipher under `key`.
pub fn new(key: &[u8; 32]) -> Box<dyn Cipher> {
    Box::new(Aes256::new(key.into()))
}

impl Cipher for Aes256 {
    fn apply(&self, counter: u128, blocks: InOutBuf<'_, '_, Block>) {
        let first = counter.to_be_bytes().into();
        CtrCore::<&Aes256, flavors::Ctr128BE>::inner_iv_init(self, &first)
            .apply_keystream_blocks_inout(blocks);
    }
}
