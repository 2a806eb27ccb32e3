//! The addon's entrance: one engine per JavaScript environment.

use std::path::PathBuf;
use std::sync::Arc;

use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::convert::{Answer, Bytes, Position};
use crate::environment::{Environment, Promise};
use crate::part_reader::PartReader;
use crate::part_writer::PartWriter;
use crate::rsa::{self, Padding};
use crate::segments::{self, SegmentSpec};
use crate::small_file::{self, Outcomes};
use crate::stop::Cancellation;
use crate::wire::{TlsConfig, Wire};

/// Opens files and connections and works with RSA, on native threads.
#[napi]
pub struct Engine {
    pub(crate) environment: Arc<Environment>,
}

#[napi]
impl Engine {
    /// Prepares the calling environment. One engine per environment is enough.
    #[napi(constructor)]
    pub fn new(env: Env) -> Result<Self> {
        Ok(Engine {
            environment: Environment::create(env)?,
        })
    }

    /// Promise of a `PartReader` of the file.
    #[napi(catch_unwind)]
    pub fn open_reader(&self, env: Env, path: String) -> Result<Promise> {
        let environment = self.environment.clone();
        let work = move || PartReader::open(environment, &PathBuf::from(path));
        self.environment.submit(env, &[], None, move |_| work())
    }

    /// Promise of a `PartWriter` of the file, which is given `size` bytes.
    #[napi(catch_unwind)]
    pub fn open_writer(
        &self,
        env: Env,
        path: String,
        size: Position,
        existing: bool,
    ) -> Result<Promise> {
        let environment = self.environment.clone();
        let work = move || PartWriter::open(environment, &PathBuf::from(path), size.0, existing);
        self.environment.submit(env, &[], None, move |_| work())
    }

    /// A `Wire` over the connection that the descriptor belongs to, which Node keeps and leaves alone from now on. With
    /// `tls` it expects a server of that name or address.
    #[napi(catch_unwind)]
    pub fn open_wire(
        &self,
        descriptor: i32,
        tls: Option<&TlsConfig>,
        name: Option<String>,
    ) -> Result<Wire> {
        Wire::open(self.environment.clone(), descriptor, tls, name)
    }

    /// Promise of `data` wrapped with the public key.
    #[napi(catch_unwind)]
    pub fn rsa_encrypt(&self, env: Env, pem: String, data: Bytes, oaep: bool) -> Result<Promise> {
        let data = Zeroizing::new(data.as_slice().to_vec());
        self.environment.submit(env, &[], None, move |_| {
            Ok(Answer(Zeroizing::new(rsa::encrypt(
                &pem,
                &data,
                padding(oaep),
            )?)))
        })
    }

    /// Promise of `data` unwrapped with the private key.
    #[napi(catch_unwind)]
    pub fn rsa_decrypt(&self, env: Env, pem: String, data: Bytes, oaep: bool) -> Result<Promise> {
        let (pem, data) = (Zeroizing::new(pem), data.as_slice().to_vec());
        self.environment.submit(env, &[], None, move |_| {
            Ok(Answer(rsa::decrypt(&pem, &data, padding(oaep))?))
        })
    }

    /// Promise of the CRC-64 of `output`, which gets the segments of `plain`.
    #[napi(catch_unwind)]
    pub fn seal_segments(
        &self,
        env: Env,
        spec: SegmentSpec,
        plain: Bytes,
        output: Bytes,
        cancellation: Option<&Cancellation>,
    ) -> Result<Promise> {
        if plain.overlaps(&output) {
            let reason = "plain and output overlap".to_owned();
            return Err(Error::new(Status::InvalidArg, reason));
        }
        let (mut from, mut to) = (plain.detach(), output.detach());
        self.environment
            .submit(env, &[plain, output], cancellation, move |stop| {
                // SAFETY: submitted together with both, which do not overlap.
                let (from, to) = unsafe { (from.as_mut_slice(), to.as_mut_slice()) };
                segments::seal(&spec, from, to, stop)
            })
    }

    /// Promise of the length of the plaintext, which takes the place of the segments in `sealed`.
    #[napi(catch_unwind)]
    pub fn open_segments(
        &self,
        env: Env,
        spec: SegmentSpec,
        sealed: Bytes,
        cancellation: Option<&Cancellation>,
    ) -> Result<Promise> {
        let mut remote = sealed.detach();
        self.environment
            .submit(env, &[sealed], cancellation, move |stop| {
                // SAFETY: submitted together with the segments.
                let sealed = unsafe { remote.as_mut_slice() };
                segments::open(&spec, sealed, stop).map(|length| length as f64)
            })
    }

    /// Promise of `Outcomes`: the lengths of files that are read whole, each into its buffer; -1 for one that does not fit or
    /// is no regular file.
    #[napi(catch_unwind)]
    pub fn read_small_files(
        &self,
        env: Env,
        paths: Vec<String>,
        buffers: Vec<Bytes>,
        follow: bool,
    ) -> Result<Promise> {
        let mut remote: Vec<_> = buffers.iter().map(Bytes::detach).collect();
        self.environment.submit(env, &buffers, None, move |stop| {
            let files = paths.iter().zip(&mut remote);
            Ok(Outcomes::of(files.map(|(path, buffer)| {
                stop.check()?;
                // SAFETY: submitted together with the buffers.
                let buffer = unsafe { buffer.as_mut_slice() };
                let length = small_file::read(&PathBuf::from(path), buffer, follow)?;
                Ok(length.map_or(-1.0, |length| length as f64))
            })))
        })
    }
}

fn padding(oaep: bool) -> Padding {
    if oaep { Padding::Oaep } else { Padding::Pkcs1 }
}
