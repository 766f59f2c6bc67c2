//! The heartbeat thread: does what the rule in [`liveness`](crate::liveness) says, and
//! sleeps until it next says something.

use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tracing::{info, warn};

use common::{console::Millis, diagnosis::Finding};

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::{Ending, Unanswered},
    liveness::{HeartbeatRule, Liveness, Step},
    outgoing::{NotSent, Outgoing},
    receive::Answered,
};

/// Keeps the connection alive until the receiver is gone, or the rule finds the server dead.
pub fn run(
    rule: HeartbeatRule,
    outgoing: &Outgoing,
    activity: &Activity,
    answered: &Receiver<Answered>,
    end: &EndSignal,
) {
    let mut liveness = Liveness::new(rule, activity.last_heard().0);
    let (mut unsent, mut not_sent) = (0, None);
    let mut counted = 0;
    loop {
        let (now, (heard, bytes_read)) = (Instant::now(), activity.last_heard());
        let silence = now.saturating_duration_since(heard);
        match liveness.step(heard, now) {
            Step::Wait(deadline) => match answered.recv_deadline(deadline) {
                Ok(Answered { number: Some(number), round_trip }) => {
                    info!("heartbeat {number} answered in {}", Millis(round_trip));
                }
                Ok(Answered { number: None, .. }) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            },
            Step::Heartbeat(number) => {
                let so_far = match number {
                    1 => String::new(),
                    _ => so_far(number - 1, outgoing.finding(silence)),
                };
                if number == 1 {
                    (unsent, not_sent) = (0, None);
                }
                match outgoing.heartbeat(Some(number), now + rule.interval()) {
                    Ok(()) => info!("heartbeat {number} sent{so_far}"),
                    Err(reason) => {
                        unsent += 1;
                        not_sent = Some(reason);
                        if reason != NotSent::Closed {
                            warn!("heartbeat {number} could not be sent: {reason}{so_far}");
                        }
                    }
                }
            }
            Step::Dead(_) if !activity.is_listening() => {
                warn!("our own output is blocked, so the server cannot be heard");
                liveness = Liveness::new(rule, now);
            }
            Step::Dead(silence) => {
                // What came while this process was stopped, the receiver, woken with us, is
                // about to read. It counts once: TCP's urgent bytes are never read.
                let unread = outgoing.received().filter(|&count| count > bytes_read.max(counted));
                if let Some(count) = unread {
                    counted = count;
                    liveness = Liveness::new(rule, now);
                    continue;
                }
                let finding = outgoing.finding(silence.lasted);
                let unanswered = Unanswered { silence, unsent, not_sent, finding };
                end.signal(Ending::Unanswered(unanswered));
                return;
            }
        }
    }
}

/// What is known after so many unanswered heartbeats, in half a line.
fn so_far(unanswered: u32, finding: Option<Finding>) -> String {
    let known = finding.map_or_else(String::new, |finding| format!(": {}", finding.so_far()));
    format!(" ({unanswered} unanswered{known})")
}
