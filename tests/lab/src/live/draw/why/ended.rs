//! Why a client has ended.

use common::words::Count;

use super::Why;
use crate::live::{draw::text::figure, world::client::Client};

/// `reason` is the last word of the client, or for a client of another terminal the server's.
pub(super) fn why(client: &Client, reason: &str) -> Why {
    let name = &client.name;
    let dead = client.rule().map_or_else(String::new, |rule| {
        let heartbeats = Count(u64::from(rule.retries) + 1, "heartbeat");
        format!(" for {}, and {heartbeats} went unanswered", figure(rule.detection_time()))
    });
    match reason {
        "killed" => Why::new(
            format!(
                "{name} was killed and could say nothing more. Its kernel ends the stream in its \
                 place, and if the line is up, the server reads that end at once."
            ),
            &["server/src/conversation.rs", "server/src/ending.rs"],
        ),
        "unanswered" => Why::new(
            format!(
                "{name} took the server for dead: no byte came{dead}. That is the verdict of its \
                 rule; its last words in the story say what its kernel knew."
            ),
            &["client/src/liveness.rs", "client/src/heartbeat.rs", "common/src/diagnosis.rs"],
        ),
        "server closed" => Why::new(
            format!(
                "{name} read the end of the server's stream, so it had nothing to wait for. The \
                 server sends it when it evicts or stops, and its kernel when it is killed."
            ),
            &["client/src/receive.rs", "server/src/connection.rs", "client/src/ending.rs"],
        ),
        "reset" => Why::new(
            format!(
                "A reset came for {name}, which ends a connection at once and without a reason. \
                 It may come from the other end's kernel or from something on the way."
            ),
            &["common/src/verdict.rs", "client/src/ending.rs", "docs/detection.md"],
        ),
        "gave up" => Why::new(
            format!(
                "The kernel gave the connection of {name} up: the other end left its probes or its \
                 bytes unacknowledged for too long. The program learns it from an error."
            ),
            &["common/src/detect.rs", "common/src/diagnosis.rs", "client/src/ending.rs"],
        ),
        "silent" => Why::new(
            format!(
                "The server evicted {name}, from which it had heard nothing for its whole timeout. \
                 That entry was at the front of the queue."
            ),
            &["server/src/reaper.rs", "server/src/timeout_queue.rs", "server/src/ending.rs"],
        ),
        "not reading" => Why::new(
            format!(
                "The server evicted {name}, which had taken nothing for its whole timeout. Replies \
                 waited for {name}, and its kernel had no room for more: the program did not read."
            ),
            &["server/src/reaper.rs", "server/src/connection.rs", "common/src/diagnosis.rs"],
        ),
        "host silent" => Why::new(
            format!(
                "The server evicted {name}, from which it had heard nothing for its whole timeout. \
                 Its kernel did not answer either, so its host or the line to it may be down."
            ),
            &["server/src/reaper.rs", "server/src/ending.rs", "common/src/diagnosis.rs"],
        ),
        "closed by client" => Why::new(
            format!("The stream of {name} was ended from its side, and the server read that end."),
            &["server/src/conversation.rs", "server/src/ending.rs"],
        ),
        "complete" => Why::new(
            format!("The input of {name} ended, and everything that it had sent was answered."),
            &["client/src/session.rs", "client/src/ending.rs"],
        ),
        "gone without a word" => Why::new(
            format!(
                "{name} ended without a last word, and not by the lab. So does a program that \
                 somebody else kills, or that is started with wrong flags."
            ),
            &["client/src/ending.rs", "client/src/main.rs"],
        ),
        "left" => Why::new(
            format!(
                "{name} has closed its connection. The lab does not read the log of a client of \
                 another terminal, so its reason stands there."
            ),
            &["client/src/ending.rs", "server/src/conversation.rs"],
        ),
        other => Why::new(
            format!("{name} has ended, and its last word is: {other}."),
            &["client/src/ending.rs", "server/src/ending.rs", "docs/log.md"],
        ),
    }
}
