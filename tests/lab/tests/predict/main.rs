//! The lab's predictions, compared with figures computed by hand and with the programs' own
//! rules. Nothing here waits.
#![cfg(target_os = "linux")] // other systems have no user timeout

mod back;
mod cost;
mod detections;
mod settings;
mod text;
mod timelines;
mod warnings;

use std::time::Duration;

use clap::Parser;
use common::{
    detect::{Detect, Keepalive},
    period::Period,
};
use lab::settings::Settings;
use proptest::{option, prelude::*};

#[derive(Parser)]
struct Lab {
    #[command(flatten)]
    settings: Settings,
}

fn parse<'a>(flags: impl IntoIterator<Item = &'a str>) -> Settings {
    let flags = Lab::try_parse_from(["lab"].into_iter().chain(flags)).expect("valid flags");
    flags.settings
}

/// The settings of a command line, with the programs' own defaults.
fn settings(flags: &str) -> Settings {
    parse(flags.split_whitespace())
}

fn seconds(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_secs)
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn keepalives() -> impl Strategy<Value = Keepalive> {
    let limit = option::of(seconds(1..200));
    (seconds(1..100), seconds(1..30), 1..10_u32, limit).prop_map(
        |(idle, interval, count, user_timeout)| Keepalive { idle, interval, count, user_timeout },
    )
}

fn detects() -> impl Strategy<Value = Detect> {
    prop_oneof![
        Just(Detect::Heartbeat),
        keepalives().prop_map(Detect::Keepalive),
        keepalives().prop_map(Detect::Both),
    ]
}

fn any_settings() -> impl Strategy<Value = Settings> {
    let rule = (millis(1..100_000), 0..10_u32, millis(1..20_000));
    let probe = option::of(1..100_u32); // percent of the timeout
    (rule, millis(100..200_000), probe, detects()).prop_map(|(rule, timeout, probe, detect)| {
        let ((idle, retries, interval), period) = (rule, Period::new);
        let probe = probe.filter(|_| detect.uses_heartbeat()).map(|share| timeout * share / 100);
        Settings {
            idle: period(idle),
            retry_interval: period(interval),
            retries,
            timeout: period(timeout),
            probe: probe.map(period),
            detect,
        }
    })
}
