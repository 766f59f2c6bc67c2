//! The rules without sockets: a path that is played on a clock that is only counted.

use std::time::{Duration, Instant};

use lab::idle_limit::{
    fate::{Fate, Look},
    plan::Plan,
    report::Report,
    verdict::{idle_to_use, rounded_down},
    void::Why,
    watch::{Line, Watch},
};
use proptest::prelude::*;
use serde_json::Value;

use super::relay::Mode;

const MODES: [Mode; 4] = [Mode::Close, Mode::Reset, Mode::ResetAtNextByte, Mode::Swallow];

/// A path that forgets what is idle for `limit`, and from `outage` on lets nothing pass.
#[derive(Debug, Clone, Copy)]
struct Path {
    mode: Mode,
    limit: Duration,
    outage: Option<Duration>,
}

fn plan(from: u64, to: u64, retry_interval: u64) -> Plan {
    let [from, to, retry_interval] = [from, to, retry_interval].map(Duration::from_millis);
    Plan { from, to, retry_interval }
}

fn opened(plan: Plan) -> (Watch, Instant) {
    let start = Instant::now();
    (Watch::new(plan, plan.silences().iter().map(|_| start), start), start)
}

/// Plays a run. The path takes no time.
fn play(plan: Plan, path: Path) -> Value {
    let (mut watch, start) = opened(plan);
    let expiry = start + path.limit;
    let look = if path.mode == Mode::Close { Look::EndOfStream } else { Look::Reset };
    let tells = matches!(path.mode, Mode::Close | Mode::Reset);
    let mut now = start;
    while !watch.is_over() {
        now = if tells && now < expiry { watch.wake().min(expiry) } else { watch.wake() };
        let is_out = path.outage.is_some_and(|outage| now >= start + outage);
        watch.woke(now);
        for index in 0..watch.silences.len() {
            if tells && now >= expiry && !is_out && watch.silences[index].fate == Fate::Silent {
                watch.ended(Line::Silent(index), look.clone(), now);
            }
        }
        watch.judge(now);
        while let Some(line) = watch.due(now) {
            watch.sent(line, now);
            match line {
                _ if is_out => {}
                Line::Control => watch.answered(line, now),
                Line::Silent(_) if now < expiry => watch.answered(line, now),
                Line::Silent(_) if path.mode == Mode::ResetAtNextByte => {
                    watch.ended(line, Look::Reset, now);
                }
                Line::Silent(_) => {}
            }
        }
    }
    Report::new("a server", plan, watch).json()
}

proptest! {
    #[test]
    fn silences_grow_by_an_eighth_from_the_shortest_to_the_longest(
        from in 1_u64..100_000, more in 0_u64..100_000_000
    ) {
        let silences = plan(from, from + more, 1).silences();
        prop_assert_eq!(silences[0], Duration::from_millis(from));
        prop_assert_eq!(silences.last(), Some(&Duration::from_millis(from + more)));
        let eighth = |pair: &[Duration]| pair[0] + (pair[0] / 8).max(Duration::from_millis(1));
        prop_assert!(silences.windows(2).all(|pair| pair[0] < pair[1] && pair[1] <= eighth(pair)));
    }

    #[test]
    fn a_limit_lies_in_its_bracket_in_each_mode(
        from in 100_u64..5_000, grows in 1_u64..500, limit in 0.0..1.0_f64, mode in 0..4_usize,
    ) {
        let plan = plan(from, from * grows, 5_000);
        // A limit that the control connection does not run into.
        let limit = plan.from.mul_f64(0.5) + plan.to.mul_f64(limit);
        prop_assume!(limit > plan.beat());
        let said = play(plan, Path { mode: MODES[mode], limit, outage: None });
        let dead = said["dead_s"].as_f64();
        let answered = said["answered_s"].as_f64();
        prop_assert!(dead.is_none_or(|dead| dead >= limit.as_secs_f64()), "{said:#}");
        prop_assert!(answered.is_none_or(|it| it <= limit.as_secs_f64()), "{said:#}");
        match said["verdict"].as_str() {
            Some("limit") => {
                let (answered, dead) = (answered.unwrap(), dead.unwrap());
                prop_assert!(dead <= (answered * 1.126).max(answered + 0.002), "{said:#}");
            }
            Some("below_from") => prop_assert!(limit <= plan.from),
            Some("no_limit") => prop_assert!(limit > plan.to),
            _ => prop_assert!(false, "{said:#}"),
        }
    }

    #[test]
    fn an_outage_voids_the_run_whenever_it_begins(
        from in 100_u64..5_000, grows in 1_u64..100, outage in 0.0..1.0_f64
    ) {
        let plan = plan(from, from * grows, 5_000);
        let outage = Some(plan.to.mul_f64(outage));
        let path = Path { mode: Mode::Swallow, limit: plan.to * 2, outage };
        let said = play(plan, path);
        prop_assert_eq!(&said["void"], "control_unanswered", "{:#}", said);
    }

    #[test]
    fn the_advice_leaves_two_retry_intervals(answered in 1_u64..1_000_000, interval in 1_u64..10_000) {
        let [answered, interval] = [answered, interval].map(Duration::from_millis);
        match idle_to_use(answered, interval) {
            Some(idle) => {
                // So `lab predict` accepts what it is to check.
                prop_assert!(!idle.is_zero() && idle + interval * 2 <= rounded_down(answered));
                prop_assert!(idle + interval * 2 + Duration::from_secs(1) > answered);
            }
            None => prop_assert!(rounded_down(answered) <= interval * 2),
        }
    }
}

#[test]
fn a_death_looks_as_the_path_makes_it() {
    for (mode, look, when) in [
        (Mode::Close, "end_of_stream", "during_silence"),
        (Mode::Reset, "reset", "during_silence"),
        (Mode::ResetAtNextByte, "reset", "at_next_byte"),
        (Mode::Swallow, "silence", "at_next_byte"),
    ] {
        let path = Path { mode, limit: Duration::from_secs(3), outage: None };
        let said = play(plan(1_000, 10_000, 1_000), path);
        let deaths = said["deaths"].as_array().expect("a list");
        assert_eq!(deaths.len(), 1, "{said:#}");
        assert_eq!((&deaths[0]["look"], &deaths[0]["when"]), (&look.into(), &when.into()));
        // The path's own word for it tells the moment.
        let is_told = said["dead_s"] == 3.0;
        assert_eq!(is_told, when == "during_silence", "{said:#}");
    }
}

/// Lets the silences of these numbers be answered, and the others go unanswered.
fn answers(plan: Plan, answered: &[usize]) -> Value {
    let (mut watch, _) = opened(plan);
    while !watch.is_over() {
        let now = watch.wake();
        watch.judge(now);
        while let Some(line) = watch.due(now) {
            watch.sent(line, now);
            match line {
                Line::Silent(index) if !answered.contains(&index) => {}
                line => watch.answered(line, now),
            }
        }
    }
    Report::new("a server", plan, watch).json()
}

#[test]
fn an_answer_after_a_much_longer_silence_than_a_death_is_no_verdict() {
    let said = answers(plan(10_000, 20_000, 5_000), &[0, 1, 2, 5, 6]);
    assert_eq!(said["verdict"], "contradiction", "{said:#}");
    assert!(said["idle"].is_null(), "{said:#}");
    let message = said["message"].as_str().expect("a sentence");
    assert!(message.starts_with("no verdict: dead after 14.2 s, but"), "{message}");
    assert!(message.ends_with("All silences up to 12.7 s were answered."), "{message}");
}

#[test]
fn a_late_answer_shows_that_the_connection_lives() {
    let plan = plan(1_000, 1_000, 1_000);
    let (mut watch, start) = opened(plan);
    let at = |millis| start + Duration::from_millis(millis);
    watch.sent(Line::Silent(0), at(1_000));
    watch.judge(at(2_000));
    assert!(matches!(watch.silences[0].fate, Fate::Dead { look: Look::NoAnswer, .. }));
    watch.answered(Line::Silent(0), at(2_100));
    let idle = Duration::from_secs(1);
    assert_eq!(watch.silences[0].fate, Fate::Answered { idle });
}

#[test]
fn a_process_that_was_held_up_measures_the_true_silences() {
    let (mut watch, start) = opened(plan(1_000, 2_000, 1_000));
    let now = start + Duration::from_secs(30);
    watch.woke(now);
    assert_eq!(watch.held_up, Some(Duration::from_secs(30)));
    watch.sent(Line::Silent(0), now);
    watch.answered(Line::Silent(0), now);
    assert_eq!(watch.silences[0].fate, Fate::Answered { idle: Duration::from_secs(30) });
}

#[test]
fn a_crash_after_the_last_answer_voids_the_run() {
    let (mut watch, start) = opened(plan(1_000, 1_000, 1_000));
    let now = start + Duration::from_secs(1);
    watch.sent(Line::Control, start);
    watch.answered(Line::Control, start);
    watch.sent(Line::Silent(0), now);
    watch.answered(Line::Silent(0), now);
    assert!(!watch.is_over(), "the control connection has not answered since");
    assert_eq!(watch.due(now), Some(Line::Control), "it is asked at once");
    watch.ended(Line::Control, Look::Reset, now);
    let why = watch.void.expect("it is void").why;
    assert_eq!(why, Why::ControlEnded(Look::Reset));
}

#[test]
fn a_probe_into_a_silence_voids_the_run_and_one_after_it_does_not() {
    let (mut watch, start) = opened(plan(1_000, 2_000, 1_000));
    let now = start + Duration::from_secs(1);
    watch.probed(Line::Control, now);
    watch.sent(Line::Silent(0), now);
    watch.answered(Line::Silent(0), now);
    watch.probed(Line::Silent(0), now);
    assert_eq!(watch.void, None);
    watch.probed(Line::Silent(1), now);
    let why = watch.void.expect("it is void").why;
    assert_eq!(why, Why::Probed { idle: Duration::from_secs(1) });
}
