//! The verdict of the heartbeat thread while the server's bytes lie unread: both threads wake at
//! once in a process that was stopped, and the heartbeat thread may be the faster one.
#![cfg(target_os = "linux")]

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use client::{
    activity::Activity,
    end_signal::EndSignal,
    ending::Ending,
    heartbeat::{Heartbeat, Questions},
    input::Input,
    liveness::HeartbeatRule,
    outgoing::Outgoing,
    receive::News,
};
use common::{period::Period, wire::SentHeartbeat};
use crossbeam_channel::{Receiver, Sender, select_biased};

const MINUTE: Duration = Duration::from_mins(1);

/// A heartbeat thread whose receiver is this test.
struct Setting {
    activity: Arc<Activity>,
    announced: Receiver<SentHeartbeat>,
    news: Sender<News>,
    ended: Receiver<Ending>,
    server: TcpStream,
    client: Arc<TcpStream>,
}

/// Runs the heartbeat thread under this rule, without retries, beside `test`.
fn beside(idle: u64, interval: u64, test: impl FnOnce(Setting)) {
    let rule = HeartbeatRule { idle: period(idle), retries: 0, interval: period(interval) };
    asking(Questions { at_once: None, in_silence: Some(rule) }, test);
}

fn period(millis: u64) -> Period {
    Period::new(Duration::from_millis(millis))
}

/// Runs the heartbeat thread that asks these questions beside `test`.
fn asking(questions: Questions, test: impl FnOnce(Setting)) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let client = Arc::new(TcpStream::connect(address).expect("it listens"));
    let (server, _) = listener.accept().expect("a client connects");
    let waker = Input::new().expect("stdin can be used").waker();
    let (end, ended) = EndSignal::new(Arc::clone(&client), waker);
    let (to_receiver, announced) = crossbeam_channel::unbounded();
    let (to_heartbeat, news) = crossbeam_channel::unbounded();
    let activity = Arc::new(Activity::new(Instant::now()));
    let outgoing = Outgoing::new(Arc::clone(&client), Arc::clone(&activity), to_receiver);
    thread::scope(|scope| {
        let heard = Arc::clone(&activity);
        scope.spawn(move || {
            Heartbeat { outgoing: &outgoing, activity: &heard, news: &news }.run(questions, &end);
        });
        test(Setting { activity, announced, news: to_heartbeat, ended, server, client });
    });
}

#[test]
fn a_server_whose_answer_is_not_read_yet_is_not_dead() {
    beside(200, 200, |mut setting| {
        setting.server.write_all(b"OK").unwrap();
        setting.client.peek(&mut [0; 2]).unwrap(); // it waits until they have come
        // Nobody reads them, so each verdict becomes a first heartbeat again.
        for _ in 0..3 {
            select_biased! {
                recv(setting.announced) -> heartbeat => assert_eq!(heartbeat.unwrap().number, Some(1)),
                recv(setting.ended) -> ending => panic!("{}", ending.unwrap()),
            }
        }
    });
}

#[test]
fn a_byte_after_a_heartbeat_brings_the_next_one_forward() {
    // The answer to the first heartbeat may take an hour, but after a byte the next is due soon.
    beside(50, 3_600_000, |setting| {
        setting.announced.recv_timeout(MINUTE).expect("the first heartbeat");
        // A heartbeat thread that has not asked to be woken yet learns of the byte before it waits.
        if setting.activity.bytes_came(Instant::now(), 1) {
            setting.news.send(News::Byte).unwrap();
        }
        setting.activity.listening(Instant::now());
        let next = setting.announced.recv_timeout(MINUTE).expect("a heartbeat soon after the byte");
        assert_eq!(next.number, Some(1));
        drop(setting.news);
    });
}

#[test]
fn a_new_server_is_asked_at_once_and_is_dead_if_it_does_not_answer_in_time() {
    let questions = Questions { at_once: Some(period(50)), in_silence: None };
    asking(questions, |setting| {
        setting.announced.recv_timeout(MINUTE).expect("the question");
        let Ok(Ending::Unanswered(unanswered)) = setting.ended.recv_timeout(MINUTE) else {
            panic!("there was no verdict");
        };
        assert!(unanswered.never_heard);
        assert_eq!(unanswered.unanswered(), 1);
    });
}

#[test]
fn a_new_server_that_says_a_byte_is_watched_by_the_rule_from_then_on() {
    let rule = HeartbeatRule { idle: period(50), retries: 0, interval: period(50) };
    let questions = Questions { at_once: Some(period(3_600_000)), in_silence: Some(rule) };
    asking(questions, |setting| {
        setting.announced.recv_timeout(MINUTE).expect("the question");
        setting.activity.bytes_came(Instant::now(), 1);
        setting.news.send(News::Byte).unwrap();
        setting.activity.listening(Instant::now());
        setting.announced.recv_timeout(MINUTE).expect("a heartbeat of the rule");
        setting.ended.recv_timeout(MINUTE).expect("the rule's verdict");
    });
}
