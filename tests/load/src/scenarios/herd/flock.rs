//! All connections of the herd, on one thread.

use std::{
    cmp::Reverse, collections::BinaryHeap, io, net::SocketAddr, sync::mpsc::Receiver, time::Instant,
};

use mio::{Events, Poll, Token, Waker};
use tests::DEADLINE;

use super::{
    findings::{Findings, Tally},
    member::Member,
    pauses::Pauses,
};

/// The token of the server's restart. The others are the members' numbers.
const RESTART: Token = Token(usize::MAX);

pub(super) struct Flock {
    server: SocketAddr,
    poll: Poll,
    members: Vec<Member>,
    /// When a member has something to do. An alarm that is not its member's any more is ignored.
    alarms: BinaryHeap<Reverse<(Instant, usize)>>,
    live: usize,
    tally: Tally,
}

impl Flock {
    /// Takes connections that have each had a reply.
    pub(super) fn new(
        server: SocketAddr,
        streams: Vec<std::net::TcpStream>,
        pauses: Pauses,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let live = |(number, stream)| Member::live(stream, pauses, Token(number), poll.registry());
        let members: Vec<_> =
            streams.into_iter().enumerate().map(live).collect::<Result<_, _>>()?;
        let (alarms, live, tally) = (BinaryHeap::new(), members.len(), Tally::default());
        Ok(Self { server, poll, members, alarms, live, tally })
    }

    /// Wakes the flock when the server has been restarted.
    pub(super) fn waker(&self) -> io::Result<Waker> {
        Waker::new(self.poll.registry(), RESTART)
    }

    /// Waits until each member has lost its server and all are back.
    pub(super) fn come_back(
        mut self,
        restarted: &Receiver<io::Result<Instant>>,
    ) -> io::Result<Findings> {
        let mut events = Events::with_capacity(1024);
        let deadline = Instant::now() + 2 * DEADLINE;
        let mut listening = None;
        while self.tally.lost < self.members.len() || self.live < self.members.len() {
            let now = Instant::now();
            if now >= deadline {
                let message = format!("{} of {} are back", self.live, self.members.len());
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            let next = self.alarms.peek().map_or(deadline, |alarm| alarm.0.0.min(deadline));
            match self.poll.poll(&mut events, Some(next.saturating_duration_since(now))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                if event.token() == RESTART {
                    listening = restarted.recv().ok().transpose()?;
                } else {
                    self.let_one(event.token().0, |member, _, tally| member.go_on(tally))?;
                }
            }
            self.wake_due(Instant::now())?;
        }
        // All may be back before the news of the restart.
        let listening = match listening {
            Some(listening) => listening,
            None => restarted.recv().map_err(io::Error::other)??,
        };
        Ok(self.tally.findings(listening))
    }

    /// Wakes each member whose alarm is due. An alarm that is set meanwhile is for the next time.
    fn wake_due(&mut self, now: Instant) -> io::Result<()> {
        while let Some(&Reverse((at, number))) = self.alarms.peek()
            && at <= now
        {
            self.alarms.pop();
            if self.members[number].alarm == Some(at) {
                let server = self.server;
                self.let_one(number, |member, poll, tally| {
                    member.wake(server, Token(number), poll.registry(), tally)
                })?;
            }
        }
        Ok(())
    }

    /// Lets one member act, and keeps account of it.
    fn let_one(
        &mut self,
        number: usize,
        act: impl FnOnce(&mut Member, &Poll, &mut Tally) -> io::Result<()>,
    ) -> io::Result<()> {
        let member = &mut self.members[number];
        let (was_live, alarm) = (member.is_live(), member.alarm);
        act(member, &self.poll, &mut self.tally)?;
        self.live = self.live + usize::from(member.is_live()) - usize::from(was_live);
        if let Some(at) = member.alarm.filter(|_| member.alarm != alarm) {
            self.alarms.push(Reverse((at, number)));
        }
        Ok(())
    }
}
