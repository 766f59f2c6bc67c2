//! Each scene's result.

use std::sync::{Mutex, PoisonError};

use libtest_mimic::Trial;
use serde_json::Value;

use super::{finished, lab};

/// A scene, its settings, and each end with the means of its detection and its finding.
pub(crate) type Case =
    (&'static str, &'static str, &'static [(&'static str, Option<&'static str>, &'static str)]);

const CLOSED: Option<&str> = Some("end_of_stream");
const RESET: Option<&str> = Some("reset");
const HEARTBEAT: Option<&str> = Some("heartbeat");
const TIMEOUT: Option<&str> = Some("timeout");
const KEEPALIVE: Option<&str> = Some("keepalive");

pub(crate) const ANYWHERE: [Case; 16] = [
    ("kept-alive", "", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--probe 500ms", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--idle 5s", &[("client", CLOSED, ""), ("server", TIMEOUT, NOT_ASKED)]),
    ("client-stopped", "", &[("server", TIMEOUT, NOT_ASKED)]),
    ("client-stopped", "--probe 2s", &[("server", TIMEOUT, "service_silent")]),
    ("three-clients", "", &[("client", None, ""), ("server", TIMEOUT, NOT_ASKED)]),
    (
        "three-clients",
        "--probe 500ms",
        &[("client", None, ""), ("server", TIMEOUT, "service_silent")],
    ),
    ("client-killed", "", &[("server", CLOSED, "")]),
    ("server-killed", "", &[("client", CLOSED, "")]),
    ("server-stopped", "", &[("client", HEARTBEAT, "service_silent")]),
    ("server-stopped", "--detect keepalive", &[("client", None, "")]),
    ("reset", "", &[("client", RESET, ""), ("server", RESET, "")]),
    ("not-reading", "", &[("server", TIMEOUT, "not_reading")]),
    ("server-restarted", "", &[("client", CLOSED, "")]),
    ("second-server", "", &[("client", HEARTBEAT, "service_silent")]),
    ("second-server", "--detect keepalive", &[("client", None, "")]),
];

/// The scenes in which the client runs with `--reconnect`.
const OUTAGES: [&str; 3] = ["server-restarted", "second-server", "cut-outlasted"];

pub(crate) const IN_A_NAMESPACE: [Case; 8] = [
    ("cut-idle", "", &[("client", HEARTBEAT, DOWN), ("server", TIMEOUT, NOT_ASKED)]),
    ("cut-idle", "--detect keepalive", &[("client", KEEPALIVE, DOWN), ("server", KEEPALIVE, DOWN)]),
    ("cut-healed", "", &[("client", None, ""), ("server", None, "")]),
    ("cut-healed", "--detect keepalive", &[("client", None, ""), ("server", None, "")]),
    ("cut-writing", "", &[("client", HEARTBEAT, DOWN), ("server", TIMEOUT, NOT_ASKED)]),
    (
        "cut-writing",
        "--detect keepalive --user-timeout 2s",
        &[("client", Some("user_timeout"), DOWN), ("server", KEEPALIVE, DOWN)],
    ),
    ("cut-outlasted", "", &[("client", HEARTBEAT, DOWN), ("server", TIMEOUT, NOT_ASKED)]),
    (
        "cut-outlasted",
        "--detect keepalive",
        &[("client", KEEPALIVE, DOWN), ("server", KEEPALIVE, DOWN)],
    ),
];

const NOT_ASKED: &str = "nothing_asked";
const DOWN: &str = "host_silent";

/// Scenes that are played again are played one at a time.
static AGAIN: Mutex<()> = Mutex::new(());

pub(crate) fn played(case: Case) -> Trial {
    let (scene, settings, expected) = case;
    let name = format!("{scene} {settings}");
    Trial::test(name.trim(), move || {
        let play = || finished(&mut lab(&format!("run {scene} --json {settings}")));
        let mut finished = play();
        if finished.status.code() == Some(1) {
            // A busy machine may be the reason: as in the matrix, it is played once more.
            let _alone = AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
            finished = play();
        }
        let said: Value = serde_json::from_slice(&finished.stdout)
            .map_err(|error| format!("{error}: {}", finished.log()))?;
        finished.expect_code(0);
        assert_eq!(said["scene"], scene);
        let ends = said["ends"].as_array().expect("its ends");
        assert_eq!(ends.len(), expected.len(), "{said:#}");
        for (end, &(role, by, finding)) in ends.iter().zip(expected) {
            expect(end, role, by, finding).map_err(|what| format!("{what}: {said:#}"))?;
        }
        let is_detected = OUTAGES.contains(&scene).then(|| expected[0].1.is_some());
        expect_back(&said["back"], is_detected).map_err(|what| format!("{what}: {said:#}"))?;
        Ok(())
    })
}

fn expect(end: &Value, role: &str, by: Option<&str>, finding: &str) -> Result<(), String> {
    let (observed, predicted) = (&end["observed"], &end["predicted"]);
    let predicted: Vec<_> = predicted.as_array().into_iter().flatten().collect();
    let checks = [
        (end["role"] == role, "another role"),
        (end["as_predicted"] == true, "not as predicted"),
        (observed["by"].as_str() == by, "by something else"),
        (observed["finding"].as_str().unwrap_or_default() == finding, "another finding"),
        (by.is_some() == observed["after_s"].is_f64(), "when"),
        (predicted.is_empty() == by.is_none(), "another prediction"),
        (by.is_none() || predicted.iter().any(|way| way["by"] == observed["by"]), "another way"),
    ];
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(format!("{role}: {what}")),
        None => Ok(()),
    }
}

/// Checks whether the client was back. A client that detects the fault is; one that does not was
/// never away. In other scenes nothing is said about it.
fn expect_back(back: &Value, is_detected: Option<bool>) -> Result<(), &'static str> {
    let Some(is_detected) = is_detected else {
        return if back.is_null() { Ok(()) } else { Err("nobody asked whether it is back") };
    };
    let checks = [
        (back["as_predicted"] == true, "it is not back as predicted"),
        (back["answered"] == is_detected, "a line is not answered, or more than once"),
        (back["after_s"].is_f64() == is_detected, "whether it is back"),
        (back["predicted"].is_object() == is_detected, "another prediction of its return"),
    ];
    checks.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, what)| Err(*what))
}
