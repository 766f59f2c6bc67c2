//! The drawings of a run: a recorded run is compared with the files beside this one, and other
//! properties are checked for any run.

mod any;
mod recorded;

use std::time::Duration;

use lab::{
    draw::{
        picture::Run,
        readable,
        terminal::{Colour, Diagram},
    },
    event::{Content, Entry, Event, Fate, Role, State, What},
    view::View,
};

const SILENCE: Duration = Duration::from_millis(300);

fn message(from: Role, bytes: &[u8], fate: Fate) -> What {
    What::Message { from, content: Content::Bytes(bytes.to_vec()), fate }
}

fn mark(role: Role, text: &str) -> What {
    What::Mark { role, text: text.to_owned() }
}

fn deed(text: &str) -> What {
    What::Deed(text.to_owned())
}

/// A queue: what moved it, and its entries, `*1` if the client of connection 1 was moved, and `-2`
/// if that of connection 2 is stopped.
fn queue(text: &str, order: &str) -> What {
    let entry = |name: &str| Entry {
        conn: name.trim_start_matches(['*', '-']).parse().expect("a number"),
        state: match name.as_bytes()[0] {
            b'*' => State::Moved,
            b'-' => State::Stopped,
            _ => State::Waiting,
        },
    };
    What::Queue { text: text.to_owned(), order: order.split_whitespace().map(entry).collect() }
}

/// A run for a picture.
fn run<'a>(view: View, heading: &'a str, text: &'a str, events: &'a [Event]) -> Run<'a> {
    Run { heading, text, view, events, silence: SILENCE }
}

/// All lines.
fn diagram(view: View, columns: usize, events: &[Event], colour: Colour) -> String {
    let mut diagram = Diagram::new(view, columns, SILENCE, colour);
    let mut lines: Vec<_> = diagram.legend().into_iter().chain([diagram.header()]).collect();
    lines.extend(events.iter().flat_map(|event| diagram.draw(event)));
    lines.join("\n") + "\n"
}

#[test]
fn the_protocols_words_stand_without_quotes_and_text_in_quotes() {
    use Role::{Client, Server};
    let cases: &[(Role, &[u8], &str)] = &[
        (Client, b"HeartBeat", "HeartBeat"),
        (Client, b"HeartBeathello\nHeartBeat", r#"HeartBeat "hello\n" HeartBeat"#),
        (Client, b"\x10HeartBeat\n", r#""\u{10}HeartBeat\n""#),
        (Client, b"my HeartBeat\n", r#""my HeartBeat\n""#),
        (Client, b"OK", r#""OK""#),
        (Server, b"OK", "OK"),
        (Server, b"HELLO\nOKOK", r#""HELLO\n" OK OK"#),
        (Server, b"OK\n", r#""OK\n""#),
        (Server, b"OK\0rtBeat", r#""OK\0rtBeat""#),
        (Server, b"HeartBeat", "HeartBeat"),
        (Client, b"\0\x1b[2J\xff", r#""\0\u{1b}[2J\xff""#),
        (Client, &[b'a'; 50], r#""aaaaaaaaaaaaaaaaaaaaaaaaa… (50 bytes)"#),
    ];
    for &(from, bytes, shown) in cases {
        assert_eq!(readable(from, &Content::Bytes(bytes.to_vec()), 38), shown);
    }
}
