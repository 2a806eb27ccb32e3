//! Where sockets are not file descriptors, Node keeps moving the bytes: there are the names, and a refusal.

use std::sync::Arc;

use napi::{Error, Result, Status};
use napi_derive::napi;

use crate::environment::Environment;

/// Whom TLS would trust.
#[napi]
pub struct TlsConfig;

#[napi]
impl TlsConfig {
    /// Takes what it takes elsewhere.
    #[napi(constructor)]
    pub fn new(
        _roots: Vec<String>,
        _certificate: Option<String>,
        _key: Option<String>,
        _tls13_only: bool,
    ) -> Self {
        TlsConfig
    }
}

/// A connection; there is none.
#[napi]
pub struct Wire(());

impl Wire {
    /// Refuses.
    pub fn open(
        _: Arc<Environment>,
        _: i32,
        _: Option<&TlsConfig>,
        _: Option<String>,
    ) -> Result<Self> {
        Err(Error::new(
            Status::GenericFailure,
            "native threads cannot use Node's connections on this platform".to_owned(),
        ))
    }
}
