//! The question that both programs ask before they call a silent peer dead: does it live all the
//! same?
//!
//! It may have said something that nobody has read yet. The thread that reads may have been held
//! up: the whole process was stopped, or the machine is busy. Then the peer's bytes lie in the
//! kernel.
//!
//! Or it may be taking what we send, so slowly that our bytes wait for room. A peer that reads is
//! alive, though it says nothing.

use std::time::Duration;

/// What the kernel holds of a peer's bytes that the program has not entered in its books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unread {
    /// Nothing.
    Nothing,
    /// Bytes, an end of stream or an error that a read would return at once.
    Something,
    /// This cannot be told: the system cannot be asked, or the thread that reads may be held up
    /// before it enters bytes that it has taken.
    Unknown,
}

/// A peer from which nothing was read for as long as it may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suspect {
    /// How long it may be silent.
    pub patience: Duration,
    /// What the kernel holds of its bytes.
    pub unread: Unread,
    /// How long ago it last made room for bytes of ours, if they have to wait for room.
    pub took: Option<Duration>,
    /// Whether this silence has had its [`Verdict::Wait`]. There is one for each silence, or a
    /// program that is always late would never judge.
    pub waited: bool,
}

/// What to do about a suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It lives: this long ago it said something, or took something.
    Alive(Duration),
    /// Ask again after this long.
    Wait(Duration),
    /// It has said nothing and taken nothing.
    Dead,
}

/// How long a reader that may have been held up gets to read.
const GRACE: Duration = Duration::from_millis(100);

/// A wait that ends this much after its deadline says that this process was stopped (SIGSTOP, a
/// suspended machine). A busy machine delays a thread by less.
pub const LATE: Duration = Duration::from_secs(1);

impl Suspect {
    /// The verdict.
    pub fn judge(&self) -> Verdict {
        match (self.unread, self.took) {
            (Unread::Something, _) => Verdict::Alive(Duration::ZERO),
            (_, Some(ago)) if ago < self.patience => Verdict::Alive(ago),
            (Unread::Unknown, _) if !self.waited => Verdict::Wait(GRACE),
            (Unread::Unknown | Unread::Nothing, _) => Verdict::Dead,
        }
    }
}
