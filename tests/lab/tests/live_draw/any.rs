//! Properties of the screen of any world, at any size.

use std::time::Duration;

use lab::{
    event::Role,
    live::{
        draw::{Characters, Look, Moment},
        input::{Deed, Key, Segment, TimerKind, What, Who},
    },
};
use proptest::{collection::vec, prelude::*};
use ratatui::style::Color;
use serde_json::json;

use crate::{
    screens::broken,
    stage::{LIVE, Stage, buffer, segment, start, text, timer},
};

/// Colours that can be read on black and on white.
const COLOURS: [Color; 6] =
    [Color::Reset, Color::Cyan, Color::Green, Color::Red, Color::Magenta, Color::Blue];

const TEXTS: &[&str] =
    &["", "hello", "你好 world", "\u{1b}[31m\u{202e}", "e\u{301}\u{200d}👍🏽", "…♥", "\t\r\n\"\\"];

fn some_text() -> impl Strategy<Value = String> {
    let chosen = prop::sample::select(TEXTS).prop_map(ToOwned::to_owned);
    prop_oneof![chosen, "\\PC{0,300}", any::<String>()]
}

/// Something that comes to a world in which there may be clients c1 to c5.
fn something() -> impl Strategy<Value = Act> {
    let name = (1..6_u16).prop_map(|number| format!("c{number}"));
    let who = prop_oneof![Just(Who::Server), name.clone().prop_map(Who::Client)];
    let key = prop_oneof![
        any::<char>().prop_map(Key::Char),
        prop::sample::select("atskdrxSKe?19csn.5".chars().collect::<Vec<_>>()).prop_map(Key::Char),
        prop::sample::select(vec![Key::Enter, Key::Escape, Key::Backspace, Key::Up, Key::Down]),
    ];
    let deed = prop_oneof![
        who.clone().prop_map(|who| Deed::Stop { who }),
        who.clone().prop_map(|who| Deed::Continue { who }),
        who.clone().prop_map(|who| Deed::Kill { who }),
        name.clone().prop_map(|client| Deed::Deafen { client }),
        name.clone().prop_map(|client| Deed::Reset { client }),
        (name.clone(), some_text()).prop_map(|(client, line)| Deed::Type { client, line }),
        Just(Deed::Cut),
        Just(Deed::Mend),
    ];
    let reason = prop_oneof![
        prop::sample::select(vec!["unanswered", "silent", "gave_up", "reset", "complete"])
            .prop_map(ToOwned::to_owned),
        some_text(),
    ];
    prop_oneof![
        3 => (1..6_u16).prop_map(Act::Connect),
        3 => (1..6_u16).prop_map(Act::Heard),
        2 => (1..6_u16, 0..5_u32).prop_map(|(conn, retry)| Act::Asked(conn, retry)),
        3 => deed.clone().prop_map(|deed| Act::Take(What::Begun { deed })),
        3 => deed.prop_map(|deed| Act::Take(What::Done { deed })),
        3 => key.prop_map(|key| Act::Take(What::Key { key })),
        1 => who.clone().prop_map(|who| Act::Take(What::Exited { who })),
        1 => (who, some_text()).prop_map(|(who, line)| Act::Take(What::Complained { who, line })),
        1 => some_text().prop_map(|text| Act::Take(What::Said { text })),
        2 => (1..6_u16, reason).prop_map(|(conn, reason)| Act::Ended(conn, reason)),
        3 => (1..6_u16, any::<bool>(), any::<[u32; 2]>(), some_text(), any::<[bool; 3]>())
            .prop_map(|(conn, is_client, numbers, text, [syn, fin, rst])| {
                let from = if is_client { Role::Client } else { Role::Server };
                let plain = segment(conn, from, numbers, &text);
                Act::Take(What::Segment(Segment { syn, fin, rst, ..plain }))
            }),
        3 => (1..6_u16, any::<[u32; 3]>(), any::<u8>(), 0..5_u8)
            .prop_map(|(conn, numbers, tries, kind)| Act::Kernel(conn, numbers, tries, kind)),
    ]
}

#[derive(Debug, Clone)]
enum Act {
    Take(What),
    Connect(u16),
    Heard(u16),
    Asked(u16, u32),
    Ended(u16, String),
    Kernel(u16, [u32; 3], u8, u8),
}

impl Act {
    fn play(self, at: f64, stage: &mut Stage) {
        match self {
            Self::Take(what) => stage.take(at, what),
            Self::Connect(conn) if stage.socket(Role::Client, conn).is_none() => {
                stage.connect(at, &format!("c{conn}"), conn);
            }
            Self::Heard(conn) if stage.socket(Role::Client, conn).is_some() => {
                stage.heard(at, conn);
            }
            Self::Asked(conn, retry) => {
                stage.client(at, &format!("c{conn}"), "heartbeat_sent", json!({"retry": retry}));
            }
            Self::Ended(conn, reason) => {
                let fields = json!({"reason": reason, "message": reason, "conn": conn});
                stage.client(at, &format!("c{conn}"), "ended", fields.clone());
                stage.server(at, "ended", fields);
            }
            Self::Kernel(conn, [unread, unacked, when], tries, kind) => {
                let kinds = [
                    TimerKind::Retransmit,
                    TimerKind::Keepalive,
                    TimerKind::WindowProbe,
                    TimerKind::TimeWait,
                ];
                for end in [Role::Client, Role::Server] {
                    let Some(socket) = stage.socket(end, conn) else { continue };
                    (socket.unread, socket.unacked, socket.tries) = (unread, unacked, tries);
                    let kind = kinds.get(usize::from(kind));
                    socket.timer = kind.map(|kind| timer(*kind, f64::from(when)));
                    socket.pid = socket.pid.filter(|_| tries % 3 > 0);
                    socket.accepted = tries % 5 > 0;
                    if tries % 7 == 0 {
                        "fin-wait-1".clone_into(&mut socket.state);
                    }
                }
                stage.kernel(at);
            }
            Self::Connect(_) | Self::Heard(_) => {}
        }
    }
}

/// What happens in a run, and when it is looked at.
#[derive(Debug, Clone)]
struct Run {
    flags: Vec<String>,
    missing: Option<String>,
    acts: Vec<(f64, Act)>,
    wait: f64,
}

impl Run {
    /// The world at the end, and the time then.
    fn play(self) -> (Stage, f64) {
        let flags: Vec<_> = self.flags.iter().map(|flag| &**flag).collect();
        let mut start = start(&flags);
        let missing = self.missing;
        (start.no_diag, start.no_tap) = (missing.clone(), missing.clone());
        start.join = missing.clone().unwrap_or(start.join);
        start.no_network = missing;
        let (mut stage, mut at) = (Stage::new(start), 1.0);
        for (pause, act) in self.acts {
            act.play(at, &mut stage);
            at += pause * pause / 40.0;
        }
        (stage, at + self.wait * self.wait / 100_000.0)
    }
}

fn some_run() -> impl Strategy<Value = Run> {
    let some_retries = prop_oneof![9 => 0..200_u32, 1 => Just(u32::MAX)];
    let periods = (1..100_000_u32, 1..100_000_u32, some_retries, 1..100_000_u32);
    let mode = prop::sample::select(vec!["heartbeat", "keepalive", "both"]);
    let flags = (periods, mode).prop_map(|((idle, interval, retries, timeout), mode)| {
        let flags = format!(
            "--idle {idle}ms --retry-interval {interval}ms --retries {retries} \
             --timeout {timeout}ms --detect {mode}"
        );
        flags.split(' ').map(str::to_owned).collect()
    });
    let acts = vec((0.0..20.0_f64, something()), 0..60);
    (flags, prop::option::of(some_text()), acts, 0.0..1000.0_f64)
        .prop_map(|(flags, missing, acts, wait)| Run { flags, missing, acts, wait })
}

fn some_look() -> impl Strategy<Value = Look> {
    let moment = prop_oneof![
        Just(Moment::Live),
        Just(Moment::Frozen),
        (0..100_000_u64, any::<bool>()).prop_map(|(length, is_paused)| Moment::Replay {
            length: Duration::from_millis(length),
            is_paused
        }),
    ];
    let characters = prop::sample::select(vec![Characters::Unicode, Characters::Ascii]);
    (characters, moment).prop_map(|(characters, moment)| Look { characters, moment })
}

/// Any size, and often one at which the panes are drawn.
fn some_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1..=250_u16, 1..=100_u16), (80..=140_u16, 24..=50_u16)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_world_is_drawn_at_any_size(
        run in some_run(), look in some_look(), (columns, rows) in some_size(),
    ) {
        let (stage, now) = run.play();
        let buffer = buffer(&stage.world, now, look, columns, rows);
        for cell in &buffer.content {
            prop_assert!(!cell.symbol().chars().any(char::is_control), "{:?}", cell.symbol());
            let is_ascii = look.characters == Characters::Unicode || cell.symbol().is_ascii();
            prop_assert!(is_ascii, "{:?}", cell.symbol());
            let is_legible = cell.bg == Color::Reset && COLOURS.contains(&cell.fg);
            prop_assert!(is_legible, "{:?} on {:?}", cell.fg, cell.bg);
        }
        if columns >= 80 && rows >= 24 {
            for row in 1..rows - 1 {
                let edge = buffer[(columns - 1, row)].symbol();
                prop_assert!("│┤┐┘|+".contains(edge), "the border is broken:\n{}", text(&buffer));
            }
            if stage.world.view.mode == lab::live::world::keys::Mode::Watching {
                let names = ["SERVER", "CLIENTS", "KERNEL", "WIRE", "STORY"];
                let text = text(&buffer);
                for name in names {
                    prop_assert!(text.contains(name), "no {name}:\n{text}");
                }
                let now = Duration::from_secs_f64(now);
                let shown = stage.world.chosen().filter(|client| client.is_shown(now));
                if let Some(client) = shown {
                    let name = format!(">{}", client.name);
                    prop_assert!(text.contains(&name), "no {name}:\n{text}");
                }
            }
        }
    }
}

#[test]
fn a_screen_that_is_too_small_says_which_size_is_needed() {
    let stage = broken();
    let small = stage.text(42.3, LIVE, 60, 20);
    let said = "The lab needs 80 columns and 24 rows; here are 60 and 20. q\nquits.";
    assert_eq!(small.trim_end(), said);
    for columns in 1..80 {
        for rows in 1..24 {
            let text = stage.text(42.3, LIVE, columns, rows);
            assert_ne!(text.trim(), "", "nothing at {columns}×{rows}");
            let is_whole = text.replace('\n', "").contains("quits");
            assert!(is_whole || text.contains('…') || text.contains("here"), "{text}");
        }
    }
    assert_eq!(stage.text(42.3, LIVE, 22, 2), "The lab needs 80\ncolumns and 24 rows; …\n");
    assert_eq!(stage.text(42.3, LIVE, 1, 1), "…\n");
}
