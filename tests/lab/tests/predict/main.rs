//! What the lab predicts, against figures worked out by hand, against the programs' own
//! rules, and against one fault after another. Nothing here waits.
#![cfg(target_os = "linux")] // elsewhere there is no user time-out

mod cost;
mod notices;
mod settings;
mod text;
mod timelines;
mod warnings;

use std::time::Duration;

use clap::Parser;
use client::liveness::HeartbeatRule;
use common::detect::{Detect, Keepalive};
use lab::settings::{Defaults, Settings, SettingsArgs};
use proptest::{option, prelude::*};

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    arguments: SettingsArgs,
}

fn parse<'a>(flags: impl IntoIterator<Item = &'a str>, defaults: &Defaults) -> Settings {
    let flags = Flags::try_parse_from(["lab"].into_iter().chain(flags)).expect("they are taken");
    flags.arguments.resolve(defaults).expect("they agree")
}

/// The settings of a command line, with the programs' own figures where it has none.
fn settings(flags: &str) -> Settings {
    parse(flags.split_whitespace(), &Defaults::default())
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
    let rule =
        (millis(1..100_000), 0..10_u32, millis(1..20_000)).prop_map(|(idle, retries, interval)| {
            HeartbeatRule::new(idle, retries, interval).expect("a rule")
        });
    let probe = option::of(1..100_u32); // per cent of the time-out
    (rule, millis(100..200_000), probe, detects()).prop_map(|(rule, timeout, probe, detect)| {
        let probe = probe.filter(|_| detect.by_heartbeat()).map(|share| timeout * share / 100);
        Settings::new(rule, timeout, probe, detect).expect("they agree")
    })
}
