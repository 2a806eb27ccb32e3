//! Byte engine of the ferross SDK: CRC-64, AES-256-CTR, RSA, and file parts and connections on native threads.
//!
//! The exports are private to the package: the TypeScript in `src/native/` is the only caller and checks arguments first.

#![deny(missing_docs, clippy::all, clippy::unwrap_used)]

pub mod aes_ctr;
pub mod convert;
pub mod crc64;
mod engine;
mod environment;
mod error;
mod file;
#[cfg(unix)]
mod folder;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod keep_loaded;
mod part_reader;
mod part_writer;
mod pool;
mod rsa;
pub mod segments;
mod small_file;
mod stop;
#[cfg_attr(not(unix), path = "wire/elsewhere.rs")]
mod wire;

use napi_derive::napi;

/// Revision of the interface between the addon and its TypeScript caller. Raised with every change of either, so that a
/// binary left over from another version is refused instead of misread.
#[napi]
pub const CONTRACT: u32 = 3;

/// Version of the crate, for diagnostics.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
