//! The question that both programs ask before they call a silent peer dead: has it said
//! something that nobody has read yet?
//!
//! The thread that reads may have been held up: the whole process was stopped, or the machine
//! is busy. Then the peer's bytes lie in the kernel, and the peer lives.

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

/// What to do about a peer whose time has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It has spoken, so it lives.
    Heard,
    /// Ask again after this long.
    Wait(Duration),
    /// It has said nothing.
    Dead,
}

/// How long a reader that may have been held up gets to read.
const GRACE: Duration = Duration::from_millis(100);

/// A verdict this much after its deadline says that this process was held up. A busy machine
/// delays a thread by less.
const LATE: Duration = Duration::from_secs(1);

/// Judges a peer whose deadline passed `late` ago. `waited` says whether this silence has had
/// its [`Verdict::Wait`] already: there is one for each silence, or a program that is always
/// late would never judge.
pub fn judge(unread: Unread, late: Duration, waited: bool) -> Verdict {
    match unread {
        Unread::Something => Verdict::Heard,
        Unread::Unknown if !waited && (cfg!(unix) || late > LATE) => Verdict::Wait(GRACE),
        Unread::Unknown | Unread::Nothing => Verdict::Dead,
    }
}
