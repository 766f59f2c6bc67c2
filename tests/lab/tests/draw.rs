//! The drawings of a run: a recorded run is compared with the files beside this one, and other
//! properties are checked for any run.

use std::{fs, path::Path, time::Duration};

use lab::{
    draw::{
        picture::svg,
        readable,
        terminal::{Colour, Diagram, NARROWEST, WIDEST},
    },
    event::{Content, Event, Fate, Role, What},
};
use proptest::{collection::vec, prelude::*};
use textwrap::core::display_width;

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

/// A run with everything in it that can be drawn.
fn recorded() -> Vec<Event> {
    use Fate::{Arrived, Lost};
    use Role::{Client, Server};
    let end = |from| What::Message { from, content: Content::EndOfStream, fate: Arrived };
    let reset = |from| What::Message { from, content: Content::Reset, fate: Arrived };
    [
        (0, mark(Client, "connected to 127.0.0.1:5005")),
        (1, mark(Server, "conn-1 accepted")),
        (54, message(Client, b"hello\n", Arrived)),
        (54, mark(Server, "touched: to the back of the queue")),
        (55, message(Server, b"HELLO\n", Arrived)),
        (1055, mark(Client, "idle: heartbeat 1")),
        (1055, message(Client, b"HeartBeat", Arrived)),
        (1056, mark(Server, "touched: to the back of the queue")),
        (1056, message(Server, b"OK", Arrived)),
        (1100, message(Client, "ok\n'你好' <&>\t\x1b[31m\u{202e}\n".as_bytes(), Arrived)),
        (1101, message(Server, "OK\n'你好' <&>\t\x1b[31M\u{202e}\n".as_bytes(), Arrived)),
        (1150, message(Client, &[b'x'; 4096], Arrived)),
        (1151, message(Server, &[b'X'; 4096], Arrived)),
        (1500, deed("network cut")),
        (2151, mark(Client, "idle: heartbeat 1")),
        (2151, message(Client, b"HeartBeat", Lost)),
        (2351, mark(Client, "retry 2 (1 unanswered: the peer's kernel is silent, for 1.2s)")),
        (2351, message(Client, b"HeartBeat", Lost)),
        (2400, message(Server, b"HeartBeat", Lost)),
        (2500, deed("network mended")),
        (2562, message(Client, b"HeartBeatHeartBeat", Arrived)),
        (2563, message(Server, b"OKOK", Arrived)),
        (2600, deed("client stopped (SIGSTOP)")),
        (5563, mark(Server, "evicted: silent for 3.0s; its thread is woken by the shutdown of the socket, and 你好 counts twice")),
        (5563, end(Server)),
        (5700, deed("client continued (SIGCONT)")),
        (5701, mark(Client, "the server closed the connection")),
        (5702, reset(Client)),
    ]
    .map(|(millis, what)| Event { at: Duration::from_millis(millis), what })
    .into()
}

/// All lines.
fn diagram(columns: usize, events: &[Event], colour: Colour) -> String {
    let mut diagram = Diagram::new(columns, SILENCE, colour);
    let mut lines = vec![diagram.header()];
    lines.extend(events.iter().flat_map(|event| diagram.draw(event)));
    lines.join("\n") + "\n"
}

/// Fails if the drawing differs from this file beside the test. The drawing is then written to
/// the target directory: look at it, and copy it if it is right.
fn assert_is(drawn: &str, file: &str) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/draw").join(file);
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    if fs::read_to_string(&recorded).unwrap_or_default() != drawn {
        fs::write(&found, drawn).expect("the target directory can be written");
        panic!("the drawing {} differs from {}", found.display(), recorded.display());
    }
}

#[test]
fn a_recorded_run_is_drawn_in_a_terminal_as_recorded() {
    assert_is(&diagram(WIDEST, &recorded(), Colour::Plain), "run.txt");
}

#[test]
fn a_recorded_run_fits_into_60_columns() {
    assert_is(&diagram(NARROWEST, &recorded(), Colour::Plain), "narrow.txt");
}

#[test]
fn a_recorded_run_is_drawn_as_a_picture_as_recorded() {
    let sentence = "Heartbeats after 1 s, retries every 200 ms; the server drops a client that \
                    is silent for 3 s.";
    assert_is(&svg("A cut line and a stopped client", sentence, &recorded(), SILENCE), "run.svg");
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

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..200).prop_map(String::from_iter)
}

fn any_content() -> impl Strategy<Value = Content> {
    let words = vec(prop_oneof![Just("HeartBeat"), Just("OK"), Just("a\n"), Just("字")], 1..20);
    prop_oneof![
        Just(Content::EndOfStream),
        Just(Content::Reset),
        vec(any::<u8>(), 1..200).prop_map(Content::Bytes),
        any_text().prop_map(|text| Content::Bytes(text.into())),
        words.prop_map(|words| Content::Bytes(words.concat().into())),
    ]
}

fn any_what() -> impl Strategy<Value = What> {
    let fate = prop_oneof![Just(Fate::Arrived), Just(Fate::Lost)];
    prop_oneof![
        (any_role(), any_content(), fate).prop_map(|(from, content, fate)| What::Message {
            from,
            content,
            fate
        }),
        (any_role(), any_text()).prop_map(|(role, text)| What::Mark { role, text }),
        any_text().prop_map(What::Deed),
    ]
}

fn any_events() -> impl Strategy<Value = Vec<Event>> {
    let event = (0..9_999_999_u64, any_what())
        .prop_map(|(millis, what)| Event { at: Duration::from_millis(millis), what });
    vec(event, 0..10)
}

/// The character that stands in this column; a space where there is none.
fn character_at(column: usize, line: &str) -> char {
    let (at, end) = (|end: usize| display_width(&line[..end]), line.len());
    let mut characters = line.char_indices().chain([(end, ' ')]);
    characters.find(|&(start, _)| at(start) == column).map_or(' ', |(_, character)| character)
}

proptest! {
    #[test]
    fn no_line_is_wider_than_its_columns_or_controls_the_terminal(
        events in any_events(), columns in NARROWEST..=WIDEST,
    ) {
        for line in diagram(columns, &events, Colour::Plain).lines() {
            prop_assert!(display_width(line) <= columns, "{line}");
            prop_assert!(!line.contains(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn both_lifelines_stand_upright(events in any_events(), columns in NARROWEST..=WIDEST) {
        for line in diagram(columns, &events, Colour::Plain).lines().skip(1) {
            prop_assert!("│├●┊╪".contains(character_at(13, line)), "{line}");
            prop_assert!("│┤●┊╪".contains(character_at(columns - 3, line)), "{line}");
        }
    }

    #[test]
    fn colour_only_repeats_what_the_characters_say(events in any_events()) {
        let coloured = diagram(WIDEST, &events, Colour::Ansi);
        prop_assert!(coloured.contains('\x1b'));
        let mut pieces = coloured.split('\x1b');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (_, shown) = piece.split_once('m').expect("a colour's sequence ends with m");
            text.push_str(shown);
        }
        prop_assert_eq!(text, diagram(WIDEST, &events, Colour::Plain));
    }

    #[test]
    fn every_picture_is_well_formed_and_its_rows_lie_inside(
        heading in any_text(),
        sentence in any_text(),
        events in any_events(),
    ) {
        let picture = svg(&heading, &sentence, &events, SILENCE);
        prop_assert!(!picture.replace('\n', "").contains(char::is_control));
        let document = roxmltree::Document::parse(&picture).unwrap();
        let length = |node: roxmltree::Node<'_, '_>, name| -> u32 {
            node.attribute(name).expect("it has a place and a size").parse().expect("in pixels")
        };
        let root = document.root_element();
        for text in document.descendants().filter(|node| node.has_tag_name("text")) {
            prop_assert!(length(text, "x") + length(text, "textLength") <= length(root, "width"));
            prop_assert!(length(text, "y") <= length(root, "height"));
        }
    }
}
