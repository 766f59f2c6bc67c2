//! The client's side of server → client.
//!
//! `OK` is an acknowledgement only where one is due: after the echo of the last line that was
//! sent before a heartbeat. Anywhere else it is the echo of a typed `ok`. So each heartbeat is
//! announced to the reader before its bytes go out, and the reader counts lines.
//!
//! Other servers answer in more ways, which are accepted where an acknowledgement is due. The
//! article's sends `OK\0rtBeat` (it copies `OK` and a NUL over the nine bytes received and writes
//! nine bytes back), and `HEARTBEAT` (it did not recognise the token, and echoed it). A server that
//! sends back whatever comes sends `HeartBeat`. No echo has a lower-case letter, so neither these
//! nor the server's probe can be mistaken.
//!
//! A probe may cross a heartbeat on its way. Then it counts as the acknowledgement, and the `OK`
//! that follows is passed over. If a proxy has ended our stream within the heartbeat, the server
//! takes the half for text. So the beginning of a heartbeat's echo is held back at the same place.

use std::{collections::VecDeque, ops::Range, time::Instant};

use super::{ACKNOWLEDGEMENT, HEARTBEAT, ReadBuffer};

/// What follows `OK` in the original server's acknowledgement.
const ORIGINAL_TAIL: &[u8] = b"\0rtBeat";

/// The echo of a heartbeat that the original server did not recognise.
const ORIGINAL_ECHO: &[u8] = b"HEARTBEAT";

/// A heartbeat, as it is announced before its bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentHeartbeat {
    /// Its number within the silence, from 1; none if it answers a probe or is the first question.
    pub number: Option<u32>,
    /// The lines that were sent before it.
    pub after_lines: u64,
    /// When it was about to be handed to the kernel.
    pub at: Instant,
}

/// A message from the server that is not echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The acknowledgement of this heartbeat.
    Acknowledgement(SentHeartbeat),
    /// The server asks for a heartbeat.
    Probe,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    LineStart,
    InLine,
    AfterOk,
}

/// The message at a line's start.
enum Start {
    Probe,
    Acknowledgement(&'static [u8]),
    /// A late `OK`: a probe was counted as its heartbeat's acknowledgement.
    LateOk,
    Undecided,
    Echo,
}

/// Reads the server's bytes and parts the echo from everything else, in place.
pub struct ReplyReader {
    buffer: ReadBuffer,
    place: Place,
    due: VecDeque<SentHeartbeat>,
    /// Tokens at this line's start that were counted as acknowledgements. If they were probes, the
    /// same number of `OK`s still comes.
    late_oks: u32,
    /// Whether the server sends our heartbeats back, so that a token is no probe.
    echoes_tokens: bool,
    lines: u64,
}

impl ReplyReader {
    /// A reader at the start of a stream that takes up to `capacity` bytes a read.
    ///
    /// # Panics
    /// If `capacity` is nine bytes or fewer: it could not hold a token and more.
    pub fn new(capacity: usize) -> Self {
        Self {
            buffer: ReadBuffer::new(capacity),
            place: Place::LineStart,
            due: VecDeque::new(),
            late_oks: 0,
            echoes_tokens: false,
            lines: 0,
        }
    }

    /// Announces a heartbeat. Heartbeats are announced in the order in which they go out.
    pub fn expect(&mut self, heartbeat: SentHeartbeat) {
        self.due.push_back(heartbeat);
    }

    /// Where the next read goes. It is never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    /// Takes the `received` bytes that were read into [`space`](Self::space), calls `seen` with
    /// everything that is not echo, and returns the echo.
    ///
    /// # Panics
    /// If `received` is more than the space that was lent.
    pub fn take(&mut self, received: usize, mut seen: impl FnMut(Reply)) -> &[u8] {
        let end = self.buffer.end(received);
        let (mut read, mut written) = (0, 0);

        while read < end {
            match self.place {
                Place::LineStart => {
                    let due = self.due_here();
                    let rest = &self.buffer.bytes[read..end];
                    match recognise(rest, due.is_some(), self.late_oks > 0) {
                        Start::Undecided => break,
                        Start::Echo => {
                            self.place = Place::InLine;
                            self.late_oks = 0;
                        }
                        Start::Probe => {
                            if !self.echoes_tokens {
                                seen(Reply::Probe);
                            }
                            read += HEARTBEAT.len();
                        }
                        Start::LateOk => {
                            self.late_oks -= 1;
                            self.echoes_tokens = false;
                            read += ACKNOWLEDGEMENT.len();
                        }
                        Start::Acknowledgement(token) => {
                            seen(Reply::Acknowledgement(
                                due.expect("only a due one is recognised"),
                            ));
                            self.due.pop_front();
                            read += token.len();
                            if token == HEARTBEAT {
                                self.late_oks += 1;
                                self.echoes_tokens = true;
                            } else if token == ACKNOWLEDGEMENT {
                                self.place = Place::AfterOk;
                            }
                        }
                    }
                }
                Place::AfterOk => {
                    let rest = &self.buffer.bytes[read..end];
                    if rest.starts_with(ORIGINAL_TAIL) {
                        read += ORIGINAL_TAIL.len();
                    } else if ORIGINAL_TAIL.starts_with(rest) {
                        break;
                    }
                    self.place = Place::LineStart;
                }
                Place::InLine => {
                    let length = self.echo_length(read..end);
                    self.buffer.bytes.copy_within(read..read + length, written);
                    read += length;
                    written += length;
                }
            }
        }

        self.buffer.undecided = read..end;
        &self.buffer.bytes[..written]
    }

    /// The stream has ended, so bytes that were held back are echo, or a message that was cut
    /// short.
    pub fn finish(&mut self) -> &[u8] {
        let held = self.buffer.undecided.clone();
        self.buffer.undecided = 0..0;
        &self.buffer.bytes[held]
    }

    /// Whether an acknowledgement must come before any further echo.
    pub fn acknowledgement_is_due(&mut self) -> bool {
        self.due_here().is_some()
    }

    /// Whole lines of echo so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The heartbeat whose acknowledgement belongs at this line's start.
    fn due_here(&mut self) -> Option<SentHeartbeat> {
        self.forget_before(self.lines);
        self.due.front().filter(|heartbeat| heartbeat.after_lines == self.lines).copied()
    }

    /// Forgets heartbeats that were due before this line. A server answers in order, so it will
    /// not answer them any more.
    fn forget_before(&mut self, lines: u64) {
        while self.due.front().is_some_and(|heartbeat| heartbeat.after_lines < lines) {
            self.due.pop_front();
        }
    }

    /// How many of these bytes are certainly echo, if the first one is: all up to the first start of
    /// a line where a probe may stand or an acknowledgement is due.
    fn echo_length(&mut self, range: Range<usize>) -> usize {
        self.forget_before(self.lines + 1); // we are within the next line
        let bytes = &self.buffer.bytes[range];
        let due_after = self.due.front().map(|heartbeat| heartbeat.after_lines);
        for newline in memchr::memchr_iter(b'\n', bytes) {
            self.lines += 1;
            if due_after == Some(self.lines) || bytes.get(newline + 1) == Some(&HEARTBEAT[0]) {
                self.place = Place::LineStart;
                return newline + 1;
            }
        }
        if bytes.ends_with(b"\n") {
            self.place = Place::LineStart;
        }
        bytes.len()
    }
}

fn recognise(rest: &[u8], acknowledgement_is_due: bool, ok_may_follow: bool) -> Start {
    let acknowledgements: &[&'static [u8]] =
        if acknowledgement_is_due { &[ACKNOWLEDGEMENT, ORIGINAL_ECHO, HEARTBEAT] } else { &[] };
    let ok_may_follow = ok_may_follow && !acknowledgement_is_due;
    if let Some(token) = acknowledgements.iter().find(|token| rest.starts_with(token)) {
        Start::Acknowledgement(token)
    } else if rest.starts_with(HEARTBEAT) {
        Start::Probe
    } else if ok_may_follow && rest.starts_with(ACKNOWLEDGEMENT) {
        Start::LateOk
    } else if HEARTBEAT.starts_with(rest)
        || acknowledgements.iter().any(|token| token.starts_with(rest))
        || ok_may_follow
            && [ACKNOWLEDGEMENT, ORIGINAL_ECHO].iter().any(|token| token.starts_with(rest))
    {
        Start::Undecided
    } else {
        Start::Echo
    }
}
