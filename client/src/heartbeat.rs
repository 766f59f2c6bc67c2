//! The heartbeat thread: does what the rule in [`liveness`](crate::liveness) says, and
//! sleeps until it next says something.

use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tracing::{info, warn};

use common::console::Millis;

use crate::{
    activity::Activity,
    end::End,
    ending::Ending,
    liveness::{HeartbeatRule, Liveness, Step},
    outgoing::{NotSent, Outgoing},
    receive::Answered,
};

/// Keeps the line alive until the receiver is gone, or the rule finds the server dead.
pub fn run(
    rule: HeartbeatRule,
    outgoing: &Outgoing,
    activity: &Activity,
    answered: &Receiver<Answered>,
    end: &End,
) {
    let mut liveness = Liveness::new(rule, activity.last_heard());
    let mut unsent = 0;
    loop {
        let now = Instant::now();
        match liveness.step(activity.last_heard(), now) {
            Step::Wait(deadline) => match answered.recv_deadline(deadline) {
                Ok(Answered { number, round_trip }) => {
                    info!("heartbeat {number} answered in {}", Millis(round_trip));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            },
            Step::Heartbeat(number) => {
                if number == 1 {
                    unsent = 0;
                }
                match outgoing.heartbeat(number, now + rule.interval()) {
                    Ok(()) => info!("heartbeat {number} sent"),
                    Err(reason) => {
                        unsent += 1;
                        if reason != NotSent::Closed {
                            warn!("heartbeat {number} could not be sent: {reason}");
                        }
                    }
                }
            }
            Step::Dead(_) if !activity.is_listening() => {
                warn!("our own output is blocked, so the server cannot be heard");
                liveness = Liveness::new(rule, now);
            }
            Step::Dead(silence) => {
                return end.signal(Ending::Unanswered { silence, unsent });
            }
        }
    }
}
