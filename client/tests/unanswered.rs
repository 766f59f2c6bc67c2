//! What must come back, byte for byte.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use client::unanswered::{Unanswered, WrongReply};

#[test]
fn the_echo_in_capitals_is_right_however_it_is_cut() {
    for cut in 0..=11 {
        let unanswered = Unanswered::default();
        unanswered.enter(b"one\nt");
        unanswered.enter(b"wo \xe4\xff");
        assert_eq!(unanswered.lines(), 2);
        let (first, second) = b"ONE\nTWO \xe4\xff".split_at(cut.min(10));
        assert_eq!(unanswered.take(first), Ok(()));
        assert_eq!(unanswered.take(second), Ok(()));
        assert_eq!(unanswered.lines(), 0);
    }
}

#[test]
fn a_byte_that_was_not_due_is_told_with_what_was() {
    let unanswered = Unanswered::default();
    unanswered.enter(b"one\ntwo\nthree\n");
    let (came, due) = (b"TWX\nTHREE\n".to_vec(), b"TWO\n".to_vec());
    assert_eq!(unanswered.take(b"ONE\nTWX\nTHREE\n"), Err(WrongReply { right: 6, came, due }));
    assert_eq!(unanswered.lines(), 2, "what was right is answered");
}

#[test]
fn a_long_wrong_reply_is_told_with_its_whole_length() {
    let unanswered = Unanswered::default();
    unanswered.enter(&[b'x'; 5000]);
    let WrongReply { came, due, .. } = unanswered.take(&[b'z'; 5000]).unwrap_err();
    assert_eq!((came.len(), due.len()), (5000, 5000));
}

#[test]
fn a_byte_when_nothing_is_due_is_wrong() {
    let unanswered = Unanswered::default();
    unanswered.enter(b"hi\n");
    let wrong = WrongReply { right: 3, came: b"!".to_vec(), due: Vec::new() };
    assert_eq!(unanswered.take(b"HI\n!"), Err(wrong));
}

#[test]
fn the_input_waits_for_room_until_something_comes_back_or_nothing_can() {
    let text = vec![b'x'; 8 * 1024 * 1024];
    for end in [|it: &Unanswered| drop(it.take(b"X")), Unanswered::close] {
        let (unanswered, has_room) = (Unanswered::default(), AtomicBool::new(false));
        unanswered.wait_for_room(text.len());
        unanswered.enter(&text);
        let (waits, is_waiting) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                waits.send(()).unwrap();
                unanswered.wait_for_room(1);
                assert!(has_room.load(Ordering::Relaxed), "it did not wait");
            });
            is_waiting.recv().unwrap();
            thread::yield_now(); // it most likely waits now, and else it finds room
            has_room.store(true, Ordering::Relaxed);
            end(&unanswered);
        });
    }
}
