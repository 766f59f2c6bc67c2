//! The drawings of a run: one recorded run against the files beside this one, and what
//! holds for every run.

use std::{fs, path::Path, time::Duration};

use lab::{
    diagram::{Colour, Diagram},
    event::{Content, Event, Fate, Side, What},
    readable::readable,
    svg::svg,
};
use proptest::{collection::vec, prelude::*};
use textwrap::core::display_width;

const IDLE: Duration = Duration::from_millis(300);

fn message(from: Side, bytes: &[u8], fate: Fate) -> What {
    What::Message { from, content: Content::Bytes(bytes.to_vec()), fate }
}

fn mark(side: Side, text: &str) -> What {
    What::Mark { side, text: text.to_owned() }
}

fn between(text: &str) -> What {
    What::Between(text.to_owned())
}

/// A run with everything in it that can be drawn.
fn recorded() -> Vec<Event> {
    use Fate::{Arrived, Lost};
    use Side::{Client, Server};
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
        (1500, between("network cut")),
        (2151, mark(Client, "idle: heartbeat 1")),
        (2151, message(Client, b"HeartBeat", Lost)),
        (2351, mark(Client, "retry 2 (1 unanswered: the peer's kernel is silent, for 1.2s)")),
        (2351, message(Client, b"HeartBeat", Lost)),
        (2400, message(Server, b"HeartBeat", Lost)),
        (2500, between("network mended")),
        (2562, message(Client, b"HeartBeatHeartBeat", Arrived)),
        (2563, message(Server, b"OKOK", Arrived)),
        (2600, between("client stopped (SIGSTOP)")),
        (5563, mark(Server, "evicted: silent for 3.0s; its thread is woken by the shutdown of the socket, and 你好 counts twice")),
        (5563, end(Server)),
        (5700, between("client continued (SIGCONT)")),
        (5701, mark(Client, "the server closed the connection")),
        (5702, reset(Client)),
    ]
    .map(|(millis, what)| Event { at: Duration::from_millis(millis), what })
    .into()
}

/// All lines.
fn diagram(events: &[Event], colour: Colour) -> String {
    let mut diagram = Diagram::new(IDLE, colour);
    let mut lines = vec![diagram.header()];
    lines.extend(events.iter().flat_map(|event| diagram.draw(event)));
    lines.join("\n") + "\n"
}

/// Fails if the drawing is not what this file beside the test holds. What was drawn is then
/// written elsewhere, to be looked at and, if it is right, copied.
fn assert_is(drawn: &str, file: &str) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagram").join(file);
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    if fs::read_to_string(&recorded).unwrap_or_default() != drawn {
        fs::write(&found, drawn).expect("the target directory can be written");
        panic!("{} is not {}", found.display(), recorded.display());
    }
}

#[test]
fn a_recorded_run_is_drawn_as_before_in_a_terminal() {
    assert_is(&diagram(&recorded(), Colour::Plain), "run.txt");
}

#[test]
fn a_recorded_run_is_drawn_as_before_as_a_picture() {
    let sentence = "Heartbeats after 1 s, retries every 200 ms; the server drops a client that \
                    is silent for 3 s.";
    assert_is(&svg("A cut line and a stopped client", sentence, &recorded(), IDLE), "run.svg");
}

#[test]
fn the_protocols_words_stand_bare_and_text_in_quotes() {
    use Side::{Client, Server};
    let cases: &[(Side, &[u8], &str)] = &[
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

fn any_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Client), Just(Side::Server)]
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
        (any_side(), any_content(), fate).prop_map(|(from, content, fate)| What::Message {
            from,
            content,
            fate
        }),
        (any_side(), any_text()).prop_map(|(side, text)| What::Mark { side, text }),
        any_text().prop_map(What::Between),
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
    fn no_line_is_wider_than_a_terminal_or_drives_it(events in any_events()) {
        for line in diagram(&events, Colour::Plain).lines() {
            prop_assert!(display_width(line) <= 80, "{line}");
            prop_assert!(!line.contains(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn both_lifelines_stand_where_they_stood(events in any_events()) {
        for line in diagram(&events, Colour::Plain).lines().skip(1) {
            prop_assert!("│├●┊╪".contains(character_at(13, line)), "{line}");
            prop_assert!("│┤●┊╪".contains(character_at(76, line)), "{line}");
        }
    }

    #[test]
    fn colour_only_repeats_what_the_characters_say(events in any_events()) {
        let coloured = diagram(&events, Colour::Ansi);
        prop_assert!(coloured.contains('\x1b'));
        let mut pieces = coloured.split('\x1b');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (_, shown) = piece.split_once('m').expect("a colour's sequence ends with m");
            text.push_str(shown);
        }
        prop_assert_eq!(text, diagram(&events, Colour::Plain));
    }

    #[test]
    fn every_picture_is_well_formed_and_holds_its_blocks(
        heading in any_text(),
        sentence in any_text(),
        events in any_events(),
    ) {
        let picture = svg(&heading, &sentence, &events, IDLE);
        prop_assert!(!picture.replace('\n', "").contains(char::is_control));
        let document = roxmltree::Document::parse(&picture).unwrap();
        let length = |node: roxmltree::Node<'_, '_>, name| -> u32 {
            node.attribute(name).expect("it has a place and a size").parse().expect("in pixels")
        };
        let root = document.root_element();
        for block in document.descendants().filter(|node| node.has_tag_name("rect")) {
            prop_assert!(length(block, "x") + length(block, "width") <= length(root, "width"));
            prop_assert!(length(block, "y") + length(block, "height") <= length(root, "height"));
        }
    }
}
