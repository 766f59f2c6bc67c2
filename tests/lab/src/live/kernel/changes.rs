//! Small differences that are no change. The kernel's clock ticks every few milliseconds, so one
//! and the same moment comes out a little different each time.

use crate::{
    event::Role,
    live::input::{Sample, Socket},
};

/// Moments nearer to each other than this, in seconds, are one.
const ONE_MOMENT: f64 = 0.02;

/// What tells one end from another. Samples are in this order.
pub(super) fn key(end: &Socket) -> (u16, bool) {
    (end.port, end.end == Role::Server)
}

/// Gives each figure of `sample` that has not changed the value that it has in `last`.
pub(super) fn keep_unchanged(sample: &mut Sample, last: &Sample) {
    for end in &mut sample.sockets {
        let before = last.sockets.binary_search_by_key(&key(end), key);
        if let Ok(before) = before {
            keep(end, &last.sockets[before]);
        }
    }
}

fn keep(end: &mut Socket, before: &Socket) {
    if let (Some(timer), Some(before)) = (&mut end.timer, before.timer)
        && timer.kind == before.kind
        && is_one_moment(timer.fires_s, before.fires_s)
    {
        *timer = before;
    }
    let moments =
        [(&mut end.data_came_s, before.data_came_s), (&mut end.ack_came_s, before.ack_came_s)];
    for (moment, before) in moments {
        if moment.zip(before).is_some_and(|(moment, before)| is_one_moment(moment, before)) {
            *moment = before;
        }
    }
    if let (Some(now), Some(before)) = (&mut end.round_trip_ms, before.round_trip_ms)
        && (before / 2.0..before * 2.0).contains(now)
    {
        *now = before;
    }
}

fn is_one_moment(one: f64, other: f64) -> bool {
    (one - other).abs() < ONE_MOMENT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::input::{Timer, TimerKind};

    fn end(port: u16, moment: f64) -> Socket {
        Socket {
            pid: Some(7),
            timer: Some(Timer { kind: TimerKind::Keepalive, fires_s: moment }),
            data_came_s: Some(moment),
            ack_came_s: Some(moment),
            round_trip_ms: Some(moment),
            ..Socket::new(Role::Client, port)
        }
    }

    fn sample(sockets: Vec<Socket>) -> Sample {
        Sample { sockets, processes: Vec::new() }
    }

    /// The sample `new` after `last` was returned.
    fn after(last: &Sample, mut new: Sample) -> Sample {
        keep_unchanged(&mut new, last);
        new
    }

    #[test]
    fn a_moment_that_moves_by_a_tick_stands() {
        let last = sample(vec![end(1, 5.0), end(2, 7.0)]);
        assert_eq!(after(&last, sample(vec![end(1, 5.019), end(2, 6.981)])), last);
    }

    #[test]
    fn a_moment_that_moves_further_is_a_change() {
        let last = sample(vec![end(1, 5.0)]);
        let mut new = sample(vec![end(1, 5.03)]);
        new.sockets[0].round_trip_ms = Some(5.0);
        assert_eq!(after(&last, new.clone()), new);
    }

    #[test]
    fn a_round_trip_is_a_change_from_the_double_and_the_half_on() {
        let last = sample(vec![end(1, 5.0)]);
        let round_trip = |time| {
            let mut new = last.clone();
            new.sockets[0].round_trip_ms = Some(time);
            after(&last, new).sockets[0].round_trip_ms
        };
        assert_eq!([9.9, 2.6].map(round_trip), [Some(5.0); 2]);
        assert_eq!([10.0, 2.4].map(round_trip), [Some(10.0), Some(2.4)]);
    }

    #[test]
    fn another_timer_is_a_change_though_it_fires_at_the_same_moment() {
        let last = sample(vec![end(1, 5.0)]);
        let mut new = last.clone();
        new.sockets[0].timer = Some(Timer { kind: TimerKind::Retransmit, fires_s: 5.0 });
        assert_eq!(after(&last, new.clone()), new);
    }

    #[test]
    fn what_comes_and_goes_is_a_change() {
        let (one, other) = (sample(vec![end(1, 5.0)]), sample(vec![end(2, 5.0)]));
        assert_eq!(after(&one, other.clone()), other);
    }
}
