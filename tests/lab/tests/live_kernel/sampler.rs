//! The kernel's figures of both ends of each connection.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process,
    time::{Duration, Instant},
};

use lab::{
    event::Role,
    live::input::{Socket, TimerKind},
};
use nix::sys::signal::Signal;
use socket2::{SockRef, TcpKeepalive};
use tests::{
    binaries::{Server, client},
    cases::Case,
    namespace::{Loopback, set_loopback},
    wait_until,
};

use crate::{
    connection::{connect, fill, listen, pair},
    watch::Watch,
};

pub(crate) const CASES: [Case; 9] = [
    ("an_idle_connection_waits_for_keepalive", waits_for_keepalive),
    ("bytes_on_a_cut_line_silence_keepalive_until_they_are_acknowledged", bytes_on_a_cut_line),
    ("a_closed_window_is_probed", closed_window),
    ("a_connection_in_the_backlog_is_held_by_no_server", backlog),
    ("unread_bytes_are_counted_from_the_moment_they_come", unread_bytes),
    ("a_clients_process_is_seen_with_its_flags_and_its_stops", process_of_a_client),
    ("connections_to_other_servers_are_left_out", other_servers),
    ("nothing_new_is_no_sample_and_the_end_is_one", nothing_new),
    ("proc_net_tcp_agrees_with_inet_diag", sources_agree),
];

fn kind(end: &Socket) -> Option<TimerKind> {
    end.timer.map(|timer| timer.kind)
}

/// Turns keepalive on, with so long a time that no probe is sent.
fn keep_alive(stream: &TcpStream) {
    let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(1000));
    SockRef::from(stream).set_tcp_keepalive(&keepalive).expect("a stream takes keepalive");
}

fn waits_for_keepalive() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    let (client, _server) = pair(&listener);
    let before = watch.now();
    keep_alive(&client);
    let after = watch.now();
    let end = watch.until(Role::Client, &client, |end| kind(end) == Some(TimerKind::Keepalive));
    let fires = end.timer.expect("it is keepalive's").fires_s - 1000.0;
    assert!((before - 0.1..after + 0.1).contains(&fires), "{before} <= {fires} <= {after}");
    assert_eq!((&*end.state, end.tries, end.unacked), ("established", 0, 0));
    assert_eq!(kind(watch.end(Role::Server, &client).expect("it is accepted")), None);
}

fn bytes_on_a_cut_line() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    let (mut client, _server) = pair(&listener);
    keep_alive(&client);
    watch.until(Role::Client, &client, |end| kind(end) == Some(TimerKind::Keepalive));
    set_loopback(Loopback::Down);
    client.write_all(b"HeartBeat").expect("the kernel takes them");
    let cut = watch.until(Role::Client, &client, |end| kind(end) == Some(TimerKind::Retransmit));
    assert_eq!(cut.unacked, 9);
    watch.until(Role::Client, &client, |end| end.retransmissions.is_some_and(|times| times > 0));
    assert_eq!(watch.end(Role::Server, &client).expect("it knows of nothing").unread, 0);
    set_loopback(Loopback::Up);
    let mended = watch.until(Role::Client, &client, |end| end.unacked == 0);
    assert_eq!(kind(&mended), Some(TimerKind::Keepalive));
    watch.until(Role::Server, &client, |end| end.unread == 9);
}

fn closed_window() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    let (client, _server) = pair(&listener);
    watch.until(Role::Client, &client, |end| end.window.is_some_and(|window| window > 0));
    fill(&client);
    // The first probe may find room for a part of a segment.
    let full = watch.until(Role::Client, &client, |end| {
        kind(end) == Some(TimerKind::WindowProbe) && end.window == Some(0)
    });
    assert!(full.unacked > 0, "{full:#?}");
    let unread = watch.end(Role::Server, &client).expect("it is there").unread;
    assert!(unread > 0);
}

fn backlog() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    let client = connect(address);
    let this = Some(process::id());
    let waiting = watch.until(Role::Server, &client, |end| end.state == "established");
    assert_eq!((waiting.pid, waiting.waits_in_backlog()), (None, true));
    assert_eq!(watch.end(Role::Client, &client).expect("it is connected").pid, this);
    let _accepted = listener.accept().expect("a client waits");
    watch.until(Role::Server, &client, |end| end.pid == this && !end.waits_in_backlog());
}

fn unread_bytes() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    let (mut client, mut server) = pair(&listener);
    let silent = watch.until(Role::Server, &client, |end| end.pid.is_some());
    assert_eq!((silent.unread, silent.data_came_s), (0, None));
    let before = watch.now();
    client.write_all(b"hello").expect("there is room");
    let unread = watch.until(Role::Server, &client, |end| end.unread == 5);
    let came = unread.data_came_s.expect("bytes have come");
    assert!((before - 0.1..watch.now() + 0.1).contains(&came), "{before} <= {came}");
    let acknowledged = watch.until(Role::Client, &client, |end| end.unacked == 0);
    assert!(acknowledged.ack_came_s.is_some_and(|came| came >= before - 0.1), "{acknowledged:#?}");
    assert!(acknowledged.round_trip_ms.is_some_and(|time| time > 0.0), "{acknowledged:#?}");
    server.read_exact(&mut [0; 5]).expect("they are there");
    watch.until(Role::Server, &client, |end| end.unread == 0);
}

fn process_of_a_client() {
    let mut server = Server::start(&[]).expect("the server starts");
    let mut watch = Watch::new(server.address.parse().expect("it is one"));
    let client = client(&server.address, &["--idle", "7s"]).expect("the client starts");
    server.program.wait_for("connected", |_| true).expect("the server accepts");
    let pid = client.pid();
    let mut until_stopped = |stopped| {
        let so = wait_until(|| {
            watch.look();
            let one = watch.sample.processes.iter().find(|one| one.pid == pid);
            Ok(one.is_some_and(|one| one.stopped == stopped))
        });
        so.expect("the process is seen");
        watch.sample.clone()
    };
    let sample = until_stopped(false);
    let [of_client, of_server] = [pid, server.program.pid()]
        .map(|pid| sample.processes.iter().find(|one| one.pid == pid).expect("it holds an end"));
    let flags = &of_client.flags;
    assert!(flags.windows(2).any(|pair| pair == ["--idle", "7s"]), "{flags:?}");
    assert_eq!([&*of_client.program, &*of_server.program], ["client", "server"]);
    assert_eq!(sample.processes.len(), 2, "{sample:#?}");
    let pids: Vec<_> = sample.sockets.iter().map(|end| (end.end, end.pid)).collect();
    let both = [(Role::Client, Some(pid)), (Role::Server, Some(server.program.pid()))];
    assert_eq!(pids, both);
    client.pause().expect("it runs");
    until_stopped(true);
    client.signal(Signal::SIGCONT).expect("it is there");
    until_stopped(false);
}

fn other_servers() {
    let (listener, address) = listen();
    let (other, _) = listen();
    let mut watch = Watch::new(address);
    let _elsewhere = pair(&other);
    let (client, _server) = pair(&listener);
    watch.until(Role::Server, &client, |end| end.pid.is_some());
    assert_eq!(watch.sample.sockets.len(), 2, "{:#?}", watch.sample);
}

fn nothing_new() {
    let (listener, address) = listen();
    let mut watch = Watch::new(address);
    assert!(!watch.look(), "there is no connection yet");
    let (client, server) = pair(&listener);
    watch.until(Role::Server, &client, |end| end.pid.is_some());
    keep_alive(&client);
    let mut since = Instant::now();
    let unchanged = wait_until(|| {
        if watch.look() {
            since = Instant::now();
        }
        Ok(since.elapsed() > Duration::from_millis(200)) // many ticks of the kernel's clock
    });
    unchanged.expect("an idle connection does not change");
    drop((client, server));
    // The client's port stays in TIME_WAIT for a minute.
    wait_until(|| Ok(watch.look() && watch.sample.sockets.is_empty())).expect("it has ended");
    assert!(watch.sample.processes.is_empty());
}

fn sources_agree() {
    let (listener, address) = listen();
    let (mut diag, mut proc_net) = (Watch::new(address), Watch::of_proc_net(address));
    let (mut idle, _server) = pair(&listener);
    keep_alive(&idle);
    idle.write_all(b"hello").expect("there is room");
    let (mut cut, _server) = pair(&listener);
    let _waiting = connect(address);
    let is_idle = |end: &Socket| kind(end) == Some(TimerKind::Keepalive);
    diag.until(Role::Client, &idle, is_idle);
    set_loopback(Loopback::Down);
    cut.write_all(b"HeartBeat").expect("the kernel takes them");
    let comparable = |watch: &Watch| {
        let ends = watch.sample.sockets.iter().cloned().map(|end| Socket {
            timer: None,
            tries: 0, // they go on between the two looks
            retransmissions: None,
            window: None,
            data_came_s: None,
            ack_came_s: None,
            round_trip_ms: None,
            ..end
        });
        let timers = watch.sample.sockets.iter().map(kind);
        (ends.collect::<Vec<_>>(), timers.collect::<Vec<_>>(), watch.sample.processes.clone())
    };
    diag.until(Role::Client, &cut, |end| kind(end) == Some(TimerKind::Retransmit));
    proc_net.until(Role::Client, &cut, |end| kind(end) == Some(TimerKind::Retransmit));
    assert_eq!(comparable(&proc_net), comparable(&diag));
    assert_eq!(proc_net.sample.sockets.len(), 6, "{:#?}", proc_net.sample);
    let fires = |watch: &mut Watch| {
        let end = watch.until(Role::Client, &idle, is_idle);
        // Counted from the moment at which the sampler was made.
        end.timer.map_or(0.0, |timer| timer.fires_s) - watch.now()
    };
    assert!((fires(&mut diag) - fires(&mut proc_net)).abs() < 1.0);
    let end = proc_net.end(Role::Client, &idle).expect("it was there just now");
    assert_eq!((end.window, end.data_came_s, end.retransmissions), (None, None, None));
}
