//! When a client with `--reconnect` is back, compared with the client's own rule on a clock that
//! jumps.

use std::time::{Duration, Instant};

use client::servers::{Servers, Trouble};
use lab::predict::{
    Prediction,
    back::{Back, FailedAttempt, same_server, second_server},
    fault::{Fault, Window},
};

use super::settings;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn window((earliest, latest): (f64, f64)) -> Window {
    Window { earliest: seconds(earliest), latest: seconds(latest) }
}

fn back(flags: &str, fault: Fault) -> Back {
    let prediction = Prediction::new(&settings(flags), 1, None);
    *prediction.back.iter().find(|back| back.fault == fault).expect("each fault has a row")
}

#[test]
fn the_client_is_back_a_pause_after_it_has_detected_the_fault() {
    for (fault, one, two, longest) in [
        (Fault::Killed, (0.0, 1.0), (0.0, 1.25), Some(30.0)),
        (Fault::Reset, (0.0, 1.0), (0.0, 1.0), None),
        (Fault::Stopped, (32.5, 60.0), (30.0, 55.25), Some(60.0)),
        (Fault::CutIdle, (30.5, 56.0), (30.0, 55.25), Some(40.0)),
        (Fault::CutWriting, (55.5, 56.0), (55.0, 55.25), Some(40.0)),
        (Fault::NotReading, (57.5, 60.0), (55.0, 55.25), Some(60.0)),
    ] {
        let back = back("", fault);
        assert_eq!(back.one_server, Some(window(one)), "{fault:?}");
        assert_eq!(back.two_servers, Some(window(two)), "{fault:?}");
        assert_eq!(back.longest_wait_s, longest, "{fault:?}");
    }
}

#[test]
fn the_pause_depends_on_what_the_kernel_tells_when_it_ends_the_connection() {
    let flags =
        "--detect keepalive --keepalive-idle 10s --keepalive-interval 5s --user-timeout 20s";
    let cut = back(flags, Fault::CutIdle); // 10 s to 20 s, and as a silent host
    assert_eq!(cut.one_server, Some(window((10.5, 21.0))));
    let full = back(flags, Fault::NotReading); // 20 s to 21 s, and as a hung service
    assert_eq!(full.one_server, Some(window((22.5, 26.0))));
}

#[test]
fn a_client_that_never_detects_the_fault_is_never_back() {
    let back = back("--detect keepalive", Fault::Stopped);
    assert_eq!((back.one_server, back.two_servers, back.longest_wait_s), (None, None, None));
}

/// A way to be down: the client takes the fault for `first`, and then each attempt that is not
/// answered fails after `lasts`, for the reason `later`. An attempt that began too early is
/// answered if the fault is over when it `asks` again.
#[derive(Clone, Copy)]
struct Down {
    first: Trouble,
    later: Trouble,
    lasts: f64,
    asks: &'static [f64],
}

const REFUSED: Down =
    Down { first: Trouble::Ended, later: Trouble::Refused, lasts: 0.0, asks: &[0.0] };
const SILENT: Down = Down {
    first: Trouble::Unreachable,
    later: Trouble::Unreachable,
    lasts: 10.0,
    asks: &[0.0, 1.0, 3.0, 7.0],
};
/// The same since Linux 6.5.
const SILENT_NOW: Down = Down { asks: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0], ..SILENT };
/// Such an attempt is connected, and is answered at any moment.
const HUNG: Down = Down {
    first: Trouble::Hung,
    later: Trouble::Hung,
    lasts: 5.0,
    asks: &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
};

/// When the client's own rule brings it back after `detected`, from the fault.
fn simulated(down: Down, detected: Duration, healthy: Duration, seed: u64) -> Duration {
    let start = Instant::now();
    let mut servers = Servers::new(1, DAY, fastrand::Rng::with_seed(seed), start);
    let (mut trouble, mut failed) = (down.first, start + detected);
    loop {
        let began = servers.failed(0, trouble, failed).expect("it does not give up").at;
        let mut asks = down.asks.iter().map(|after| began + seconds(*after));
        if let Some(answered) = asks.find(|at| *at >= start + healthy) {
            return answered - start;
        }
        (trouble, failed) = (down.later, began + seconds(down.lasts));
    }
}

/// Checks that all times lie in the window, and that they fill it.
#[track_caller]
fn fills(times: impl Iterator<Item = Duration>, window: Option<Window>, what: &str) {
    let times: Vec<_> = times.collect();
    let window = window.expect("the fault is detected");
    let (first, last) = (*times.iter().min().expect("some"), *times.iter().max().expect("some"));
    assert!(window.earliest <= first && last <= window.latest, "{what}: {first:?} {last:?}");
    let tenth = window.latest.abs_diff(window.earliest) / 10;
    assert!(first <= window.earliest + tenth, "{what}: {window:?}, and first {first:?}");
    assert!(last + tenth >= window.latest, "{what}: {window:?}, and last {last:?}");
}

#[test]
fn the_clients_own_rule_brings_it_back_within_the_predicted_time() {
    // These faults are detected at one moment: at once, or after 2.5 s.
    let settings = settings("--idle 1s --retry-interval 500ms --retries 2 --timeout 3s");
    for (fault, ways, meets, detected) in [
        (Fault::Killed, [REFUSED, REFUSED], FailedAttempt::REFUSED, 0.0),
        (Fault::CutWriting, [SILENT, SILENT_NOW], FailedAttempt::SILENT, 2.5),
    ] {
        for healthy in [0.0, 0.5, 1.0, 2.0, 5.0, 8.0, 18.0] {
            let healthy = seconds(healthy);
            let times = ways.into_iter().flat_map(|down| {
                (0..5000).map(move |seed| simulated(down, seconds(detected), healthy, seed))
            });
            let predicted = same_server(&settings, fault, healthy, meets);
            fills(times, predicted, &format!("{fault:?}, healthy after {healthy:?}"));
        }
    }
}

#[test]
fn the_clients_own_rule_turns_to_a_second_server_within_the_predicted_time() {
    let settings = settings("");
    for (fault, trouble, detected) in [
        (Fault::Killed, Trouble::Ended, 0.0),
        (Fault::CutWriting, Trouble::Unreachable, 55.0),
        (Fault::NotReading, Trouble::Hung, 55.0),
    ] {
        let times = (0..5000).map(|seed| {
            let start = Instant::now();
            let mut servers = Servers::new(2, DAY, fastrand::Rng::with_seed(seed), start);
            let (mut trouble, mut now) = (trouble, start + seconds(detected));
            loop {
                let next = servers.failed(0, trouble, now).expect("it does not give up");
                if next.server == 1 {
                    return next.at - start;
                }
                (trouble, now) = (Trouble::Refused, next.at);
            }
        });
        fills(times, second_server(&settings, fault), &format!("{fault:?}"));
    }
}

#[test]
fn after_a_long_fault_the_clients_own_rule_waits_no_longer_than_predicted() {
    for (fault, down) in
        [(Fault::Killed, REFUSED), (Fault::CutIdle, SILENT), (Fault::Stopped, HUNG)]
    {
        let waits =
            (0..1000).map(|seed| simulated(down, Duration::ZERO, HOUR, seed).abs_diff(HOUR));
        let longest = waits.max().expect("some");
        let predicted = seconds(back("", fault).longest_wait_s.expect("it waits"));
        assert!(longest <= predicted && longest * 3 / 2 > predicted, "{fault:?}: {longest:?}");
    }
}
