//! The liveness rule as a table of moments. Nothing here waits.

use std::time::{Duration, Instant};

use client::liveness::{HeartbeatRule, Liveness, Silence, Step};
use common::period::Period;

const IDLE: Duration = Duration::from_secs(25);
const INTERVAL: Duration = Duration::from_secs(5);

fn rule(retries: u32) -> HeartbeatRule {
    HeartbeatRule { idle: Period::new(IDLE), retries, interval: Period::new(INTERVAL) }
}

/// A connection under the rule; its moments are milliseconds since it was made.
struct Connection {
    start: Instant,
    liveness: Liveness,
}

#[derive(Debug, PartialEq, Eq)]
enum Does {
    Wait(u64),
    Heartbeat(u32),
    Dead { after: u64, heartbeats: u32 },
}
use Does::{Dead, Heartbeat, Wait};

impl Connection {
    fn new(retries: u32) -> Self {
        let rule = rule(retries);
        let start = Instant::now();
        Self { start, liveness: Liveness::new(rule, start) }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    /// The next step of a client that last sent something when it last heard something.
    fn step(&mut self, heard: u64, now: u64) -> Does {
        self.step_after(heard, heard, now)
    }

    fn step_after(&mut self, heard: u64, sent: u64, now: u64) -> Does {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).expect("it fits");
        match self.liveness.step(self.at(heard), self.at(sent), self.at(now)) {
            Step::Wait(until) => Wait(millis(until - self.start)),
            Step::Heartbeat(number) => Heartbeat(number),
            Step::Dead(Silence { lasted, heartbeats, .. }) => {
                Dead { after: millis(lasted), heartbeats }
            }
        }
    }

    /// Checks a table of (last heard, now, what the rule does).
    fn check(&mut self, table: &[(u64, u64, Does)]) {
        for (heard, now, does) in table {
            assert_eq!(&self.step(*heard, *now), does, "heard at {heard}, now {now}");
        }
    }
}

#[test]
fn a_silent_server_is_dead_after_the_first_heartbeat_and_five_retries() {
    Connection::new(5).check(&[
        (0, 0, Wait(25_000)),
        (0, 24_999, Wait(25_000)),
        (0, 25_000, Heartbeat(1)),
        (0, 25_000, Wait(30_000)),
        (0, 29_999, Wait(30_000)),
        (0, 30_000, Heartbeat(2)),
        (0, 35_000, Heartbeat(3)),
        (0, 40_000, Heartbeat(4)),
        (0, 45_000, Heartbeat(5)),
        (0, 50_000, Heartbeat(6)),
        (0, 54_999, Wait(55_000)),
        (0, 55_000, Dead { after: 55_000, heartbeats: 6 }),
    ]);
}

#[test]
fn the_verdict_comes_when_the_formula_says() {
    for retries in [0, 1, 5, 20] {
        let rule = rule(retries);
        let start = Instant::now();
        let (mut liveness, mut now) = (Liveness::new(rule, start), start);
        let silence = loop {
            match liveness.step(start, start, now) {
                Step::Wait(until) => now = until,
                Step::Heartbeat(_) => {}
                Step::Dead(silence) => break silence,
            }
        };
        let formula = IDLE + (retries + 1) * INTERVAL;
        let expected = Silence { lasted: formula, heartbeats: retries + 1, late: Duration::ZERO };
        assert_eq!(silence, expected);
        assert_eq!(rule.detection_time(), formula);
    }
}

#[test]
fn without_retries_there_is_one_heartbeat() {
    Connection::new(0).check(&[
        (0, 25_000, Heartbeat(1)),
        (0, 29_999, Wait(30_000)),
        (0, 30_000, Dead { after: 30_000, heartbeats: 1 }),
    ]);
}

#[test]
fn any_byte_at_any_point_starts_over() {
    // Before the first heartbeat; after it; between retries; just before the verdict.
    Connection::new(1).check(&[(24_999, 25_000, Wait(49_999)), (24_999, 49_999, Heartbeat(1))]);
    Connection::new(1).check(&[
        (0, 25_000, Heartbeat(1)),
        (25_001, 30_000, Wait(50_001)),
        (25_001, 50_001, Heartbeat(1)),
        (25_001, 55_001, Heartbeat(2)),
        (60_000, 60_001, Wait(85_000)),
        (60_000, 85_000, Heartbeat(1)),
        (60_000, 90_000, Heartbeat(2)),
        (60_000, 95_000, Dead { after: 35_000, heartbeats: 2 }),
    ]);
}

#[test]
fn a_client_that_only_receives_sends_a_heartbeat_whenever_it_has_been_silent_for_idle() {
    let mut connection = Connection::new(1);
    let table = [
        (24_000, 0, 24_000, Wait(25_000)),
        (24_900, 0, 25_000, Heartbeat(1)),
        (25_100, 25_000, 25_100, Wait(50_000)),
        (49_900, 25_000, 50_000, Heartbeat(1)),
        (50_100, 50_000, 74_999, Wait(75_000)),
    ];
    for (heard, sent, now, does) in table {
        assert_eq!(connection.step_after(heard, sent, now), does, "now {now}");
    }
}

#[test]
fn a_heartbeat_that_was_sent_while_bytes_came_moves_no_verdict() {
    let mut connection = Connection::new(1);
    let table = [
        (24_000, 0, 25_000, Heartbeat(1)), // our own silence
        (24_000, 25_000, 25_000, Wait(54_000)),
        (24_000, 25_000, 54_000, Heartbeat(2)),
        (24_000, 54_000, 59_000, Dead { after: 35_000, heartbeats: 2 }),
    ];
    for (heard, sent, now, does) in table {
        assert_eq!(connection.step_after(heard, sent, now), does, "now {now}");
    }
}

#[test]
fn a_silence_that_is_noticed_late_moves_no_verdict() {
    let (start, at) = (Instant::now(), |seconds| Duration::from_secs(seconds));
    for (noticed, next) in [(0, 25), (24, 25), (25, 30), (29, 30), (30, 35), (34, 35)] {
        let now = start + at(noticed);
        let mut liveness = Liveness::since(rule(1), start, now);
        assert_eq!(liveness.step(start, start, now), Step::Wait(start + at(next)), "{noticed}");
    }
    let now = start + at(35);
    let Step::Dead(silence) = Liveness::since(rule(1), start, now).step(start, start, now) else {
        panic!("the verdict is due");
    };
    assert_eq!(silence, Silence { lasted: at(35), heartbeats: 2, late: Duration::ZERO });
}

#[test]
fn surplus_answers_earn_no_credit() {
    // Three bytes after one heartbeat are worth no more than the last of them.
    Connection::new(0).check(&[
        (0, 25_000, Heartbeat(1)),
        (25_100, 25_100, Wait(50_100)),
        (25_200, 25_200, Wait(50_200)),
        (25_300, 25_300, Wait(50_300)),
        (25_300, 50_300, Heartbeat(1)),
        (25_300, 55_300, Dead { after: 30_000, heartbeats: 1 }),
    ]);
}

#[test]
fn a_caller_that_comes_late_still_asks_before_it_gives_up() {
    // Stopped for an hour: each heartbeat has its whole interval to be answered.
    Connection::new(1).check(&[
        (0, 3_600_000, Heartbeat(1)),
        (0, 3_600_000, Wait(3_605_000)),
        (0, 3_605_000, Heartbeat(2)),
        (0, 3_610_000, Dead { after: 3_610_000, heartbeats: 2 }),
    ]);
}

#[test]
fn a_caller_that_is_a_little_late_does_not_move_the_later_deadlines() {
    Connection::new(1).check(&[
        (0, 25_100, Heartbeat(1)),
        (0, 25_100, Wait(30_000)),
        (0, 30_200, Heartbeat(2)),
        (0, 30_200, Wait(35_000)),
        (0, 35_000, Dead { after: 35_000, heartbeats: 2 }),
    ]);
}

#[test]
fn the_verdict_says_how_late_it_is() {
    let start = Instant::now();
    let mut liveness = Liveness::new(rule(0), start);
    assert_eq!(liveness.step(start, start, start + IDLE), Step::Heartbeat(1));
    let Step::Dead(silence) = liveness.step(start, start, start + Duration::from_mins(1)) else {
        panic!("the server is not dead although its deadline has passed");
    };
    assert_eq!(silence.late, Duration::from_secs(30));
}

#[test]
fn the_default_figures_are_the_articles() {
    assert_eq!(HeartbeatRule::ARTICLE, rule(5));
}

#[test]
fn the_longest_rule_does_not_overflow() {
    let year = Period::MAX;
    let longest = HeartbeatRule { idle: year, retries: u32::MAX, interval: year };
    assert_eq!(longest.detection_time(), year.get() * u32::MAX + 2 * year.get());
}
