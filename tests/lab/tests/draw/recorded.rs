//! Runs that are made up, drawn as the files beside this one.

use std::{fs, path::Path, time::Duration};

use lab::{
    draw::{
        picture::{Run, svg},
        slide::slide,
        terminal::{Colour, NARROWEST, WIDEST},
    },
    event::{Content, Event, Fate, Role, What},
    view::View,
};

use super::{deed, diagram, mark, message, queue, run};

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

/// A run in which the queue of three clients is shown.
fn queued() -> Vec<Event> {
    [
        (60, queue("c1 connects", "*1")),
        (366, queue("c2 connects", "1 *2")),
        (672, queue("c3 connects", "1 2 *3")),
        (973, queue(r#"c2 "hello\n""#, "1 3 *2")),
        (1060, queue("c1 HeartBeat", "3 2 *1")),
        (1361, deed("c2 stopped (SIGSTOP)")),
        (1673, queue("c3 HeartBeat", "-2 1 *3")),
        (2061, queue("c1 HeartBeat", "-2 3 *1")),
        (2673, mark(Role::Client, "retry 1 (1 unanswered)")),
        (3974, queue("c2 evicted: silent", "3 1")),
    ]
    .map(|(millis, what)| Event { at: Duration::from_millis(millis), what })
    .into()
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
    assert_is(&diagram(View::Relayed, WIDEST, &recorded(), Colour::Plain), "run.txt");
}

#[test]
fn a_recorded_run_fits_into_60_columns() {
    assert_is(&diagram(View::Relayed, NARROWEST, &recorded(), Colour::Plain), "narrow.txt");
}

#[test]
fn a_queue_is_drawn_in_a_terminal_as_recorded() {
    assert_is(&diagram(View::Queue, NARROWEST, &queued(), Colour::Plain), "queue.txt");
}

#[test]
fn a_recorded_run_is_drawn_as_a_picture_as_recorded() {
    let sentence = "Heartbeats after 1 s, retries every 200 ms; the server drops a client that \
                    is silent for 3 s.";
    let recorded = recorded();
    let run = run(View::Relayed, "A cut line and a stopped client", sentence, &recorded);
    assert_is(&svg(&run), "run.svg");
}

#[test]
fn a_recorded_run_is_drawn_for_a_slide_as_recorded() {
    let recorded = recorded();
    let run = run(View::Relayed, "A cut line", "The line is cut.", &recorded[13..23]);
    assert_is(&slide(&run), "slide.svg");
}

#[test]
fn a_queue_is_drawn_for_a_slide_as_recorded() {
    let queued = queued();
    let run = run(View::Queue, "Who is next", "c2 is stopped.", &queued);
    assert_is(&slide(&run), "queue-slide.svg");
}

#[test]
fn the_boxes_of_a_queue_do_not_touch_those_of_the_next_row() {
    let queued = queued();
    let drawn = slide(&run(View::Queue, "Who is next", "c2 is stopped.", &queued));
    let document = roxmltree::Document::parse(&drawn).expect("it is well-formed");
    let boxes = document.descendants().filter(|node| node.has_attribute("rx"));
    // From the top to the bottom of what is painted: a line lies half outside of its box.
    let boxes: Vec<_> = boxes
        .map(|node| {
            let figure = |name| node.attribute(name).and_then(|figure| figure.parse::<f64>().ok());
            let line =
                node.attribute("stroke").map_or(0.0, |_| figure("stroke-width").unwrap_or(1.0));
            let (top, height) = (figure("y").expect("a place"), figure("height").expect("a size"));
            (top - line / 2.0, top + height + line / 2.0)
        })
        .collect();
    assert_eq!(boxes.len(), 3 + 20, "the legend and all orders");
    let lower = |a: &(f64, f64), b: &(f64, f64)| b.0 - a.0 > 5.0;
    for above in &boxes {
        for below in boxes.iter().filter(|it| lower(above, it)) {
            assert!(below.0 - above.1 >= 1.0, "{above:?} and {below:?}");
        }
    }
}

#[test]
fn a_slide_shows_the_beginning_and_the_end_of_a_run_that_is_too_long_for_it() {
    let event = |second| Event {
        at: Duration::from_secs(second),
        what: message(Role::Client, format!("{second}\n").as_bytes(), Fate::Arrived),
    };
    let events: Vec<_> = (0..100).map(event).collect();
    let run = Run { silence: Duration::MAX, ..run(View::Relayed, "Long", "", &events) };
    let drawn = slide(&run);
    let document = roxmltree::Document::parse(&drawn).expect("it is well-formed");
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let texts: Vec<_> = texts.filter_map(|node| node.text()).collect();
    let shown = |text: &&str| text.contains("HeartBeat") || text.contains(r"\n");
    let shown = texts.iter().copied().filter(shown).count();
    assert!((15..100).contains(&shown), "{texts:?}");
    let left_out = format!("… {} rows are left out …", 100 - shown);
    let place = texts.iter().position(|text| *text == left_out);
    assert!((5..texts.len() - 5).contains(&place.expect("it says so")), "{texts:?}");
    let last = texts.iter().rfind(|text| text.contains(r"\n"));
    assert!(last.is_some_and(|text| text.contains(r"99\n")), "{texts:?}");
}
