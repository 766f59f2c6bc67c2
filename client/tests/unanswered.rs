//! What must come back, byte for byte.

use client::unanswered::{Amount, PIECE, Unanswered, WrongReply};
use proptest::prelude::*;

#[test]
fn the_echo_in_capitals_is_right_however_it_is_cut() {
    for cut in 0..=11 {
        let mut unanswered = Unanswered::default();
        unanswered.hand_over(b"one\nt");
        unanswered.hand_over(b"wo \xe4\xff");
        assert_eq!(unanswered.all().lines, 2);
        let (first, second) = b"ONE\nTWO \xe4\xff".split_at(cut.min(10));
        assert_eq!(unanswered.take(first), Ok(false));
        assert_eq!(unanswered.take(second), Ok(false));
        assert_eq!(unanswered.all().lines, 0);
    }
}

#[test]
fn a_byte_that_was_not_due_is_told_with_what_was() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(b"one\ntwo\nthree\n");
    let (came, due) = (b"TWX\nTHREE\n".to_vec(), b"TWO\n".to_vec());
    assert_eq!(
        unanswered.take(b"ONE\nTWX\nTHREE\n"),
        Err(WrongReply { right: 6, all_right: 6, came, due })
    );
    assert_eq!(unanswered.all().lines, 2, "what was right is answered");
}

#[test]
fn a_long_wrong_reply_is_told_with_its_whole_length() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(&[b'x'; 5000]);
    let WrongReply { came, due, .. } = unanswered.take(&[b'z'; 5000]).unwrap_err();
    assert_eq!((came.len(), due.len()), (5000, 5000));
}

#[test]
fn a_byte_when_nothing_is_due_is_wrong() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(b"hi\n");
    let wrong = WrongReply { right: 3, all_right: 3, came: b"!".to_vec(), due: Vec::new() };
    assert_eq!(unanswered.take(b"HI\n!"), Err(wrong));
}

#[test]
fn the_input_waits_for_room_until_enough_has_come_back() {
    let mut unanswered = Unanswered::default();
    let mut kept = 0;
    while unanswered.has_room() {
        unanswered.hand_over(&vec![b'x'; PIECE]);
        kept += PIECE;
    }
    assert_eq!(kept, 8 * 1024 * 1024);
    assert_eq!(unanswered.take(b"X"), Ok(false));
    assert_eq!(unanswered.take(&vec![b'X'; PIECE]), Ok(true), "the input was not told");
    assert_eq!(unanswered.take(b"X"), Ok(false), "the input was told twice");
    assert!(unanswered.has_room());
}

/// Hands over everything that is left, and returns it.
fn handed_over(unanswered: &mut Unanswered) -> (Vec<u8>, Amount) {
    let (mut all, mut again, mut piece) = (Vec::new(), Amount::default(), Vec::new());
    while let Some(amount) = unanswered.hand_over_kept(&mut piece) {
        all.extend_from_slice(&piece);
        again.add(amount);
    }
    (all, again)
}

#[test]
fn what_has_not_come_back_is_sent_again_as_it_was_typed_and_what_was_kept_follows() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(b"one\nTwo\n");
    unanswered.take(b"ONE\nT").unwrap();
    assert!(unanswered.start_over(), "text came back");
    unanswered.keep(b"three\n");
    let again = Amount { lines: 1, bytes: 3 };
    assert_eq!(unanswered.sent(), again);
    assert_eq!(unanswered.all(), Amount { lines: 2, bytes: 9 });
    assert_eq!(handed_over(&mut unanswered), (b"wo\nthree\n".to_vec(), again));
    assert!(!unanswered.start_over(), "no text came back");
    let again = Amount { lines: 2, bytes: 9 };
    assert_eq!(handed_over(&mut unanswered), (b"wo\nthree\n".to_vec(), again));
}

#[test]
fn an_echo_is_wrong_before_its_text_is_handed_over() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(b"one\n");
    unanswered.start_over();
    let wrong = WrongReply { right: 0, all_right: 0, came: b"ONE\n".to_vec(), due: Vec::new() };
    assert_eq!(unanswered.take(b"ONE\n"), Err(wrong));
}

#[test]
fn held_back_bytes_are_the_rest_of_the_echo_only_if_nothing_else_is_due() {
    let mut unanswered = Unanswered::default();
    unanswered.hand_over(b"ok");
    assert!(unanswered.is_completed_by(b"OK"));
    assert!(!unanswered.is_completed_by(b"O"));
    unanswered.keep(b"\n");
    assert!(!unanswered.is_completed_by(b"OK"));
}

#[derive(Debug, Clone)]
enum Happens {
    Typed(Vec<u8>),
    /// So many bytes of the echo that is due come back.
    Echo(usize),
    /// The connection dies, and the next one stands.
    Death,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Happens::Typed),
        (0_usize..400).prop_map(Happens::Echo),
        Just(Happens::Death),
    ]
}

proptest! {
    #[test]
    fn whatever_is_cut_and_whatever_comes_back_the_echo_is_the_text_once(
        events in prop::collection::vec(happens(), 0..60),
    ) {
        let mut unanswered = Unanswered::default();
        let (mut typed, mut output, mut echo) = (Vec::new(), Vec::new(), Vec::new());
        let come_back = |unanswered: &mut Unanswered, echo: &mut Vec<u8>, most: usize| {
            let came: Vec<u8> = echo.drain(..most.min(echo.len())).collect();
            unanswered.take(&came).unwrap();
            came
        };
        for event in events {
            match event {
                Happens::Typed(text) => {
                    unanswered.hand_over(&text);
                    echo.extend(text.to_ascii_uppercase());
                    typed.extend(text);
                }
                Happens::Echo(most) => output.extend(come_back(&mut unanswered, &mut echo, most)),
                Happens::Death => {
                    unanswered.start_over();
                    echo = handed_over(&mut unanswered).0.to_ascii_uppercase();
                }
            }
            prop_assert_eq!(unanswered.all().bytes, (typed.len() - output.len()) as u64);
        }
        output.extend(come_back(&mut unanswered, &mut echo, usize::MAX));
        prop_assert_eq!(output, typed.to_ascii_uppercase());
        prop_assert_eq!(unanswered.all(), Amount::default());
    }
}
