//! The addon's entrance: one engine per JavaScript environment.

use std::path::PathBuf;
use std::sync::Arc;

use napi::{Env, Result};
use napi_derive::napi;
use zeroize::Zeroizing;

use crate::convert::{Answer, Bytes, Position};
use crate::environment::{Environment, Promise};
use crate::part_reader::PartReader;
use crate::part_writer::PartWriter;
use crate::rsa::{self, Padding};

/// Opens files and works with RSA, on the pool's threads.
#[napi]
pub struct Engine {
    environment: Arc<Environment>,
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
}

fn padding(oaep: bool) -> Padding {
    if oaep { Padding::Oaep } else { Padding::Pkcs1 }
}
