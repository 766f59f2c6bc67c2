//! The tap, which sees segments, and the reset, which needs what the tap sees.

use std::{
    env,
    io::{ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use lab::{
    event::Role,
    live::{
        input::Segment,
        reset::{Ends, reset},
        tap::Tap,
    },
};
use socket2::SockRef;
use tests::{
    DEADLINE,
    cases::Case,
    finished::run,
    namespace::{Loopback, set_loopback},
    wait_until,
};

use crate::connection::{listen, pair};

pub(crate) const CASES: [Case; 6] = [
    ("the_tap_sees_each_segment_once", each_segment_once),
    ("the_tap_sees_how_long_a_payload_is_and_how_it_begins", long_payload),
    ("the_tap_goes_on_after_a_cut", tap_after_a_cut),
    ("a_reset_ends_an_idle_connection_at_both_ends", reset_of_an_idle_connection),
    ("a_reset_ends_a_connection_whose_receiver_has_no_room", reset_of_a_full_connection),
    ("without_the_privilege_the_tap_and_the_reset_are_refused", without_the_privilege),
];

/// The segments to and from a server, as they come.
struct Wire(Receiver<Segment>);

impl Wire {
    fn of(server: SocketAddr) -> Self {
        let tap = Tap::open().expect("the namespace is ours");
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || tap.run(server.port(), |segment| _ = sender.send(segment)));
        Self(receiver)
    }

    /// All segments up to the first for which `last` holds.
    #[track_caller]
    fn until(&self, mut last: impl FnMut(&Segment) -> bool) -> Vec<Segment> {
        let mut seen = Vec::new();
        loop {
            let Ok(segment) = self.0.recv_timeout(DEADLINE) else {
                panic!("the last segment did not come: {seen:#?}");
            };
            let is_last = last(&segment);
            seen.push(segment);
            if is_last {
                return seen;
            }
        }
    }
}

fn port(stream: &TcpStream) -> u16 {
    stream.local_addr().expect("it has an address").port()
}

fn each_segment_once() {
    let (listener, address) = listen();
    let wire = Wire::of(address);
    let (mut client, mut server) = pair(&listener);
    let of_the_client = port(&client);
    client.write_all(b"HeartBeat").expect("there is room");
    server.read_exact(&mut [0; 9]).expect("it comes");
    server.write_all(b"OK").expect("there is room");
    client.read_exact(&mut [0; 2]).expect("it comes");
    drop(client);
    assert_eq!(server.read(&mut [0]).expect("the stream ends"), 0);
    SockRef::from(&server).set_linger(Some(Duration::ZERO)).expect("a stream takes it");
    drop(server);
    let seen = wire.until(|segment| segment.rst);
    assert!(seen.iter().all(|segment| segment.port == of_the_client), "{seen:#?}");
    let bare = |segment: &Segment| segment.len == 0 && !segment.syn && !segment.fin && !segment.rst;
    let told: Vec<_> = seen
        .iter()
        .filter(|segment| !bare(segment))
        .map(|segment| (segment.from, &*segment.text, segment.syn, segment.fin, segment.rst))
        .collect();
    let (yes, no) = (true, false);
    let all = [
        (Role::Client, "", yes, no, no),
        (Role::Server, "", yes, no, no),
        (Role::Client, "HeartBeat", no, no, no),
        (Role::Server, "OK", no, no, no),
        (Role::Client, "", no, yes, no),
        (Role::Server, "", no, no, yes),
    ];
    assert_eq!(told, all, "{seen:#?}");
    let line = &seen.iter().find(|segment| segment.text == "HeartBeat").expect("it was there");
    let answer = &seen.iter().find(|segment| segment.text == "OK").expect("it was there");
    assert_eq!(answer.ack, line.seq.wrapping_add(line.len));
}

fn long_payload() {
    let (listener, address) = listen();
    let wire = Wire::of(address);
    let (mut client, _server) = pair(&listener);
    client.write_all("a".repeat(20_000).as_bytes()).expect("there is room");
    let seen = wire.until(|segment| segment.len > 0);
    let long = seen.last().expect("it came");
    assert_eq!((long.len, &*long.text), (20_000, &*"a".repeat(64)));
}

fn tap_after_a_cut() {
    let (listener, address) = listen();
    let wire = Wire::of(address);
    let (mut client, _server) = pair(&listener);
    client.write_all(b"before").expect("there is room");
    wire.until(|segment| segment.text == "before");
    set_loopback(Loopback::Down);
    client.write_all(b"meanwhile").expect("the kernel takes them");
    set_loopback(Loopback::Up);
    wire.until(|segment| segment.text == "meanwhile");
}

fn is_reset(mut stream: &TcpStream) {
    let mut read = || stream.read(&mut [0; 8192]);
    let error = loop {
        match read() {
            Ok(0) => panic!("the stream ended in order"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
}

/// Both ends after these segments.
fn ends(seen: &[Segment]) -> Ends {
    let mut ends = Ends::default();
    for segment in seen {
        ends.observe(segment);
    }
    ends
}

fn reset_of_an_idle_connection() {
    let (listener, address) = listen();
    let wire = Wire::of(address);
    let (mut client, mut server) = pair(&listener);
    client.write_all(b"HeartBeat").expect("there is room");
    server.read_exact(&mut [0; 9]).expect("it comes");
    server.write_all(b"OK").expect("there is room");
    client.read_exact(&mut [0; 2]).expect("it comes");
    let ends = ends(&wire.until(|segment| segment.text == "OK"));
    reset(address, port(&client), &ends).expect("the namespace is ours");
    is_reset(&client);
    is_reset(&server);
}

fn reset_of_a_full_connection() {
    let (listener, address) = listen();
    let wire = Wire::of(address);
    let (client, mut server) = pair(&listener);
    // The window has been told to the server, which may send this much; now there is no room.
    SockRef::from(&client).set_recv_buffer_size(1).expect("a stream takes it");
    for _ in 0..2 {
        server.write_all("x".repeat(20_000).as_bytes()).expect("there is room");
    }
    let mut next = 0;
    let seen = wire.until(|segment| {
        let is_sent_again = segment.len > 0 && segment.seq != next;
        if segment.from == Role::Server {
            next = segment.seq.wrapping_add(segment.len).wrapping_add(segment.syn.into());
        }
        is_sent_again
    });
    reset(address, port(&client), &ends(&seen)).expect("the namespace is ours");
    is_reset(&server);
    // To read would make room and tell the server so, whose host would answer with a reset.
    let mut error = None;
    let came = wait_until(|| {
        error = client.take_error()?;
        Ok(error.is_some())
    });
    came.expect("the client's end is reset");
    assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::ConnectionReset));
}

/// Set in the process that has lost the privilege.
const UNPRIVILEGED: &str = "LIVE_KERNEL_UNPRIVILEGED";

fn without_the_privilege() {
    if env::var_os(UNPRIVILEGED).is_none() {
        let this = env::current_exe().expect("this program has a path");
        let mut again = Command::new("setpriv");
        again.args(["--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"]).arg(this);
        let finished = run(again.env(UNPRIVILEGED, "1")).expect("setpriv starts");
        assert!(finished.status.success(), "{}", finished.log());
        return;
    }
    let refused = Tap::open().err().expect("a tap needs the privilege");
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{refused}");
    let seen = Segment {
        from: Role::Client,
        port: 1,
        seq: 0,
        ack: 0,
        len: 0,
        text: String::new(),
        syn: false,
        fin: false,
        rst: false,
    };
    let address = "127.0.0.1:2".parse().expect("an address");
    let refused = reset(address, 1, &ends(&[seen])).expect_err("a reset needs the privilege");
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied, "{refused}");
}
