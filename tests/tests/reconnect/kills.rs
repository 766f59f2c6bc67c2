//! Servers that are killed and started again while a file goes through.

use std::{
    io::{Read as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use tests::{binaries::json_command, event::any, place::Place, program::Program, wait_until};

use crate::start;

const KILLS: usize = 30;

/// The part of the file that is typed when a connection stands.
const PIECE: usize = 200_000;

/// Lines of many lengths, some of which look like messages of the wire.
fn file(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut file = Vec::with_capacity(length + 1000);
    while file.len() < length {
        match random.u8(..) {
            0..20 => file.extend(b"HeartBeat\n"),
            20..40 => file.extend(b"ok\n"),
            40..50 => file.extend(b"HeartBeat"),
            _ => {
                let length = random.usize(..900);
                file.extend(std::iter::repeat_with(|| random.u8(b' '..b'~')).take(length));
            }
        }
        file.push(b'\n');
    }
    file.truncate(length); // so that the last line lacks its newline
    file
}

/// Sends a file of 6 MB through so many servers. Thirty times the server that has the connection
/// is killed in the middle of a piece, and started again at once.
fn through_kills(count: usize) {
    let places: Vec<_> = (0..count).map(|_| Place::new()).collect();
    let mut servers: Vec<_> = places.iter().map(|place| Some(start(place))).collect();
    let mut command = json_command("client").expect("the client builds");
    command.args(["--reconnect", "--idle", "1h"]);
    for place in &places {
        command.args(["--server", &place.address]);
    }
    let mut client = Program::start_unread(&mut command).expect("the client starts");
    let mut stdout = client.take_stdout().expect("it is not read");
    let mut stdin = client.take_stdin().expect("it is open");
    let came = Arc::new(AtomicUsize::new(0));
    let reading = thread::spawn({
        let came = Arc::clone(&came);
        move || {
            let (mut all, mut block) = (Vec::new(), [0; 8192]);
            while let Ok(count @ 1..) = stdout.read(&mut block) {
                all.extend_from_slice(&block[..count]);
                came.store(all.len(), Ordering::Relaxed);
            }
            all
        }
    });
    let text = file(PIECE * (KILLS + 1));
    let (go_on, wanted) = mpsc::channel();
    let typing = thread::spawn({
        let text = text.clone();
        move || {
            for piece in text.chunks(PIECE) {
                wanted.recv().expect("a connection comes for each piece");
                stdin.write_all(piece).expect("the client takes input");
            }
        }
    });

    for _ in 0..KILLS {
        let connected = client.wait_for("connected", any).expect("the client comes back");
        let before = came.load(Ordering::Relaxed);
        go_on.send(()).expect("the typist waits");
        wait_until(|| Ok(came.load(Ordering::Relaxed) > before)).expect("an echo comes");
        thread::sleep(Duration::from_micros(fastrand::u64(..3000))); // any place will do
        let address = connected.str("address");
        let killed = places.iter().position(|place| Some(&*place.address) == address);
        let killed = killed.expect("it is one of the servers");
        servers[killed] = None;
        servers[killed] = Some(start(&places[killed]));
    }
    client.wait_for("connected", any).expect("the client comes back");
    go_on.send(()).expect("the typist waits");
    typing.join().expect("the typist ends"); // which closes stdin
    let finished = client.finish().expect("the client ends");
    let _ = finished.expect_ended(0);
    let all = reading.join().expect("the reader ends");
    assert!(all == text.to_ascii_uppercase(), "the echo is wrong; log:\n{}", finished.log());
    let summary = finished.expect_event("summary");
    assert!(summary.u64("connections") > Some(KILLS as u64), "{summary}");
    assert!(summary.u64("bytes_again") > Some(0), "{summary}");
    let lines = text.split(|byte| *byte == b'\n').count();
    for field in ["lines_sent", "lines_answered"] {
        assert_eq!(summary.u64(field), Some(lines as u64), "{field}: {summary}");
    }
}

#[test]
fn a_file_comes_back_whole_through_thirty_kills_of_six_servers() {
    through_kills(6);
}

#[test]
#[ignore = "takes most of a minute: the pauses before one server grow"]
fn a_file_comes_back_whole_through_thirty_kills_of_one_server() {
    through_kills(1);
}
