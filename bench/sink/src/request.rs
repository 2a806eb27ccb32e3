//! Reads requests from a connection: a head of at most 64 KiB, then a body that is looked at piece by piece and dropped.

use std::io::{self, Read, Write};

/// Size of a connection's only buffer.
const BUFFER: usize = 256 * 1024;

/// The parts of a request's head that the service looks at.
pub struct Head {
    pub method: String,
    /// Key of the object, decoded; empty for the bucket.
    pub key: String,
    pub query: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }

    /// Value of a query parameter, not decoded; empty for one without a value.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(given, _)| *given == name)
            .map(|(_, value)| value)
    }
}

/// One connection and the bytes of it that are not used up.
pub struct Connection<S> {
    pub stream: S,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl<S: Read + Write> Connection<S> {
    pub fn new(stream: S) -> Self {
        Connection {
            stream,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
        }
    }

    /// The next request's head, or nothing when the client has closed.
    pub fn head(&mut self) -> io::Result<Option<Head>> {
        let mut seen = self.start;
        loop {
            let from = seen.saturating_sub(3).max(self.start);
            if let Some(at) = self.buffer[from..self.end]
                .windows(4)
                .position(|four| four == b"\r\n\r\n")
            {
                let head = parse(&self.buffer[self.start..from + at])?;
                self.start = from + at + 4;
                return Ok(Some(head));
            }
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
            seen = self.end;
            if self.end >= 64 * 1024 {
                return Err(invalid("the head is too long"));
            }
            let read = self.stream.read(&mut self.buffer[self.end..])?;
            if read == 0 {
                return Ok(None);
            }
            self.end += read;
        }
    }

    /// Shows the body to `look`, in order. Gives its length.
    pub fn body(&mut self, head: &Head, mut look: impl FnMut(&[u8])) -> io::Result<u64> {
        if head
            .header("expect")
            .is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
        {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            self.stream.flush()?;
        }
        if head
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return self.chunks(look);
        }
        let length = head
            .header("content-length")
            .map_or(Ok(0), str::parse)
            .map_err(|_| invalid("content-length"))?;
        self.exactly(length, &mut look)?;
        Ok(length)
    }

    fn exactly(&mut self, mut left: u64, look: &mut impl FnMut(&[u8])) -> io::Result<()> {
        while left > 0 {
            if self.start == self.end {
                self.fill()?;
            }
            let take = ((self.end - self.start) as u64).min(left) as usize;
            look(&self.buffer[self.start..self.start + take]);
            self.start += take;
            left -= take as u64;
        }
        Ok(())
    }

    fn chunks(&mut self, mut look: impl FnMut(&[u8])) -> io::Result<u64> {
        let mut total = 0;
        loop {
            let line = self.line()?;
            let digits = line.split(';').next().unwrap_or_default().trim();
            let length =
                u64::from_str_radix(digits, 16).map_err(|_| invalid("length of a chunk"))?;
            self.exactly(length, &mut look)?;
            total += length;
            if length == 0 {
                while !self.line()?.is_empty() {}
                return Ok(total);
            }
            self.line()?;
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            if self.start == self.end {
                self.fill()?;
            }
            line.push(self.buffer[self.start]);
            self.start += 1;
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    fn fill(&mut self) -> io::Result<()> {
        (self.start, self.end) = (0, self.stream.read(&mut self.buffer)?);
        if self.end == 0 {
            Err(io::ErrorKind::UnexpectedEof.into())
        } else {
            Ok(())
        }
    }
}

fn parse(bytes: &[u8]) -> io::Result<Head> {
    let text = std::str::from_utf8(bytes).map_err(|_| invalid("the head is not UTF-8"))?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(invalid("the request line"));
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let path = path.trim_start_matches('/');
    // Some clients put the bucket into the path, others into the host name.
    let key = path
        .strip_prefix("bench")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .unwrap_or(path);
    Ok(Head {
        method: method.to_owned(),
        key: decode(key.trim_start_matches('/')),
        query: query.to_owned(),
        headers,
    })
}

/// Undoes percent encoding.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, code) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
