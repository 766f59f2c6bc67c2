//! What holds for the drawing of any run.

use std::time::Duration;

use lab::{
    draw::{
        picture::svg,
        slide::slide,
        terminal::{Colour, NARROWEST, WIDEST},
    },
    event::{Content, Event, Fate, Role, What},
    view::View,
};
use proptest::{collection::vec, prelude::*};
use textwrap::core::display_width;

use super::{diagram, queue, run};

fn any_role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Client), Just(Role::Server)]
}

fn any_view() -> impl Strategy<Value = View> {
    prop_oneof![Just(View::Relayed), Just(View::Queue)]
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
        (any_text(), "( [*-]?[1-9]){0,3}").prop_map(|(text, order)| queue(&text, &order)),
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
        view in any_view(), events in any_events(), columns in NARROWEST..=WIDEST,
    ) {
        for line in diagram(view, columns, &events, Colour::Plain).lines() {
            prop_assert!(display_width(line) <= columns, "{line}");
            prop_assert!(!line.contains(char::is_control), "{line:?}");
        }
    }

    #[test]
    fn both_lifelines_stand_upright(events in any_events(), columns in NARROWEST..=WIDEST) {
        for line in diagram(View::Relayed, columns, &events, Colour::Plain).lines().skip(1) {
            prop_assert!("│├●┊╪".contains(character_at(13, line)), "{line}");
            prop_assert!("│┤●┊╪".contains(character_at(columns - 3, line)), "{line}");
        }
    }

    #[test]
    fn colour_only_repeats_what_the_characters_say(
        view in any_view(), events in any_events(),
    ) {
        let coloured = diagram(view, WIDEST, &events, Colour::Ansi);
        prop_assert!(coloured.contains('\x1b'));
        let mut pieces = coloured.split('\x1b');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (_, shown) = piece.split_once('m').expect("a colour's sequence ends with m");
            text.push_str(shown);
        }
        prop_assert_eq!(text, diagram(view, WIDEST, &events, Colour::Plain));
    }

    #[test]
    fn every_picture_is_well_formed_and_its_rows_lie_inside(
        heading in any_text(),
        sentence in any_text(),
        view in any_view(),
        events in any_events(),
    ) {
        let run = run(view, &heading, &sentence, &events);
        for picture in [svg(&run), slide(&run)] {
            prop_assert!(!picture.replace('\n', "").contains(char::is_control));
            let document = roxmltree::Document::parse(&picture).unwrap();
            let length = |node: roxmltree::Node<'_, '_>, name| -> u32 {
                node.attribute(name).expect("it has a place and a size").parse().expect("in pixels")
            };
            let view = document.root_element().attribute("viewBox").expect("its own units");
            let view: Vec<u32> = view.split(' ').filter_map(|number| number.parse().ok()).collect();
            for text in document.descendants().filter(|node| node.has_tag_name("text")) {
                prop_assert!(length(text, "x") + length(text, "textLength") <= view[2]);
                prop_assert!(length(text, "y") <= view[3]);
            }
            for rect in document.descendants().filter(|node| node.has_tag_name("rect")) {
                prop_assert!(length(rect, "x") + length(rect, "width") <= view[2]);
                prop_assert!(length(rect, "y") + length(rect, "height") <= view[3]);
            }
        }
    }
}
