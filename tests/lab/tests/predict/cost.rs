//! What an idle line costs, compared with what was counted on real ones (`/proc/net/dev`, Linux).

use lab::predict::cost::{Cost, short};

use super::settings;

/// In an hour: messages and their bytes, keepalive probes, segments and their bytes.
fn hour(flags: &str) -> String {
    let cost = Cost::per_hour(&settings(flags)).expect("the line is not evicted");
    let Cost { messages, message_bytes, keepalive_probes, segments, segment_bytes } = cost;
    format!(
        "{messages:.0} of {message_bytes:.0} B, {keepalive_probes:.0} probes, \
         {segments:.0} of {segment_bytes:.0} B"
    )
}

#[test]
fn a_heartbeat_costs_three_segments_and_167_bytes() {
    // 144 times 2 messages of 11 bytes.
    assert_eq!(hour(""), "288 of 1584 B, 0 probes, 432 of 24048 B");
    assert_eq!(hour("--idle 50s"), "144 of 792 B, 0 probes, 216 of 12024 B");
    // A probe that never comes costs nothing.
    assert_eq!(hour("--probe 25s"), hour(""));
}

#[test]
fn a_line_whose_client_is_evicted_has_no_cost() {
    assert_eq!(Cost::per_hour(&settings("--idle 60s")), None, "evicted at 60 s");
    assert!(Cost::per_hour(&settings("--idle 60s --probe 30s")).is_some(), "the probe is in time");
}

#[test]
fn a_probe_that_is_sooner_costs_five_segments_and_280_bytes() {
    // 180 times 3 messages of 20 bytes.
    assert_eq!(hour("--probe 20s"), "540 of 3600 B, 0 probes, 900 of 50400 B");
}

#[test]
fn a_keepalive_probe_costs_two_segments_and_104_bytes() {
    // Every two hours a probe of either kernel.
    assert_eq!(hour("--detect keepalive"), "0 of 0 B, 1 probes, 2 of 104 B");
    // The timer runs for the interval after each probe, answered or not.
    let longer = "--detect keepalive --keepalive-idle 1s --keepalive-interval 3s";
    assert_eq!(hour(longer), "0 of 0 B, 2400 probes, 4800 of 249600 B");
}

#[test]
fn keepalive_probes_only_where_no_heartbeat_comes_first() {
    assert_eq!(hour("--detect both --keepalive-idle 25s"), hour(""));
    // 900 times 3 segments of a heartbeat, and 3 probes of either kernel.
    let both = "--detect both --idle 4s --keepalive-idle 1s --keepalive-interval 1s";
    assert_eq!(hour(both), "1800 of 9900 B, 5400 probes, 13500 of 711900 B");
    let rare = "--detect both --idle 10s --keepalive-idle 1s --keepalive-interval 60s";
    assert_eq!(hour(rare), "720 of 3960 B, 120 probes, 1320 of 72600 B");
}

#[test]
fn numbers_are_short() {
    let numbers = [
        (0.5, "0.50"),
        (1.0, "1"),
        (144.0, "144"),
        (999.4, "999"),
        (999.6, "1 k"),
        (1584.0, "1.58 k"),
        (24_048.0, "24.0 k"),
        (24_048e6, "24.0 G"),
        (999_950.0, "1 M"),
        (1e21, "1000000 P"),
    ];
    for (number, text) in numbers {
        assert_eq!(short(number, ""), text);
    }
    assert_eq!(short(1584.0, "B"), "1.58 kB");
    assert_eq!(short(8.0, "bit/s"), "8 bit/s");
}
