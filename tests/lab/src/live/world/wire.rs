//! The messages on the wire, per connection: from the segments, or where no segment can be seen,
//! from what the programs log.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::{
    event::{Content, Role},
    live::input::{Segment, Socket, TimerKind, is_before},
};

/// How many messages of a connection are kept.
const KEPT: usize = 200;

/// So many connections are kept, also if nobody is known to hold them.
const MOST: usize = 1000;

/// What has passed on all connections, by the port at the client's end.
#[derive(Debug, Clone, Default)]
pub struct Wire {
    connections: HashMap<u16, Connection>,
}

#[derive(Debug, Clone, Default)]
struct Connection {
    passed: VecDeque<Passed>,
    client: Stream,
    server: Stream,
}

/// One direction of a connection.
#[derive(Debug, Clone, Default)]
struct Stream {
    /// The number of the next byte.
    next: Option<u32>,
    /// Bytes that were lost, and will be sent again.
    lost: bool,
}

/// Something that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    pub at: Duration,
    pub from: Role,
    pub what: Sent,
    pub fate: Fate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// Bytes, or the end of a stream, or a reset. Of many bytes only the first are known.
    Message { content: Content, bytes: u32 },
    /// The connection is being made.
    Opening,
    /// An acknowledgement without bytes.
    Bare,
    /// The kernel asks whether the other end is there.
    Keepalive,
    /// The kernel asks whether the other end has room again.
    WindowProbe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Arrived,
    /// TCP sent bytes again, and now they arrived.
    ArrivedAgain,
    /// The line was cut.
    Lost,
}

impl Wire {
    /// What passed on the connections with these ports, in order of time.
    pub fn passed(&self, ports: &[u16]) -> Vec<&Passed> {
        let connections = ports.iter().filter_map(|port| self.connections.get(port));
        connections.flat_map(|connection| &connection.passed).collect()
    }

    /// Whether there are so many connections that some must be forgotten.
    pub(super) fn is_full(&self) -> bool {
        self.connections.len() > MOST
    }

    /// Forgets the connections for whose ports the condition does not hold.
    pub(super) fn retain(&mut self, is_kept: impl Fn(u16) -> bool) {
        self.connections.retain(|port, _| is_kept(*port));
    }

    /// A segment passed. `sender` is its end of the connection, if the kernel has told of it.
    pub fn segment(&mut self, at: Duration, segment: &Segment, sender: Option<&Socket>) {
        let connection = self.connections.entry(segment.port).or_default();
        if segment.syn && segment.from == Role::Client {
            *connection = Connection::default(); // the port is used again
        }
        let what = connection.classify(segment, sender);
        let stream = connection.stream(segment.from);
        let has_bytes = segment.len > 0;
        let is_again = has_bytes
            && (stream.lost || stream.next.is_some_and(|next| is_before(segment.seq, next)));
        let fate = if is_again { Fate::ArrivedAgain } else { Fate::Arrived };
        if has_bytes {
            stream.lost = false;
        }
        let length = segment.len + u32::from(segment.syn) + u32::from(segment.fin);
        let end = segment.seq.wrapping_add(length);
        if stream.next.is_none_or(|next| is_before(next, end)) {
            stream.next = Some(end);
        }
        connection.add(Passed { at, from: segment.from, what, fate });
    }

    /// A program sent bytes into a cut line, or no segment can be seen.
    pub fn told(&mut self, at: Duration, port: u16, from: Role, bytes: &[u8], fate: Fate) {
        let connection = self.connections.entry(port).or_default();
        connection.stream(from).lost |= fate == Fate::Lost;
        let content = Content::Bytes(bytes.to_vec());
        let what = Sent::Message { content, bytes: u32::try_from(bytes.len()).unwrap_or(u32::MAX) };
        connection.add(Passed { at, from, what, fate });
    }
}

impl Connection {
    fn stream(&mut self, from: Role) -> &mut Stream {
        match from {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    fn classify(&mut self, segment: &Segment, sender: Option<&Socket>) -> Sent {
        let message = |content| Sent::Message { content, bytes: segment.len };
        let next = self.stream(segment.from).next;
        let timer = sender.and_then(|socket| socket.timer).map(|timer| timer.kind);
        if segment.rst {
            message(Content::Reset)
        } else if segment.syn {
            Sent::Opening
        } else if segment.len > 0 {
            message(Content::Bytes(segment.text.clone().into_bytes()))
        } else if segment.fin {
            message(Content::EndOfStream)
        } else if next.is_some_and(|next| segment.seq == next.wrapping_sub(1)) {
            // A probe repeats the number of the byte before the next one, and has no bytes. For a
            // closed window it looks the same; only the timer tells.
            match timer {
                Some(TimerKind::WindowProbe) => Sent::WindowProbe,
                _ => Sent::Keepalive,
            }
        } else {
            Sent::Bare
        }
    }

    fn add(&mut self, passed: Passed) {
        if self.passed.len() == KEPT {
            self.passed.pop_front();
        }
        self.passed.push_back(passed);
    }
}
