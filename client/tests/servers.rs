//! Whom to try next, and when, on a clock that jumps.

use std::time::{Duration, Instant};

use client::servers::{Attempt, Servers, Trouble};
use proptest::prelude::*;

const MINUTE: Duration = Duration::from_mins(1);
const TROUBLES: [Trouble; 5] =
    [Trouble::Ended, Trouble::Refused, Trouble::Unreachable, Trouble::Hung, Trouble::Offline];

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Servers that are given up after ten minutes.
fn servers(count: usize, seed: u64, now: Instant) -> Servers {
    Servers::new(count, 10 * MINUTE, fastrand::Rng::with_seed(seed), now)
}

/// The next server and the pause before it.
fn next(next: Option<Attempt>, now: Instant) -> (usize, Duration) {
    let Attempt { server, at } = next.expect("it goes on");
    (server, at - now)
}

#[test]
fn the_pauses_grow_to_a_limit_that_depends_on_what_failed() {
    let pauses = |trouble: Trouble| {
        [1, 2, 3, 4, 20, u32::MAX].map(|failures| {
            let pause = trouble.pause(failures);
            (pause.start().as_secs_f64(), pause.end().as_secs_f64())
        })
    };
    let growing = [(0.5, 1.0), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (15.0, 30.0), (15.0, 30.0)];
    assert_eq!(pauses(Trouble::Refused), growing);
    assert_eq!(pauses(Trouble::Unreachable), growing);
    assert_eq!(pauses(Trouble::Ended)[0], (0.0, 1.0), "a server that ended may just restart");
    assert_eq!(pauses(Trouble::Ended)[1..], growing[1..]);
    let slow = [(2.5, 5.0), (2.5, 5.0), (5.0, 10.0), (10.0, 20.0), (30.0, 60.0), (30.0, 60.0)];
    assert_eq!(pauses(Trouble::Hung), slow);
    assert_eq!(pauses(Trouble::Offline), [(1.0, 2.0); 6]);
}

#[test]
fn clients_that_lose_their_server_together_do_not_come_back_together() {
    let now = Instant::now();
    for trouble in TROUBLES {
        let mut pauses: Vec<_> = (0..100)
            .map(|seed| next(servers(1, seed, now).failed(0, trouble, now), now).1)
            .collect();
        pauses.sort();
        let (spread, pause) = (pauses[89].abs_diff(pauses[10]), trouble.pause(1));
        assert!(spread > pause.end().abs_diff(*pause.start()) / 2, "{trouble:?}: {spread:?}");
    }
}

#[test]
fn a_server_that_ended_is_tried_once_more_before_another_one() {
    let now = Instant::now();
    let mut servers = servers(2, 1, now);
    assert_eq!(next(servers.failed(0, Trouble::Ended, now), now).0, 0);
    let (other, pause) = next(servers.failed(0, Trouble::Ended, now), now);
    assert_eq!(other, 1);
    assert!(pause <= seconds(0.25), "{pause:?}");
}

#[test]
fn another_server_is_tried_at_once_when_this_one_refuses_hangs_or_is_silent() {
    for trouble in [Trouble::Refused, Trouble::Hung, Trouble::Unreachable, Trouble::Offline] {
        let now = Instant::now();
        let (other, pause) = next(servers(2, 1, now).failed(0, trouble, now), now);
        assert_eq!(other, 1, "{trouble:?}");
        assert!(pause <= seconds(0.25), "{trouble:?}: {pause:?}");
    }
}

#[test]
fn among_servers_that_may_be_tried_the_first_is_preferred() {
    let now = Instant::now();
    let mut servers = servers(3, 1, now);
    assert_eq!(next(servers.failed(0, Trouble::Refused, now), now).0, 1);
    assert_eq!(next(servers.failed(1, Trouble::Refused, now), now).0, 2);
    let later = now + MINUTE;
    assert_eq!(next(servers.failed(2, Trouble::Refused, later), later).0, 0);
}

#[test]
fn when_every_server_has_failed_the_one_that_may_be_tried_soonest_is_next() {
    let now = Instant::now();
    let mut servers = servers(2, 1, now);
    servers.failed(0, Trouble::Hung, now);
    let (server, pause) = next(servers.failed(1, Trouble::Refused, now), now);
    assert_eq!(server, 1, "the other one hangs, so it is left alone for longer");
    assert!(pause >= seconds(0.5), "{pause:?}");
}

#[test]
fn without_a_network_no_server_is_blamed_and_the_first_stays_preferred() {
    let mut now = Instant::now();
    let mut servers = servers(2, 1, now);
    let mut server = 0;
    for _ in 0..20 {
        let (other, pause) = next(servers.failed(server, Trouble::Offline, now), now);
        assert_eq!(other, 1 - server);
        assert!(pause <= seconds(2.0), "the pause grew to {pause:?}");
        (server, now) = (other, now + pause);
    }
    assert_eq!(server, 0, "the first server is tried first when the network is back");
    let (_, pause) = next(servers.failed(0, Trouble::Ended, now), now);
    assert!(pause <= seconds(1.0), "failures were counted");
}

#[test]
fn only_a_stable_connection_lets_the_pauses_start_over() {
    let now = Instant::now();
    let mut servers = servers(1, 1, now);
    for _ in 0..10 {
        servers.failed(0, Trouble::Ended, now);
    }
    servers.alive(now); // an answer alone is not enough
    assert!(next(servers.failed(0, Trouble::Ended, now), now).1 >= seconds(15.0));
    servers.stable(0);
    assert!(next(servers.failed(0, Trouble::Ended, now), now).1 <= seconds(1.0));
}

#[test]
fn text_that_came_back_keeps_the_pauses_short_but_does_not_let_them_start_over() {
    let now = Instant::now();
    let mut servers = servers(1, 1, now);
    for _ in 0..10 {
        servers.failed(0, Trouble::Ended, now);
        servers.text_came_back(0);
    }
    let (_, pause) = next(servers.failed(0, Trouble::Ended, now), now);
    assert!((seconds(1.0)..=seconds(2.0)).contains(&pause), "{pause:?}");
}

#[test]
fn it_gives_up_that_long_after_the_last_sign_of_life() {
    let start = Instant::now();
    let mut servers = servers(1, 1, start);
    let alive = start + 5 * MINUTE;
    servers.alive(alive);
    let mut now = alive + seconds(55.0); // the silence was noticed then
    while let Some(Attempt { at, .. }) = servers.failed(0, Trouble::Refused, now) {
        now = at;
        servers.attempt();
    }
    assert_eq!(now, alive + 10 * MINUTE, "the last attempt was not made when the time was over");
    assert!(servers.attempts() >= 20, "{} attempts", servers.attempts());
}

#[test]
fn an_attempt_is_made_before_it_gives_up_however_late_it_is() {
    let start = Instant::now();
    let mut servers = servers(1, 1, start);
    servers.alive(start);
    let late = start + 60 * MINUTE;
    let attempt = servers.failed(0, Trouble::Hung, late).expect("it gave up without an attempt");
    servers.attempt();
    assert_eq!(servers.failed(0, Trouble::Refused, attempt.at), None);
}

#[test]
fn time_for_which_the_process_was_stopped_does_not_count() {
    let start = Instant::now();
    let mut servers = servers(1, 1, start);
    servers.attempt();
    let woken = start + 60 * MINUTE;
    servers.forgive(60 * MINUTE);
    assert!(servers.failed(0, Trouble::Refused, woken).is_some());
    assert_eq!(servers.silence(woken), Duration::ZERO);
}

proptest! {
    #[test]
    fn whatever_fails_a_server_is_tried_again_within_a_minute_and_never_in_a_loop(
        seed: u64,
        count in 1_usize..4,
        failures in prop::collection::vec((0..TROUBLES.len(), 0_u64..5_000), 1..60),
    ) {
        let mut now = Instant::now();
        let mut servers =
            Servers::new(count, Duration::MAX / 4, fastrand::Rng::with_seed(seed), now);
        let (mut server, mut last_tried, mut quick) = (0, vec![None; count], vec![0; count]);
        for (trouble, jump) in failures {
            if let Some(last) = last_tried[server].replace(now) {
                quick[server] += usize::from(now - last < seconds(0.5));
            }
            servers.attempt();
            let (next, pause) = next(servers.failed(server, TROUBLES[trouble], now), now);
            prop_assert!(pause <= MINUTE);
            server = next;
            now += pause + if jump < 50 { Duration::from_secs(jump) } else { Duration::ZERO };
        }
        // A server that ends its first connection may be tried again at once.
        prop_assert!(quick.iter().all(|&quick| quick <= 1), "{quick:?}");
    }
}
