//! Lines against a peer on another thread, over a pair of sockets, with and without TLS.

use std::fs::File;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use rustls_pki_types::PrivatePkcs8KeyDer;

use super::line::{HEAD, Line};
use super::patience::Patience;
use super::secure::Secure;
use super::socket::Socket;
use super::transfer::{self, Moved, Range};
use super::trust::Trust;
use super::{SLICE, Shared};
use crate::aes_ctr::{CipherSpec, KeyStream};
use crate::crc64;
use crate::error::Failure;
use crate::file::tests::Folder;
use crate::file::{open_for_reading, open_for_writing};
use crate::part_writer::Target;
use crate::stop::Stop;

/// Long enough for every buffer on the way to be full.
const LONG: usize = 4 * 1024 * 1024 + 77;
const KEY: [u8; 32] = [3; 32];
const IV: [u8; 16] = [0xff; 16];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Plain,
    Tls12,
    Tls13,
}

const KINDS: [Kind; 3] = [Kind::Plain, Kind::Tls12, Kind::Tls13];

/// The other end, after the handshake.
enum Peer {
    Plain(UnixStream),
    Secure(Box<StreamOwned<ServerConnection, UnixStream>>),
}

impl Peer {
    /// The other side of the handshake, as far as it comes.
    fn handshake(&mut self) {
        if let Peer::Secure(stream) = self {
            let _ = stream.conn.complete_io(&mut stream.sock);
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        match self {
            Peer::Plain(stream) => stream.read(buffer),
            Peer::Secure(stream) => stream.read(buffer),
        }
        .unwrap_or(0)
    }

    /// Everything until the line is closed.
    fn read_all(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        let mut buffer = vec![0; 70_000];
        loop {
            match self.read(&mut buffer) {
                0 => return all,
                count => all.extend_from_slice(&buffer[..count]),
            }
        }
    }

    fn read_some(&mut self, length: usize) -> Vec<u8> {
        let mut all = vec![0; length];
        let mut filled = 0;
        while filled < length {
            match self.read(&mut all[filled..]) {
                0 => break,
                count => filled += count,
            }
        }
        all.truncate(filled);
        all
    }

    fn write(&mut self, bytes: &[u8]) {
        match self {
            Peer::Plain(stream) => stream.write_all(bytes),
            Peer::Secure(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
        .expect("the line is open");
    }

    fn socket(&self) -> &UnixStream {
        match self {
            Peer::Plain(stream) => stream,
            Peer::Secure(stream) => &stream.sock,
        }
    }

    /// Ends the stream as it should be ended.
    fn finish(&mut self) {
        if let Peer::Secure(stream) = self {
            stream.conn.send_close_notify();
            stream.flush().expect("the line is open");
        }
        let _ = self.socket().shutdown(Shutdown::Write);
    }
}

struct Authority {
    pem: String,
    chain: Vec<rustls_pki_types::CertificateDer<'static>>,
    key: Vec<u8>,
    key_pem: String,
    certificate_pem: String,
}

fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| {
        let key = || KeyPair::generate().expect("there is randomness");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("the parameters are valid");
        let names = vec!["wire.test".to_owned(), "127.0.0.1".to_owned()];
        let leaf = key();
        let certificate = CertificateParams::new(names)
            .and_then(|params| params.signed_by(&leaf, &issuer))
            .expect("the parameters are valid");
        Authority {
            pem: issuer.pem(),
            chain: vec![certificate.der().clone()],
            key: leaf.serialize_der(),
            key_pem: leaf.serialize_pem(),
            certificate_pem: certificate.pem(),
        }
    })
}

fn trust() -> Arc<Trust> {
    static TRUST: OnceLock<Arc<Trust>> = OnceLock::new();
    let make = || Arc::new(Trust::new(vec![authority().pem.clone()], None, None, false));
    TRUST.get_or_init(make).clone()
}

fn server(kind: Kind) -> Arc<ServerConfig> {
    let versions = if kind == Kind::Tls12 {
        [&TLS12]
    } else {
        [&TLS13]
    };
    let key = PrivatePkcs8KeyDer::from(authority().key.clone());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&versions)
        .expect("the provider has both")
        .with_no_client_auth()
        .with_single_cert(authority().chain.clone(), key.into())
        .expect("the key fits");
    Arc::new(config)
}

/// The two ends before the handshake.
fn ends(kind: Kind, trust: Arc<Trust>, name: &str) -> (Shared, Peer) {
    let (ours, theirs) = UnixStream::pair().expect("there are descriptors");
    // As Node has it.
    ours.set_nonblocking(true).expect("it is a socket");
    let socket = Socket::share(ours.as_raw_fd()).expect("it is a stream");
    let (secure, peer) = if kind == Kind::Plain {
        (None, Peer::Plain(theirs))
    } else {
        let connection = ServerConnection::new(server(kind)).expect("the configuration is valid");
        let stream = StreamOwned::new(connection, theirs);
        let secure = Secure::new(trust, name.to_owned());
        (Some(secure), Peer::Secure(Box::new(stream)))
    };
    let line = Mutex::new(Line::new(secure));
    (Shared { socket, line }, peer)
}

/// Runs both ends, each on its thread, after a handshake. Ours is closed when it is done.
fn meet<T: Send, U: Send>(
    kind: Kind,
    theirs: impl FnOnce(Peer) -> T + Send,
    ours: impl FnOnce(&mut Line, &Socket) -> U,
) -> (U, T) {
    let (shared, mut peer) = ends(kind, trust(), "wire.test");
    let (met, meeting) = channel();
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            peer.handshake();
            met.send(()).expect("our end waits for it");
            theirs(peer)
        });
        let done = shared.run(|line, socket| {
            line.handshake(socket, &mut patient(&Stop::default()))?;
            // So that nothing that belongs to the handshake meets a closed connection.
            meeting.recv().expect("the peer does not panic");
            Ok(ours(line, socket))
        });
        shared.close();
        (
            done.expect("they shake hands"),
            other.join().expect("the peer does not panic"),
        )
    })
}

/// Waits for long, and reports as seldom as the addon does.
fn patient(stop: &Stop) -> Patience<'_> {
    Patience::new(stop, Duration::from_secs(60), SLICE)
}

/// Reports at every occasion.
fn talkative(stop: &Stop) -> Patience<'_> {
    Patience::new(stop, Duration::from_secs(60), Duration::ZERO)
}

/// Gives up at once.
fn hasty(stop: &Stop) -> Patience<'_> {
    Patience::new(stop, Duration::from_millis(1), SLICE)
}

fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * i % 251 + i / 977) as u8).collect()
}

fn encrypted(plain: &[u8], offset: usize) -> Vec<u8> {
    let mut bytes = plain.to_vec();
    KeyStream::new(&KEY, &IV, offset as u64).apply(&mut bytes);
    bytes
}

fn cipher(offset: usize) -> CipherSpec {
    CipherSpec::for_tests(KEY, IV, offset as u64)
}

struct Source {
    _folder: Folder,
    content: Vec<u8>,
    file: File,
}

fn source(length: usize) -> Source {
    let folder = Folder::new();
    let content = noise(length);
    std::fs::write(folder.path("file"), &content).expect("the folder can be written");
    let file = open_for_reading(&folder.path("file")).expect("it was just written");
    Source {
        _folder: folder,
        content,
        file,
    }
}

fn range(offset: usize, length: usize) -> Range<'static> {
    Range {
        offset: offset as u64,
        length: length as u64,
        cipher: None,
    }
}

/// Calls again and again until the range is moved, as JavaScript does; how often that was, and the sums.
fn in_slices(
    from: usize,
    length: usize,
    secret: bool,
    mut job: impl FnMut(&Range) -> Result<Moved, Failure>,
) -> (usize, u64, u64) {
    let (mut done, mut plain, mut remote, mut calls) = (0, 0, 0, 0);
    while done < length {
        let cipher = cipher(from + done);
        let moved = job(&Range {
            cipher: secret.then_some(&cipher),
            ..range(from + done, length - done)
        })
        .expect("nothing goes wrong");
        assert!(moved.count > 0, "a report is about something");
        assert!(!moved.answered);
        done += moved.count as usize;
        plain = crc64::combine(plain, moved.plain, moved.count);
        remote = crc64::combine(remote, moved.remote, moved.count);
        calls += 1;
    }
    assert_eq!(done, length);
    (calls, plain, remote)
}

#[test]
fn files_are_sent_whole_in_however_many_slices() {
    let source = source(LONG);
    let cases = [
        (0, LONG),
        (5, 1),
        (1000, 300_000),
        (LONG - 262_144, 262_144),
    ];
    for kind in KINDS {
        for (case, (offset, length)) in cases.into_iter().enumerate() {
            for secret in [false, true] {
                let plain = &source.content[offset..offset + length];
                let expected = if secret {
                    encrypted(plain, offset)
                } else {
                    plain.to_vec()
                };
                let stop = Stop::default();
                let (sums, received) = meet(
                    kind,
                    |mut peer| peer.read_some(length),
                    |line, socket| {
                        in_slices(offset, length, secret, |range| {
                            let mut patience = if case % 2 == 0 {
                                talkative(&stop)
                            } else {
                                patient(&stop)
                            };
                            transfer::send_file(line, socket, &source.file, range, &mut patience)
                        })
                    },
                );
                assert!(
                    received == expected,
                    "{kind:?}, {offset}, {length}, {secret}"
                );
                assert_eq!(
                    (sums.1, sums.2),
                    (crc64::update(0, plain), crc64::update(0, &expected))
                );
                assert!(case > 0 || sums.0 > 1, "slices of no length end early");
            }
        }
    }
}

#[test]
fn files_are_received_whole_in_however_many_slices() {
    let folder = Folder::new();
    for kind in KINDS {
        for (offset, length, chunk) in [
            (0, LONG, 70_001),
            (7, 1, 1),
            (300, 300_000, 262_143),
            (1, 5000, 11),
        ] {
            for secret in [false, true] {
                let plain = noise(length);
                let sent = if secret {
                    encrypted(&plain, offset)
                } else {
                    plain.clone()
                };
                let path = folder.path(&format!("{kind:?}-{offset}-{secret}"));
                let file = open_for_writing(&path, (offset + length) as u64 + 3, false);
                let target = Target::new(file.expect("there is room"));
                let stop = Stop::default();
                let theirs = |mut peer: Peer| {
                    for piece in sent.chunks(chunk) {
                        peer.write(piece);
                    }
                    peer
                };
                let (sums, _) = meet(kind, theirs, |line, socket| {
                    in_slices(offset, length, secret, |range| {
                        let mut patience = if secret {
                            talkative(&stop)
                        } else {
                            patient(&stop)
                        };
                        transfer::receive_file(line, socket, &target, range, &mut patience)
                    })
                });
                assert_eq!(
                    (sums.1, sums.2),
                    (crc64::update(0, &plain), crc64::update(0, &sent))
                );
                let content = std::fs::read(&path).expect("it was just written");
                assert!(
                    content[offset..offset + length] == plain,
                    "{kind:?}, {offset}, {length}, {secret}"
                );
                assert!(
                    content[..offset]
                        .iter()
                        .chain(&content[offset + length..])
                        .all(|&byte| byte == 0)
                );
            }
        }
    }
}

#[test]
fn an_answer_ends_sending_and_the_sums_are_of_what_was_sent() {
    let source = source(4 * LONG);
    for kind in KINDS {
        for secret in [false, true] {
            let stop = Stop::default();
            let theirs = |mut peer: Peer| {
                // Nothing is read before the answer, so that the line gets stuck.
                peer.write(b"HTTP/1.1 403 No\r\n\r\nbody");
                peer
            };
            let (moved, mut peer) = meet(kind, theirs, |line, socket| {
                let cipher = cipher(3);
                let range = Range {
                    cipher: secret.then_some(&cipher),
                    ..range(3, 4 * LONG - 3)
                };
                let moved =
                    transfer::send_file(line, socket, &source.file, &range, &mut patient(&stop));
                let moved = moved.expect("nothing goes wrong");
                assert!(moved.answered, "{kind:?}");
                assert!(!line.is_quiet(socket));
                // Once more: there is no room, and the answer is still there.
                let again = transfer::send(line, socket, &vec![0; LONG], &mut patient(&stop));
                assert!(again.expect("nothing goes wrong").answered);
                let head = transfer::exchange(line, socket, b"", &mut patient(&stop));
                assert_eq!(head.expect("it is there"), b"HTTP/1.1 403 No\r\n\r\n");
                let mut body = [0; 10];
                let count = transfer::receive(line, socket, &mut body, &mut patient(&stop));
                assert_eq!(count.expect("it is there"), 4);
                assert!(!line.is_quiet(socket), "the request was cut short");
                moved
            });
            let count = moved.count as usize;
            let plain = &source.content[3..3 + count];
            let remote = if secret {
                encrypted(plain, 3)
            } else {
                plain.to_vec()
            };
            assert_eq!(
                (moved.plain, moved.remote),
                (crc64::update(0, plain), crc64::update(0, &remote))
            );
            assert!(peer.read_all().starts_with(&remote[..count.min(100_000)]));
        }
    }
}

#[test]
fn an_answer_counts_more_than_a_refused_request() {
    let stop = Stop::default();
    let theirs = |mut peer: Peer| {
        peer.write(b"HTTP/1.1 400 No\r\n\r\n");
        // Bytes that were not read make this a reset.
        peer.read_some(1);
    };
    let (head, ()) = meet(Kind::Plain, theirs, |line, socket| {
        transfer::exchange(line, socket, &vec![1; LONG], &mut patient(&stop))
    });
    assert_eq!(head.expect("it is there"), b"HTTP/1.1 400 No\r\n\r\n");
}

#[test]
fn without_an_answer_the_refusal_is_reported() {
    let stop = Stop::default();
    let (outcome, ()) = meet(
        Kind::Plain,
        |mut peer| drop(peer.read_some(1)),
        |line, socket| transfer::exchange(line, socket, &vec![1; LONG], &mut patient(&stop)),
    );
    assert!(
        matches!(&outcome, Err(Failure::System { source, .. }) if source.raw_os_error().is_some()),
        "{outcome:?}"
    );
}

#[test]
fn heads_may_be_split_anywhere() {
    let bytes = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest\r\n\r\n";
    let length = bytes.len() - 8;
    for cut in 0..length {
        let (shared, mut peer) = ends(Kind::Plain, trust(), "");
        let head = shared.run(|line, socket| {
            peer.write(&bytes[..cut]);
            assert!(line.take_head(socket)?.is_none());
            peer.write(&bytes[cut..]);
            let head = line.take_head(socket)?;
            assert!(!line.is_quiet(socket));
            let mut rest = [0; 9];
            assert_eq!(line.take(socket, &mut rest[..3])?, Some(3));
            assert_eq!(line.take(socket, &mut rest[3..])?, Some(5));
            assert_eq!(&rest, b"rest\r\n\r\n\0");
            assert_eq!(line.take(socket, &mut rest)?, None);
            assert!(line.is_quiet(socket));
            Ok(head)
        });
        assert_eq!(
            head.expect("nothing goes wrong").as_deref(),
            Some(&bytes[..length])
        );
    }
}

#[test]
fn heads_follow_each_other_and_end_somewhere() {
    for kind in KINDS {
        let stop = Stop::default();
        let theirs = |mut peer: Peer| {
            peer.write(b"one\r\n\r\ntwo\r\n\r\n");
            let mut longest = vec![b'x'; HEAD];
            longest[HEAD - 4..].copy_from_slice(b"\r\n\r\n");
            peer.write(&longest);
            longest.insert(0, b'x');
            peer.write(&longest);
            peer.read_all();
        };
        meet(kind, theirs, |line, socket| {
            let mut head = || transfer::exchange(line, socket, b"", &mut patient(&stop));
            assert_eq!(head().expect("it is there"), b"one\r\n\r\n");
            assert_eq!(head().expect("it is there"), b"two\r\n\r\n");
            assert_eq!(head().expect("it is just short enough").len(), HEAD);
            assert!(matches!(head(), Err(Failure::HeadTooLong)));
        });
    }
}

#[test]
fn ends_are_told_from_losses() {
    for kind in KINDS {
        for announced in [true, false] {
            let stop = Stop::default();
            let theirs = |mut peer: Peer| {
                peer.write(b"12345");
                if announced {
                    peer.finish();
                }
            };
            let (outcome, ()) = meet(kind, theirs, |line, socket| {
                let mut buffer = [0; 10];
                let mut filled = 0;
                while filled < 5 {
                    filled += transfer::receive(
                        line,
                        socket,
                        &mut buffer[filled..],
                        &mut patient(&stop),
                    )?;
                }
                let outcome = transfer::receive(line, socket, &mut buffer, &mut patient(&stop));
                assert!(!line.is_quiet(socket));
                outcome
            });
            if announced || kind == Kind::Plain {
                assert!(matches!(outcome, Ok(0)), "{kind:?}: {outcome:?}");
            } else {
                assert!(
                    matches!(outcome, Err(Failure::Closed(_))),
                    "{kind:?}: {outcome:?}"
                );
            }
        }
    }
}

#[test]
fn a_failure_waits_until_what_was_moved_is_reported() {
    let folder = Folder::new();
    let file = open_for_writing(&folder.path("file"), 5000, false).expect("there is room");
    let target = Target::new(file);
    for kind in KINDS {
        let stop = Stop::default();
        meet(
            kind,
            |mut peer| peer.write(&[7; 1000]),
            |line, socket| {
                let mut job = || {
                    transfer::receive_file(
                        line,
                        socket,
                        &target,
                        &range(0, 5000),
                        &mut patient(&stop),
                    )
                };
                let moved = job().expect("something came");
                assert_eq!(
                    (moved.count, moved.remote),
                    (1000, crc64::update(0, &[7; 1000]))
                );
                for _ in 0..3 {
                    assert!(matches!(job(), Err(Failure::Closed(_))));
                }
            },
        );
    }
}

#[test]
fn failures_of_files_name_their_call() {
    let source = source(1000);
    let unwritable = Target::new(source.file.try_clone().expect("there are descriptors"));
    let stop = Stop::default();
    meet(
        Kind::Plain,
        |mut peer| peer.write(&[7; 1000]),
        |line, socket| {
            let outcome = transfer::send_file(
                line,
                socket,
                &source.file,
                &range(990, 11),
                &mut patient(&stop),
            );
            assert!(matches!(outcome, Err(Failure::FileTooShort)));
            let outcome = transfer::receive_file(
                line,
                socket,
                &unwritable,
                &range(0, 1000),
                &mut patient(&stop),
            );
            assert!(matches!(
                outcome,
                Err(Failure::System {
                    syscall: "write",
                    ..
                })
            ));
            // Bytes that were received are gone with it.
            let outcome = transfer::receive(line, socket, &mut [0], &mut patient(&stop));
            assert!(matches!(outcome, Err(Failure::Closed(_))));
        },
    );
}

#[test]
fn waiting_ends_when_nothing_moves() {
    let source = source(4 * LONG);
    for kind in KINDS {
        let (over, wait) = channel::<()>();
        let stop = Stop::default();
        let theirs = move |peer: Peer| {
            let _ = wait.recv();
            drop(peer);
        };
        meet(kind, theirs, |line, socket| {
            let outcome = transfer::receive(line, socket, &mut [0], &mut hasty(&stop));
            assert!(matches!(outcome, Err(Failure::TimedOut)));
            let outcome = transfer::exchange(line, socket, b"?", &mut hasty(&stop));
            assert!(matches!(outcome, Err(Failure::TimedOut)));
            let outcome = loop {
                let range = range(0, 4 * LONG);
                match transfer::send_file(line, socket, &source.file, &range, &mut hasty(&stop)) {
                    Ok(_) => (),
                    Err(failure) => break failure,
                }
            };
            assert!(matches!(outcome, Failure::TimedOut));
            drop(over);
        });
    }
}

/// Begins a wait for bytes that do not come, does something, and returns how the wait ends.
fn interrupted(kind: Kind, by: impl FnOnce(&Shared, &AtomicBool)) -> Failure {
    let (shared, mut peer) = ends(kind, trust(), "wire.test");
    let flag = Arc::new(AtomicBool::new(false));
    let stop = Stop::with(flag.clone(), None);
    let (begun, begins) = channel();
    thread::scope(|scope| {
        let (shared, stop) = (&shared, &stop);
        let waiter = scope.spawn(move || {
            let endless = || Patience::new(stop, Duration::ZERO, SLICE);
            shared.run(|line, socket| {
                line.handshake(socket, &mut endless())?;
                begun.send(()).expect("the test waits for it");
                transfer::receive(line, socket, &mut [0; 10], &mut endless())
            })
        });
        peer.handshake();
        begins.recv().expect("the wait begins");
        by(shared, &flag);
        let outcome = waiter.join().expect("it does not panic");
        outcome.expect_err("nothing comes")
    })
}

#[test]
fn closing_ends_a_wait_and_all_that_follows() {
    for kind in KINDS {
        let failure = interrupted(kind, |shared, _| {
            assert!(matches!(
                shared.run(|_, _| Ok(())),
                Err(Failure::Internal(_))
            ));
            shared.close();
            shared.close();
            let after = shared.run(|_, _| Ok(()));
            assert!(matches!(after, Err(Failure::Closed(_))));
        });
        assert!(matches!(failure, Failure::Closed(_)), "{failure:?}");
    }
}

#[test]
fn a_raised_flag_ends_a_wait() {
    for kind in KINDS {
        let failure = interrupted(kind, |_, flag| flag.store(true, Ordering::Relaxed));
        assert!(matches!(failure, Failure::Cancelled), "{failure:?}");
    }
}

#[test]
fn goodbye_is_said_when_nobody_else_is_speaking() {
    for kind in KINDS {
        let theirs = |mut peer: Peer| match &mut peer {
            Peer::Plain(stream) => stream.read(&mut [0; 10]),
            Peer::Secure(stream) => stream.read(&mut [0; 10]),
        };
        // An end that was not announced would be an error.
        let ((), outcome) = meet(kind, theirs, |_, _| ());
        assert_eq!(outcome.expect("it is announced"), 0);
    }
}

#[test]
fn sessions_and_their_tickets_are_no_answers() {
    for kind in KINDS {
        let (over, wait) = channel::<()>();
        let theirs = move |mut peer: Peer| {
            // The tickets go out with the handshake; this shows that they are behind.
            peer.write(b"x");
            let _ = wait.recv();
        };
        meet(kind, theirs, |line, socket| {
            let stop = Stop::default();
            let count = transfer::receive(line, socket, &mut [0], &mut patient(&stop));
            assert_eq!(count.expect("it comes"), 1);
            assert!(line.is_quiet(socket));
            drop(over);
        });
    }
}

#[test]
fn keys_may_change_on_the_way() {
    let stop = Stop::default();
    let content = noise(LONG);
    let source = source(LONG);
    let folder = Folder::new();
    let file = open_for_writing(&folder.path("file"), LONG as u64, false).expect("there is room");
    let target = Target::new(file);
    let theirs = |mut peer: Peer| {
        for piece in content.chunks(500_000) {
            let Peer::Secure(stream) = &mut peer else {
                unreachable!("TLS was asked for");
            };
            stream
                .conn
                .refresh_traffic_keys()
                .expect("TLS 1.3 can do that");
            peer.write(piece);
        }
        peer.read_some(LONG)
    };
    let (sums, received) = meet(Kind::Tls13, theirs, |line, socket| {
        let received = in_slices(0, LONG, false, |range| {
            transfer::receive_file(line, socket, &target, range, &mut patient(&stop))
        });
        let sent = in_slices(0, LONG, false, |range| {
            transfer::send_file(line, socket, &source.file, range, &mut patient(&stop))
        });
        (received.1, sent.1)
    });
    let sum = crc64::update(0, &content);
    assert_eq!(sums, (sum, sum));
    assert!(received == content);
}

fn refusal(trust: Trust, name: &str) -> Failure {
    let (shared, mut peer) = ends(Kind::Tls13, Arc::new(trust), name);
    thread::scope(|scope| {
        scope.spawn(move || {
            peer.handshake();
        });
        let stop = Stop::default();
        let outcome = shared.run(|line, socket| line.handshake(socket, &mut patient(&stop)));
        shared.close();
        outcome.expect_err("it is refused")
    })
}

#[test]
fn who_is_not_trusted_is_refused() {
    let roots = || vec![authority().pem.clone()];
    let stranger = authority().certificate_pem.clone();
    for (trust, name, reason) in [
        (Trust::new(roots(), None, None, false), "other.test", "name"),
        (
            Trust::new(vec![stranger], None, None, false),
            "wire.test",
            "peer certificate",
        ),
        (
            Trust::new(vec!["nothing".to_owned()], None, None, false),
            "wire.test",
            "root",
        ),
        (Trust::new(roots(), None, None, false), "not a name", "name"),
        (
            Trust::new(
                roots(),
                Some("nothing".to_owned()),
                Some("secret".to_owned()),
                false,
            ),
            "wire.test",
            "certificate",
        ),
    ] {
        let failure = refusal(trust, name);
        assert_eq!(failure.code(), "Tls");
        assert!(failure.message().contains(reason), "{}", failure.message());
        assert!(!failure.message().contains("secret"));
    }
}

#[test]
fn texts_may_hold_several_roots_and_useless_ones() {
    let authority = authority();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let roots = vec![
        String::new(),
        format!("{broken}# note\n{}{broken}", authority.pem),
    ];
    let own = (authority.certificate_pem.clone(), authority.key_pem.clone());
    let trust = Arc::new(Trust::new(roots, Some(own.0), Some(own.1), true));
    for name in ["wire.test", "127.0.0.1"] {
        let (shared, mut peer) = ends(Kind::Tls13, trust.clone(), name);
        thread::scope(|scope| {
            scope.spawn(move || {
                peer.handshake();
            });
            let stop = Stop::default();
            shared
                .run(|line, socket| line.handshake(socket, &mut patient(&stop)))
                .expect("one of them is the issuer");
        });
    }
}

#[test]
fn only_stream_sockets_are_shared() {
    let folder = Folder::new();
    let file = File::create(folder.path("file")).expect("the folder can be written");
    let datagrams = std::os::unix::net::UnixDatagram::unbound().expect("there are descriptors");
    for descriptor in [-1, file.as_raw_fd(), datagrams.as_raw_fd()] {
        assert!(Socket::share(descriptor).is_err());
    }
}
