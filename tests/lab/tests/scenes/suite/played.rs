//! Each scene's verdict.

use libtest_mimic::Trial;
use serde_json::Value;

use super::{finished, lab};

/// A scene, its settings, and each witness with what it noticed by, and why.
pub(crate) type Case =
    (&'static str, &'static str, &'static [(&'static str, Option<&'static str>, &'static str)]);

const CLOSED: Option<&str> = Some("end of stream");
const RESET: Option<&str> = Some("reset");
const HEARTBEAT: Option<&str> = Some("heartbeat");
const TIME_OUT: Option<&str> = Some("time-out");
const KEEPALIVE: Option<&str> = Some("keepalive");

pub(crate) const ANYWHERE: [Case; 11] = [
    ("kept-alive", "", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--probe 500ms", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--idle 5s", &[("client", CLOSED, ""), ("server", TIME_OUT, NOT_ASKED)]),
    ("client-stopped", "", &[("server", TIME_OUT, NOT_ASKED)]),
    ("client-stopped", "--probe 2s", &[("server", TIME_OUT, "client silent, host up")]),
    ("client-killed", "", &[("server", CLOSED, "")]),
    ("server-killed", "", &[("client", CLOSED, "")]),
    ("server-stopped", "", &[("client", HEARTBEAT, "service silent, host up")]),
    ("server-stopped", "--detect keepalive", &[("client", None, "")]),
    ("reset", "", &[("client", RESET, UNKNOWN), ("server", RESET, UNKNOWN)]),
    ("not-reading", "", &[("server", TIME_OUT, "not reading, host up")]),
];

pub(crate) const IN_A_NAMESPACE: [Case; 6] = [
    ("cut-idle", "", &[("client", HEARTBEAT, DOWN), ("server", TIME_OUT, NOT_ASKED)]),
    ("cut-idle", "--detect keepalive", &[("client", KEEPALIVE, DOWN), ("server", KEEPALIVE, DOWN)]),
    ("cut-healed", "", &[("client", None, ""), ("server", None, "")]),
    ("cut-healed", "--detect keepalive", &[("client", None, ""), ("server", None, "")]),
    ("cut-writing", "", &[("client", HEARTBEAT, DOWN), ("server", TIME_OUT, NOT_ASKED)]),
    (
        "cut-writing",
        "--detect keepalive --user-timeout 2s",
        &[("client", Some("user time-out"), DOWN), ("server", KEEPALIVE, DOWN)],
    ),
];

const NOT_ASKED: &str = "silent, host not asked";
const UNKNOWN: &str = "connection unknown";
const DOWN: &str = "network or host down";

pub(crate) fn played(case: Case) -> Trial {
    let (scene, settings, expected) = case;
    let name = format!("{scene} {settings}");
    Trial::test(name.trim(), move || {
        let finished = finished(&mut lab(&format!("run {scene} --json {settings}")));
        let said: Value = serde_json::from_slice(&finished.stdout)
            .map_err(|error| format!("{error}: {}", finished.log.join("\n")))?;
        finished.expect_code(0);
        assert_eq!(said["scene"], scene);
        let witnesses = said["witnesses"].as_array().expect("its witnesses");
        assert_eq!(witnesses.len(), expected.len(), "{said:#}");
        for (witness, &(side, by, reason)) in witnesses.iter().zip(expected) {
            expect(witness, side, by, reason).map_err(|what| format!("{what}: {said:#}"))?;
        }
        Ok(())
    })
}

fn expect(witness: &Value, side: &str, by: Option<&str>, reason: &str) -> Result<(), String> {
    let (observed, predicted) = (&witness["observed"], &witness["predicted"]);
    let predicted: Vec<_> = predicted.as_array().into_iter().flatten().collect();
    let checks = [
        (witness["side"] == side, "another side"),
        (witness["as_predicted"] == true, "not as predicted"),
        (observed["by"].as_str() == by, "by something else"),
        (observed["reason"].as_str().unwrap_or_default() == reason, "for another reason"),
        (by.is_some() == observed["after_s"].is_f64(), "when"),
        (predicted.is_empty() == by.is_none(), "another prediction"),
        (by.is_none() || predicted.iter().any(|way| way["by"] == observed["by"]), "another way"),
    ];
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(format!("{side}: {what}")),
        None => Ok(()),
    }
}
