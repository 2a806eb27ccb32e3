//! Moves a file up or down in the cheapest way that was found, to have something to compare clients with: blocking sockets,
//! hand-written HTTP, a few threads, one reused buffer for each, CRC-64 of every byte while it is in the cache.
//!
//! Arguments are `name=value`, the same that every benchmarked client gets; the result is one line of JSON.

mod kernels;
mod measure;
mod wire;

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ferross::crc64;
use wire::{Service, Wire};

/// Bytes that are read, checksummed and sent at a time: they fit the second-level cache.
const PIECE: usize = 256 * 1024;

struct Job {
    values: HashMap<String, String>,
}

impl Job {
    fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or(0)
    }
}

fn main() -> ExitCode {
    let values = std::env::args().skip(1).filter_map(|pair| {
        pair.split_once('=')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
    });
    let job = Job {
        values: values.collect(),
    };
    if job.text("workload") == "kernels" {
        println!("{}", kernels::report());
        return ExitCode::SUCCESS;
    }
    let service = match Service::new(job.text("endpoint"), job.text("ca")) {
        Ok(service) => service,
        Err(error) => return fail(&error),
    };
    let before = measure::Usage::now();
    let outcome = match job.text("workload") {
        "upload" => upload(&job, &service),
        "download" => download(&job, &service),
        _ => Err(io::Error::other(
            "upload and download are all the floor knows",
        )),
    };
    match outcome {
        Ok(bytes) => {
            println!(
                "{}",
                before.report(
                    bytes,
                    if job.text("crc") == "off" {
                        "off"
                    } else {
                        "on"
                    }
                )
            );
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &io::Error) -> ExitCode {
    eprintln!("floor: {error}");
    ExitCode::FAILURE
}

/// Runs `work` for all parts, a few at a time, each thread with a connection and a buffer of its own.
fn in_parts(
    job: &Job,
    service: &Service,
    size: u64,
    buffer: usize,
    work: impl Fn(&mut Wire, &mut [u8], u64, u64) -> io::Result<u64> + Sync,
) -> io::Result<u64> {
    let part = job.number("part");
    let next = AtomicU64::new(0);
    let sums = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let threads: Vec<_> = (0..job.number("parallel"))
            .map(|_| {
                scope.spawn(|| -> io::Result<()> {
                    let mut wire = service.connect()?;
                    let mut buffer = vec![0; buffer];
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let from = number * part;
                        if from >= size {
                            return Ok(());
                        }
                        let length = part.min(size - from);
                        let sum = work(&mut wire, &mut buffer, from, length)?;
                        sums.lock()
                            .expect("no thread panics with it")
                            .push((number, sum, length));
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().expect("the threads do not panic"))
    })?;
    let mut sums = sums.into_inner().expect("no thread panics with it");
    sums.sort_unstable();
    Ok(sums.into_iter().fold(0, |sum, (_, part, length)| {
        crc64::combine(sum, part, length)
    }))
}

fn upload(job: &Job, service: &Service) -> io::Result<u64> {
    let file = File::open(job.text("file"))?;
    let size = file.metadata()?.len();
    let (key, checksum) = (job.text("key"), job.text("crc") != "off");
    let mut control = service.connect()?;
    let begun = control.exchange("POST", &format!("{key}?uploads"), "")?;
    let id = begun
        .between("<UploadId>", "</UploadId>")
        .ok_or_else(|| io::Error::other("no upload id"))?
        .to_owned();
    let sum = in_parts(job, service, size, PIECE, |wire, buffer, from, length| {
        let number = from / job.number("part") + 1;
        wire.send_head(
            "PUT",
            &format!("{key}?partNumber={number}&uploadId={id}"),
            &format!("Content-Length: {length}\r\n"),
        )?;
        let (mut done, mut sum) = (0, 0);
        while done < length {
            let piece = &mut buffer[..(length - done).min(PIECE as u64) as usize];
            file.read_exact_at(piece, from + done)?;
            if checksum {
                sum = crc64::update(sum, piece);
            }
            wire.write_all(piece)?;
            done += piece.len() as u64;
        }
        let answer = wire.answer()?;
        if checksum && answer.header("x-oss-hash-crc64ecma") != Some(&sum.to_string()) {
            return Err(io::Error::other("a part arrived damaged"));
        }
        Ok(sum)
    })?;
    let done = control.exchange(
        "POST",
        &format!("{key}?uploadId={id}"),
        "<CompleteMultipartUpload/>",
    )?;
    if checksum && done.header("x-oss-hash-crc64ecma") != Some(&sum.to_string()) {
        return Err(io::Error::other("the object arrived damaged"));
    }
    Ok(size)
}

fn download(job: &Job, service: &Service) -> io::Result<u64> {
    let (key, checksum) = (job.text("key"), job.text("crc") != "off");
    let head = service.connect()?.exchange("HEAD", key, "")?;
    let size: u64 = head
        .header("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(job.text("file"))?;
    file.set_len(size)?;
    let part = job.number("part") as usize;
    let sum = in_parts(job, service, size, part, |wire, buffer, from, length| {
        wire.send_head(
            "GET",
            key,
            &format!("Range: bytes={from}-{}\r\n", from + length - 1),
        )?;
        let body = &mut buffer[..length as usize];
        let mut filled = wire.answer()?.take_body(body);
        let (mut summed, mut sum) = (0, 0);
        while filled < body.len() {
            let limit = body.len().min(filled + 1024 * 1024);
            let read = wire.read(&mut body[filled..limit])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if checksum && (filled - summed >= PIECE || filled == body.len()) {
                sum = crc64::update(sum, &body[summed..filled]);
                summed = filled;
            }
        }
        if checksum && summed < filled {
            sum = crc64::update(sum, &body[summed..]);
        }
        // Few large writes: many small ones from several threads wait for each other.
        file.write_all_at(body, from)?;
        Ok(sum)
    })?;
    if checksum && head.header("x-oss-hash-crc64ecma") != Some(&sum.to_string()) {
        return Err(io::Error::other("the object arrived damaged"));
    }
    Ok(size)
}
