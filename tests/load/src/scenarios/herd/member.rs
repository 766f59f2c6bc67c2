//! One connection of the herd: how it loses its server, waits, and comes back.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::SocketAddr,
    time::Instant,
};

use client::{budget::Budget, liveness::HeartbeatRule, servers::Trouble};
use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};
use mio::{Interest, Registry, Token, net::TcpStream};

use super::{
    findings::Tally,
    pauses::{Pauses, Rule},
};
use crate::room::advise;

pub(super) struct Member {
    /// `None` while it waits.
    stream: Option<TcpStream>,
    state: State,
    rule: Rule,
    /// When its last connect was begun.
    begun: Instant,
    /// When it has something to do although nothing comes.
    pub(super) alarm: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Connecting,
    /// The heartbeat is sent; so many bytes of its acknowledgement have come.
    Confirming(usize),
    Live,
}

impl Member {
    /// A member that is connected and has had a reply.
    pub(super) fn live(
        stream: std::net::TcpStream,
        pauses: Pauses,
        token: Token,
        registry: &Registry,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE)?;
        let begun = Instant::now();
        let rule = Rule::new(pauses, begun);
        Ok(Self { stream: Some(stream), state: State::Live, rule, begun, alarm: None })
    }

    pub(super) fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Does what is due: begins a connect, or gives one up that has taken too long.
    pub(super) fn wake(
        &mut self,
        server: SocketAddr,
        token: Token,
        registry: &Registry,
        tally: &mut Tally,
    ) -> io::Result<()> {
        match self.state {
            State::Waiting => match self.begin(server, token, registry, tally) {
                Ok(()) => Ok(()),
                Err(error) => self.fail(trouble(error)?, tally),
            },
            State::Connecting => self.fail(Trouble::Unreachable, tally),
            State::Confirming(_) => self.fail(Trouble::Hung, tally),
            State::Live => Ok(()),
        }
    }

    fn begin(
        &mut self,
        server: SocketAddr,
        token: Token,
        registry: &Registry,
        tally: &mut Tally,
    ) -> io::Result<()> {
        let now = Instant::now();
        self.rule.attempt();
        tally.begun(now);
        self.begun = now;
        let mut stream = TcpStream::connect(server)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        self.stream = Some(stream);
        self.state = State::Connecting;
        self.alarm = Some(now + Budget::WHOLE);
        Ok(())
    }

    /// Goes on after an event of its connection.
    pub(super) fn go_on(&mut self, tally: &mut Tally) -> io::Result<()> {
        match self.try_to_go_on(tally) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => self.fail(trouble(error)?, tally),
        }
    }

    fn try_to_go_on(&mut self, tally: &mut Tally) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        if self.state == State::Connecting {
            if let Some(error) = stream.take_error()? {
                return Err(error);
            }
            if stream.peer_addr().is_err() {
                return Ok(()); // not connected yet
            }
            if stream.write(HEARTBEAT)? < HEARTBEAT.len() {
                return Err(io::Error::other("a heartbeat did not fit"));
            }
            self.state = State::Confirming(0);
            self.alarm = Some(Instant::now() + HeartbeatRule::ARTICLE.interval.get());
        }
        let mut block = [0; 16];
        loop {
            let count = stream.read(&mut block)?;
            let State::Confirming(answered) = self.state else {
                return Err(unexpected(count));
            };
            let answer = &ACKNOWLEDGEMENT[answered..];
            if count == 0 || !answer.starts_with(&block[..count]) {
                return Err(unexpected(count));
            }
            self.state = State::Confirming(answered + count);
            if count == answer.len() {
                self.state = State::Live;
                self.alarm = None;
                tally.answered(self.begun, Instant::now());
            }
        }
    }

    fn fail(&mut self, trouble: Trouble, tally: &mut Tally) -> io::Result<()> {
        let now = Instant::now();
        if self.is_live() {
            tally.lost(now);
        } else {
            tally.failed(trouble);
        }
        self.stream = None;
        self.state = State::Waiting;
        self.alarm = Some(self.rule.next(trouble, now)?);
        Ok(())
    }
}

/// What an end of stream is, or an answer that nobody asked for.
fn unexpected(count: usize) -> io::Error {
    match count {
        0 => ErrorKind::UnexpectedEof.into(),
        _ => io::Error::other("the answer to a heartbeat is wrong"),
    }
}

/// What the client's rule is told of this error. Another error is not the server's.
fn trouble(error: io::Error) -> io::Result<Trouble> {
    match error.kind() {
        ErrorKind::ConnectionRefused => Ok(Trouble::Refused),
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => Ok(Trouble::Ended),
        ErrorKind::TimedOut => Ok(Trouble::Unreachable),
        _ => Err(advise(error)),
    }
}
