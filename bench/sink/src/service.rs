//! Answers requests in the way OSS does, and S3 as far as its clients look.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use ferross::crc64;

use crate::pattern;
use crate::request::{Connection, Head, decode};
use crate::store::{Object, Store};

const DATE: &str = "Fri, 24 Jan 2025 08:00:00 GMT";
const STAMP: &str = "2025-01-24T08:00:00.000Z";

/// Serves one connection to its end.
pub fn serve<S: Read + Write>(store: &Store, stream: S) -> io::Result<()> {
    let mut connection = Connection::new(stream);
    while let Some(head) = connection.head()? {
        answer(store, &mut connection, &head)?;
        connection.stream.flush()?;
    }
    Ok(())
}

fn answer<S: Read + Write>(
    store: &Store,
    connection: &mut Connection<S>,
    head: &Head,
) -> io::Result<()> {
    let mut received = 0;
    let size = connection.body(head, |bytes| received = crc64::update(received, bytes))?;
    let out = &mut connection.stream;
    let upload = head.parameter("uploadId");
    match (head.method.as_str(), upload) {
        ("PUT", _) if head.key.is_empty() => reply(out, "200 OK", "", ""),
        ("PUT", Some(id)) => {
            let number = head
                .parameter("partNumber")
                .and_then(|number| number.parse().ok())
                .unwrap_or(0);
            if !store.part(id, number, size, received) {
                return missing(out, "NoSuchUpload");
            }
            reply(out, "200 OK", &stored(received), "")
        }
        ("PUT", None) => {
            store.put(
                &head.key,
                Object {
                    size,
                    received,
                    metadata: metadata(head),
                },
            );
            reply(out, "200 OK", &stored(received), "")
        }
        ("POST", None) if head.parameter("uploads").is_some() => {
            let id = store.begin(metadata(head));
            let xml = format!(
                "<Bucket>bench</Bucket><Key>{}</Key><UploadId>{id}</UploadId>",
                escape(&head.key)
            );
            reply_xml(out, "InitiateMultipartUploadResult", "", &xml)
        }
        ("POST", Some(id)) => match store.complete(id, &head.key) {
            None => missing(out, "NoSuchUpload"),
            Some(object) => {
                let xml = format!(
                    "<Location>bench</Location><Bucket>bench</Bucket><Key>{}</Key><ETag>{}</ETag>",
                    escape(&head.key),
                    escape(&etag(object.received))
                );
                let headers = format!("x-oss-hash-crc64ecma: {}\r\n", object.received);
                reply_xml(out, "CompleteMultipartUploadResult", &headers, &xml)
            }
        },
        ("DELETE", Some(id)) => {
            store.abort(id);
            reply(out, "204 No Content", "", "")
        }
        ("DELETE", None) => {
            store.delete(&head.key);
            reply(out, "204 No Content", "", "")
        }
        ("GET", None) if head.key.is_empty() => list(store, out, head),
        ("GET" | "HEAD", None) => match store.get(&head.key) {
            Some(object) => content(out, head, &object),
            None => missing(out, "NoSuchKey"),
        },
        _ => reply(out, "501 Not Implemented", "", ""),
    }
}

/// Sends an object or the range of it that was asked for.
fn content(out: &mut impl Write, head: &Head, object: &Object) -> io::Result<()> {
    let range = head
        .header("range")
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'));
    let last = object.size.saturating_sub(1);
    let (from, to) = match range {
        Some((from, to)) => (
            from.parse().unwrap_or(0),
            to.parse::<u64>().map_or(last, |to| to.min(last)),
        ),
        None => (0, last),
    };
    let length = if object.size == 0 {
        0
    } else {
        (to + 1).saturating_sub(from)
    };
    let sum = pattern::checksum(object.size);
    let mut text = String::with_capacity(1024);
    text.push_str(if range.is_some() {
        "HTTP/1.1 206 Partial Content\r\n"
    } else {
        "HTTP/1.1 200 OK\r\n"
    });
    common(&mut text);
    let _ = write!(
        text,
        "Content-Length: {length}\r\nContent-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n\
         Last-Modified: {DATE}\r\nETag: {}\r\nx-oss-object-type: Normal\r\nx-oss-hash-crc64ecma: {sum}\r\n\
         x-sink-received-crc64: {}\r\n",
        etag(sum),
        object.received
    );
    if range.is_some() {
        let _ = write!(text, "Content-Range: bytes {from}-{to}/{}\r\n", object.size);
    }
    for (name, value) in &object.metadata {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    if head.method == "HEAD" {
        return out.write_all(text.as_bytes());
    }
    let mut bytes = text.into_bytes();
    let (mut done, end) = (from, from + length);
    if length <= 64 * 1024 {
        // Small answers leave in one piece.
        while done < end {
            let piece = pattern::piece(done, end - done);
            bytes.extend_from_slice(piece);
            done += piece.len() as u64;
        }
    }
    out.write_all(&bytes)?;
    while done < end {
        let piece = pattern::piece(done, end - done);
        out.write_all(piece)?;
        done += piece.len() as u64;
    }
    Ok(())
}

fn list(store: &Store, out: &mut impl Write, head: &Head) -> io::Result<()> {
    if head.parameter("uploads").is_some() {
        return reply_xml(
            out,
            "ListMultipartUploadsResult",
            "",
            "<Bucket>bench</Bucket><IsTruncated>false</IsTruncated>",
        );
    }
    if head.parameter("location").is_some() {
        return reply_xml(out, "LocationConstraint", "", "");
    }
    let given = |name| head.parameter(name).map(decode).unwrap_or_default();
    let (prefix, after) = (
        given("prefix"),
        given("continuation-token").max(given("start-after")),
    );
    let limit = given("max-keys").parse().unwrap_or(1000);
    let page = store.list(&prefix, &after, limit);
    let mut xml = format!(
        "<Name>bench</Name><Prefix>{}</Prefix><MaxKeys>{limit}</MaxKeys><KeyCount>{}</KeyCount><IsTruncated>{}</IsTruncated>",
        escape(&prefix),
        page.len(),
        page.len() == limit
    );
    if let Some((last, _)) = page.last().filter(|_| page.len() == limit) {
        let _ = write!(
            xml,
            "<NextContinuationToken>{}</NextContinuationToken>",
            escape(last)
        );
    }
    for (key, size) in page {
        let _ = write!(
            xml,
            "<Contents><Key>{}</Key><LastModified>{STAMP}</LastModified><ETag>{}</ETag><Type>Normal</Type><Size>{size}</Size>\
             <StorageClass>Standard</StorageClass></Contents>",
            escape(&key),
            escape(&etag(pattern::checksum(size)))
        );
    }
    reply_xml(out, "ListBucketResult", "", &xml)
}

fn metadata(head: &Head) -> Vec<(String, String)> {
    let kept = |name: &str| name.starts_with("x-oss-meta-") || name.starts_with("x-amz-meta-");
    head.headers
        .iter()
        .filter(|(name, _)| kept(name))
        .cloned()
        .collect()
}

/// Looks like an MD5 and is none: no client here compares it with one.
fn etag(sum: u64) -> String {
    format!("\"{sum:016X}{:016X}\"", !sum)
}

fn stored(received: u64) -> String {
    format!(
        "ETag: {}\r\nx-oss-hash-crc64ecma: {received}\r\n",
        etag(received)
    )
}

fn missing(out: &mut impl Write, code: &str) -> io::Result<()> {
    let xml = format!(
        "<Error><Code>{code}</Code><Message>There is no such thing.</Message><RequestId>0</RequestId></Error>"
    );
    reply(
        out,
        "404 Not Found",
        "Content-Type: application/xml\r\n",
        &xml,
    )
}

fn reply_xml(out: &mut impl Write, root: &str, headers: &str, inner: &str) -> io::Result<()> {
    let xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>{inner}</{root}>");
    reply(
        out,
        "200 OK",
        &format!("Content-Type: application/xml\r\n{headers}"),
        &xml,
    )
}

fn reply(out: &mut impl Write, status: &str, headers: &str, body: &str) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {status}\r\n");
    common(&mut text);
    if !status.starts_with("204") {
        let _ = write!(text, "Content-Length: {}\r\n", body.len());
    }
    let _ = write!(text, "{headers}\r\n{body}");
    out.write_all(text.as_bytes())
}

fn common(text: &mut String) {
    let _ = write!(
        text,
        "Server: sink\r\nDate: {DATE}\r\nx-oss-request-id: 0000000000000000000000AB\r\nx-amz-request-id: 0AB\r\n"
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
