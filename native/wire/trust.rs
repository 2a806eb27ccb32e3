//! Whom TLS trusts and as whom it speaks. Certificates are parsed when they are first needed, on the thread that needs them.

use std::sync::{Arc, OnceLock};

use rustls::crypto::ring;
use rustls::version::TLS13;
use rustls::{ALL_VERSIONS, ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::Failure;

/// What a TLS configuration is made of, and what becomes of it.
pub struct Trust {
    roots: Vec<String>,
    certificate: Option<String>,
    key: Option<Zeroizing<String>>,
    tls13_only: bool,
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Trust {
    /// Keeps everything for later. All texts are PEM.
    pub fn new(
        roots: Vec<String>,
        certificate: Option<String>,
        key: Option<String>,
        tls13_only: bool,
    ) -> Self {
        Trust {
            roots,
            certificate,
            key: key.map(Zeroizing::new),
            tls13_only,
            config: OnceLock::new(),
        }
    }

    /// The configuration, which also remembers sessions.
    pub fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        self.config
            .get_or_init(|| self.build())
            .clone()
            .map_err(Failure::Tls)
    }

    fn build(&self) -> Result<Arc<ClientConfig>, String> {
        let mut roots = RootCertStore::empty();
        for text in &self.roots {
            let certificates = CertificateDer::pem_slice_iter(text.as_bytes());
            roots.add_parsable_certificates(certificates.filter_map(Result::ok));
        }
        if roots.is_empty() {
            return Err("none of the root certificates is usable".to_owned());
        }
        let versions = if self.tls13_only {
            &[&TLS13][..]
        } else {
            ALL_VERSIONS
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots);
        let mut config = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => builder
                .with_client_auth_cert(chain(certificate)?, private_key(key)?)
                .map_err(|error| format!("the client certificate or its key: {error}"))?,
            _ => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn chain(text: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| format!("the client certificate: {error}"))
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, String> {
    // The reason could quote the key.
    PrivateKeyDer::from_pem_slice(text.as_bytes())
        .map_err(|_| "the key of the client certificate is not PKCS#8, PKCS#1 or SEC1".to_owned())
}
