//! The text that was sent and has not come back: what the next echo must be, byte for byte.
//!
//! At most 8 MiB are kept. Then the input waits until some have come back, so a server
//! that takes everything and answers nothing costs no memory without end.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

/// How many bytes may be unanswered before the input waits: more than the kernels of both sides
/// hold by default, so this limit alone slows nothing down.
const MOST: usize = 8 * 1024 * 1024;

/// The echo that is due.
#[derive(Default)]
pub struct Unanswered {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    due: VecDeque<u8>,
    /// Whether anything can still come back.
    over: bool,
}

/// A reply that is not the echo that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongReply {
    /// How many bytes of the reply were right.
    pub right: usize,
    /// The bytes that came, from the start of the line that is wrong.
    pub came: Vec<u8>,
    /// The line that was due instead. It is empty if all was answered.
    pub due: Vec<u8>,
}

impl Unanswered {
    /// Waits until there is room for `more` bytes, or until nothing can come back any more. The
    /// caller watches nothing else meanwhile.
    pub fn wait_for_room(&self, more: usize) {
        let is_full = |state: &mut State| state.due.len() + more > MOST && !state.over;
        self.changed.wait_while(&mut self.state.lock(), is_full);
    }

    /// Enters text that is about to be sent.
    pub fn enter(&self, text: &[u8]) {
        let mut state = self.state.lock();
        let start = state.due.len();
        let needed = start + text.len();
        if needed > state.due.capacity() {
            // By itself the buffer would grow to more than the most that it must hold.
            state.due.reserve_exact(needed.next_power_of_two() - start);
        }
        state.due.extend(text);
        let (front, back) = state.due.as_mut_slices();
        let in_back = start.saturating_sub(front.len());
        if start < front.len() {
            front[start..].make_ascii_uppercase();
        }
        back[in_back..].make_ascii_uppercase();
    }

    /// Takes out what has come back.
    ///
    /// # Errors
    /// When it is not what was due. Then nothing more is taken out than what was right.
    pub fn take(&self, echo: &[u8]) -> Result<(), WrongReply> {
        let mut state = self.state.lock();
        let right = common_length(&state.due, echo);
        state.due.drain(..right);
        self.changed.notify_all();
        if right == echo.len() {
            return Ok(());
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let line = memchr::memrchr(b'\n', &echo[..right]).map_or(0, |end| end + 1);
        let length = state.due.iter().position(is_end).map_or(state.due.len(), |end| end + 1);
        let due = echo[line..right].iter().chain(state.due.iter().take(length)).copied().collect();
        Err(WrongReply { right, came: echo[line..].to_vec(), due })
    }

    /// Enters that nothing can come back any more, and wakes the thread that waits for room.
    pub fn close(&self) {
        self.state.lock().over = true;
        self.changed.notify_all();
    }

    /// Lines that have not come back. A last line without its newline counts.
    pub fn lines(&self) -> u64 {
        let state = self.state.lock();
        let (front, back) = state.due.as_slices();
        let newlines: usize =
            [front, back].map(|part| memchr::memchr_iter(b'\n', part).count()).iter().sum();
        let open = state.due.back().is_some_and(|&last| last != b'\n');
        newlines as u64 + u64::from(open)
    }
}

/// How many bytes `due` and `echo` have in common at their start.
fn common_length(due: &VecDeque<u8>, echo: &[u8]) -> usize {
    let (front, back) = due.as_slices();
    let (first, second) = echo.split_at(front.len().min(echo.len()));
    match same(front, first) {
        right if right == first.len() => right + same(back, second),
        right => right,
    }
}

fn same(due: &[u8], echo: &[u8]) -> usize {
    let length = due.len().min(echo.len());
    if due[..length] == echo[..length] {
        return length;
    }
    due.iter().zip(echo).take_while(|(due, echo)| due == echo).count()
}
