//! The clients of a soak, one function a kind. Each knows what it must get back.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;
use socket2::SockRef;

use super::{
    Account, TIMEOUT,
    script::{Script, expect, expect_all, same},
};
use tests::{DEADLINE, binaries::binary};

type Client = fn(SocketAddr, &mut Rng) -> io::Result<Account>;

/// The kinds, each as often as its share says.
const KINDS: [(u32, &str, Client); 9] = [
    (40, "busy", busy),
    (10, "slow", slow),
    (10, "idle", idle),
    (10, "silent", silent),
    (10, "one that stops in a token", in_a_token),
    (10, "one that resets", resets),
    (10, "one that leaves at once", leaves),
    (1, "deaf", deaf),
    (4, "our own", our_own),
];

/// Runs a client of a kind chosen at random.
///
/// # Errors
/// When it did not get what it must; the message names its kind.
pub(super) fn run_one(address: SocketAddr, random: &mut Rng) -> Result<Account, String> {
    let shares: u32 = KINDS.iter().map(|(share, ..)| share).sum();
    let mut choice = random.u32(..shares);
    for (share, name, run) in KINDS {
        if choice < share {
            return run(address, random).map_err(|error| format!("a client ({name}): {error}"));
        }
        choice -= share;
    }
    unreachable!("the choice is less than the sum of all shares")
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    Ok(stream)
}

/// Everything at once, in pieces of any size.
fn busy(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let script = Script::random(random, 200);
    let mut stream = connect(address)?;
    let mut rest = &script.request[..];
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(random.usize(1..=rest.len().min(2000)));
        stream.write_all(piece)?;
        rest = later;
    }
    stream.shutdown(Shutdown::Write)?;
    expect_all(&mut stream, &script.reply)?;
    Ok(script.answered())
}

/// Byte by byte.
fn slow(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let script = Script::random(random, 3);
    let mut stream = connect(address)?;
    for byte in script.request.chunks(1) {
        stream.write_all(byte)?;
        thread::sleep(Duration::from_millis(random.u64(..10)));
    }
    stream.shutdown(Shutdown::Write)?;
    expect_all(&mut stream, &script.reply)?;
    Ok(script.answered())
}

/// Heartbeats, well within the time-out.
fn idle(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let mut script = Script::default();
    let mut stream = connect(address)?;
    for _ in 0..random.u8(1..12) {
        script.heartbeat();
        stream.write_all(b"HeartBeat")?;
        expect(&mut stream, b"OK")?;
        thread::sleep(TIMEOUT / 16);
    }
    Ok(script.answered())
}

/// A line, and then nothing: it must be evicted, and not too early.
fn silent(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let mut script = Script::default();
    let mut stream = connect(address)?;
    script.line(if random.bool() { b"last words" } else { b"" });
    let said = Instant::now();
    stream.write_all(&script.request)?;
    expect_all(&mut stream, &script.reply)?;
    evicted_after(said, script.answered())
}

fn in_a_token(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let mut stream = connect(address)?;
    let said = Instant::now();
    let half = &b"HeartBeat"[..random.usize(1..9)];
    stream.write_all(half)?;
    expect_all(&mut stream, b"")?;
    let sent = half.len() as u64;
    evicted_after(said, Account { connections: 1, sent, ..Account::default() })
}

fn evicted_after(said: Instant, account: Account) -> io::Result<Account> {
    if said.elapsed() < TIMEOUT {
        return Err(io::Error::other(format!("evicted after {:?} of silence", said.elapsed())));
    }
    Ok(Account { evicted: 1, ..account })
}

/// Says a part of what it has to say, and resets the connection.
fn resets(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let script = Script::random(random, 20);
    let mut stream = connect(address)?;
    let part = &script.request[..random.usize(..script.request.len())];
    stream.write_all(part)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    let lines = part.iter().filter(|&&byte| byte == b'\n').count() as u64;
    Ok(Account { connections: 1, lines, abandoned: lines, died: 1, ..Account::default() })
}

fn leaves(address: SocketAddr, _: &mut Rng) -> io::Result<Account> {
    connect(address)?;
    Ok(Account { connections: 1, ..Account::default() })
}

/// Writes for ever and reads nothing: evicted, though it says so much.
fn deaf(address: SocketAddr, _: &mut Rng) -> io::Result<Account> {
    let mut stream = connect(address)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let error = loop {
        if let Err(error) = stream.write_all(&[b'x'; 8192]) {
            break error;
        }
    };
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
            Ok(Account { connections: 1, evicted: 1, ..Account::default() })
        }
        _ => Err(error),
    }
}

/// Our client program, fed with lines and pauses in which only its heartbeats keep it alive;
/// now and then killed.
fn our_own(address: SocketAddr, random: &mut Rng) -> io::Result<Account> {
    let mut client = Command::new(binary("client"))
        .args(["-q", "--idle", "500ms", "--retry-interval", "10s"])
        .args(["--server", &address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = feed(&mut client, random);
    let _ = client.kill();
    client.wait()?;
    outcome
}

fn feed(client: &mut Child, random: &mut Rng) -> io::Result<Account> {
    let (mut stdin, mut stdout) = (client.stdin.take(), client.stdout.take());
    let (Some(input), Some(output)) = (&mut stdin, &mut stdout) else {
        return Err(io::Error::other("both are piped"));
    };
    let mut lines = 0;
    for _ in 0..random.u8(1..3) {
        let line = format!("{}\n", ["HeartBeat", "ok", "\x10", "HeartBeats"][random.usize(..4)]);
        input.write_all(line.as_bytes())?;
        let mut echo = vec![0; line.len()];
        output.read_exact(&mut echo)?;
        same(&echo, line.to_ascii_uppercase().as_bytes())?;
        lines += 1;
        thread::sleep(TIMEOUT.mul_f64(random.f64() * 1.25)); // now and then longer than the time-out
    }
    let account = Account { connections: 1, lines, echoed: lines, ..Account::default() };
    if random.u8(..4) == 0 {
        client.kill()?;
        return Ok(Account { died: 1, ..account });
    }
    drop(stdin);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest)?;
    same(&rest, b"")?;
    let status = client.wait()?;
    if status.success() { Ok(account) } else { Err(io::Error::other(status.to_string())) }
}
