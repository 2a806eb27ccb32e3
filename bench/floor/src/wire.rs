//! As much HTTP/1.1 as one known server needs.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};

/// Longest head of an answer.
const HEAD: usize = 16 * 1024;

/// Where to connect to, and how.
pub struct Service {
    address: String,
    tls: Option<Arc<ClientConfig>>,
}

/// A connection.
pub enum Wire {
    Plain(TcpStream),
    Secure(Box<StreamOwned<ClientConnection, TcpStream>>),
}

/// An answer's head and what came with it of the body.
pub struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Service {
    pub fn new(endpoint: &str, ca: &str) -> io::Result<Self> {
        let Some((scheme, address)) = endpoint.split_once("://") else {
            return Err(io::Error::other("endpoint is not a URL"));
        };
        let tls = if scheme == "https" {
            Some(trust(ca)?)
        } else {
            None
        };
        Ok(Service {
            address: address.to_owned(),
            tls,
        })
    }

    pub fn connect(&self) -> io::Result<Wire> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        let Some(config) = &self.tls else {
            return Ok(Wire::Plain(stream));
        };
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        // Many records to a write.
        connection.set_buffer_limit(Some(1024 * 1024));
        Ok(Wire::Secure(Box::new(StreamOwned::new(connection, stream))))
    }
}

fn trust(ca: &str) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_slice(&fs::read(ca)?).map_err(io::Error::other)?;
    roots.add(authority).map_err(io::Error::other)?;
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
    Ok(Arc::new(config))
}

impl Wire {
    pub fn send_head(&mut self, method: &str, target: &str, headers: &str) -> io::Result<()> {
        self.write_all(
            format!("{method} /bench/{target} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n").as_bytes(),
        )
    }

    /// Reads the head of an answer. @error for a status that is not 2xx
    pub fn answer(&mut self) -> io::Result<Answer> {
        self.flush()?;
        let mut bytes = vec![0; HEAD];
        let mut filled = 0;
        let end = loop {
            let read = self.read(&mut bytes[filled..])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if let Some(at) = bytes[..filled]
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                break at + 4;
            }
        };
        let body = bytes[end..filled].to_vec();
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        if head.get(9..10) != Some("2") {
            return Err(io::Error::other(format!(
                "the server said {}",
                head.lines().next().unwrap_or_default()
            )));
        }
        Ok(Answer { head, body })
    }

    /// A request with a short body and its whole answer.
    pub fn exchange(&mut self, method: &str, target: &str, body: &str) -> io::Result<Answer> {
        self.send_head(
            method,
            target,
            &format!("Content-Length: {}\r\n", body.len()),
        )?;
        self.write_all(body.as_bytes())?;
        let mut answer = self.answer()?;
        let length = answer
            .header("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        if method != "HEAD" && answer.body.len() < length {
            let mut rest = vec![0; length - answer.body.len()];
            self.read_exact(&mut rest)?;
            answer.body.append(&mut rest);
        }
        Ok(answer)
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Text between two others in the body.
    pub fn between(&self, before: &str, after: &str) -> Option<&str> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let (_, rest) = text.split_once(before)?;
        rest.split_once(after).map(|(found, _)| found)
    }

    /// Copies what came of the body, and says how much it was.
    pub fn take_body(&self, target: &mut [u8]) -> usize {
        target[..self.body.len()].copy_from_slice(&self.body);
        self.body.len()
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.write(bytes),
            Wire::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(_) => Ok(()),
            Wire::Secure(stream) => stream.flush(),
        }
    }
}
