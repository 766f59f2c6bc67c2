//! The verdict of the heartbeat thread, when it is faster than the receiver: both wake at
//! once in a process that was stopped, and the answer may lie unread in the socket.
#![cfg(all(target_os = "linux", not(feature = "model")))]

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use client::{
    activity::Activity, end_signal::EndSignal, ending::Ending, heartbeat, liveness::HeartbeatRule,
    outgoing::Outgoing,
};
use crossbeam_channel::select_biased;

#[test]
fn a_server_whose_answer_is_not_read_yet_is_not_dead() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = Arc::new(TcpStream::connect(listener.local_addr().unwrap()).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"OK").unwrap();
    stream.peek(&mut [0; 2]).unwrap(); // it waits until they are here

    let (end, ended) = EndSignal::new(|| ());
    let (to_receiver, books) = crossbeam_channel::unbounded();
    let (_to_heartbeat, answered) = crossbeam_channel::unbounded();
    let outgoing = Outgoing::new(stream, to_receiver);
    let activity = Activity::new(Instant::now());
    let moment = Duration::from_millis(200); // far longer than a thread is held up
    let rule = HeartbeatRule::new(moment, 0, moment).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| heartbeat::run(rule, &outgoing, &activity, &answered, &end));
        // Nobody reads it, and the first verdict becomes another first heartbeat.
        for _ in 0..2 {
            select_biased! {
                recv(books) -> heartbeat => assert_eq!(heartbeat.unwrap().number, Some(1)),
                recv(ended) -> ending => panic!("{}", ending.unwrap()),
            }
        }
        // Nothing more came in that silence.
        let ending = ended.recv_timeout(Duration::from_mins(1)).unwrap();
        assert!(matches!(ending, Ending::Unanswered(_)), "{ending}");
    });
}
