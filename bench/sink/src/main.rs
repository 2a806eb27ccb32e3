//! The server of the benchmarks. It speaks as much of OSS and S3 as uploads and downloads need, checks no signature, keeps no
//! byte, and costs little itself: blocking threads, one buffer for each connection, the checksum kernel of the addon.
//!
//! ```text
//! sink serve DIR            listens on two free ports of the loopback address, HTTP and TLS; writes the certificate authority
//!                           to DIR/ca.pem; prints the endpoints; ends when its standard input does
//! sink make FILE SIZE       writes a file with the content that every object of that size has
//! sink compare FILE SIZE    compares a file with that content
//! ```

mod pattern;
mod request;
mod service;
mod store;
mod tls;

use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use store::Store;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", directory] => listen(directory),
        ["make", file, size] => number(size).and_then(|size| pattern::make(file, size)),
        ["compare", file, size] => number(size).and_then(|size| pattern::compare(file, size)),
        _ => Err(io::Error::other(
            "use: sink serve DIR | make FILE SIZE | compare FILE SIZE",
        )),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sink: {error}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> io::Result<u64> {
    text.parse()
        .map_err(|_| io::Error::other(format!("{text} is not a number of bytes")))
}

fn listen(directory: &str) -> io::Result<()> {
    let config = tls::configure(directory).map_err(io::Error::other)?;
    let store = Arc::new(Store::default());
    let (plain, secure) = (
        TcpListener::bind("127.0.0.1:0")?,
        TcpListener::bind("127.0.0.1:0")?,
    );
    println!(
        "{{\"http\":\"http://127.0.0.1:{}\",\"https\":\"https://127.0.0.1:{}\",\"ca\":\"{directory}/ca.pem\"}}",
        plain.local_addr()?.port(),
        secure.local_addr()?.port()
    );
    let shared = Arc::clone(&store);
    thread::spawn(move || accept(&plain, &move |stream| service::serve(&shared, stream)));
    thread::spawn(move || {
        accept(&secure, &move |stream| {
            service::serve(&store, tls::accept(&config, stream)?)
        })
    });
    // Whoever started this holds the other end; nothing is left running when they are gone.
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn accept<F>(listener: &TcpListener, serve: &F)
where
    F: Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static,
{
    for stream in listener.incoming().flatten() {
        let serve = serve.clone();
        // A client that hangs up in the middle is no news here.
        let _ = thread::Builder::new()
            .stack_size(256 * 1024)
            .spawn(move || {
                let _ = stream.set_nodelay(true);
                let _ = serve(stream);
            });
    }
}
