//! Clients that take what they are sent slowly, but steadily, for longer than the timeout. They
//! are alive.
//!
//! The server sees their progress through its kernel, in steps: on loopback a segment has up to
//! 64 KiB. So they take at least that much in each second.

use std::{
    io::{self, Read, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use fastrand::Rng;
use nix::sys::signal::Signal;
use socket2::{Domain, SockAddr, Socket, Type};
use tests::{DEADLINE, binaries::start_unread_client};

use super::{
    Account, TIMEOUT,
    clients::Done,
    script::{Script, check, expect_all},
};

/// What a slow client takes at a time, and the pause after it: 125 kB per second.
const PIECE: usize = 5000;
const PAUSE: Duration = Duration::from_millis(40);

/// Lines that take half as long again as the timeout.
fn lines(random: &mut Rng) -> Script {
    let mut script = Script::default();
    let letter = random.lowercase() as u8;
    let mut time = Duration::ZERO;
    while time < TIMEOUT * 3 / 2 {
        script.line(&[letter; PIECE - 1]);
        time += PAUSE;
    }
    script
}

/// Reads a reply slowly, and checks it.
fn read_slowly(from: &mut impl Read, reply: &[u8]) -> io::Result<()> {
    for expected in reply.chunks(PIECE) {
        let mut piece = vec![0; expected.len()];
        from.read_exact(&mut piece)?;
        check(&piece, expected)?;
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// Sends everything at once, and then only reads.
pub(super) fn reader(address: &str, random: &mut Rng) -> Done {
    let script = lines(random);
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_recv_buffer_size(16 * 1024)?; // or the kernel would take it all at once
    socket.connect(&SockAddr::from(address))?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(DEADLINE))?;
    thread::scope(|scope| {
        let mut sender = stream.try_clone()?;
        let sent = scope.spawn({
            let request = &script.request;
            move || sender.write_all(request)
        });
        let read = read_slowly(&mut stream, &script.reply);
        if read.is_err() {
            let _ = stream.shutdown(Shutdown::Both); // or the sender might wait for ever
        }
        sent.join().expect("the sender does not panic")?;
        read
    })?;
    stream.shutdown(Shutdown::Write)?;
    expect_all(&mut stream, b"")?;
    Ok(script.answered())
}

/// Our own client, which gets everything to send at once, and whose output is taken slowly. It
/// sends nothing but heartbeats meanwhile.
pub(super) fn receiver_only(address: &str, random: &mut Rng) -> Done {
    let script = lines(random);
    let mut client = start_unread_client(address, &["--stay", "--idle", "1s"])?;
    let mut output = client.take_stdout()?;
    let mut input = client.take_stdin()?;
    let text = script.request.clone();
    let fed = thread::spawn(move || input.write_all(&text));
    if let Err(error) = read_slowly(&mut output, &script.reply) {
        drop(output);
        let log = client.finish()?.log();
        return Err(io::Error::other(format!("{error}; its log:\n{log}")));
    }
    fed.join().expect("the feeder does not panic")?;
    client.signal(Signal::SIGINT)?;
    let finished = client.finish()?;
    match finished.event("ended") {
        Some(ended) if ended.reason() == "interrupted" => {
            Ok(Account { connections: 1, echoed: script.lines, ..Account::default() })
        }
        _ => Err(io::Error::other(format!("it was not alive to the end:\n{}", finished.log()))),
    }
}
