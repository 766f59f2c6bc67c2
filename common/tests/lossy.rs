//! Text for a console.

use common::streams::lossy::Lossy;
use proptest::prelude::*;

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_the_rest_is_shown() {
    assert_eq!(Lossy::default().take(b"caf\xe9 ok\xff\n"), "caf\u{fffd} ok\u{fffd}\n");
    assert_eq!(Lossy::default().take("心跳\n".as_bytes()), "心跳\n");
}

#[test]
fn a_character_whose_rest_comes_later_is_shown_then() {
    let mut lossy = Lossy::default();
    assert_eq!(lossy.take(b"a\xe5\xbf"), "a");
    assert_eq!(lossy.take(b""), "");
    assert_eq!(lossy.take(b"\x83b"), "心b");
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_what_the_whole_gives(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select("心é\n".as_bytes().to_vec())], 0..60),
        size in 1..8_usize,
    ) {
        let mut lossy = Lossy::default();
        let mut text: String = bytes.chunks(size).map(|piece| lossy.take(piece)).collect();
        text += &lossy.take(b"\n"); // nothing waits after a newline
        let whole = [&bytes[..], b"\n"].concat();
        prop_assert_eq!(text, String::from_utf8_lossy(&whole));
    }
}
