//! A session whose connection is cut after each number of bytes, in each direction and in each
//! way. Its output is exact: each echo once, whole and in order.
//!
//! The last number of bytes is the whole conversation's: then what is lost is the end of a
//! stream.
#![cfg(target_os = "linux")]

mod article;
mod case;
mod held;
mod relay;
mod script;

use case::{Case, Feed, play_all};
use script::Script;
use tests::{
    binaries::{Server, are_of_windows},
    relay::{Cut, From, How},
};

const HOWS: [How; 3] = [How::Reset, How::Close, How::Swallow];

/// The last lines that are held back on the wire, because they may become something else.
const LAST_LINES: [&[u8]; 10] =
    [b"", b"o", b"ok", b"h", b"H", b"heartbea", b"HeartBeat", b"\0", b"\x10", b"OK\0rtBea"];

fn server(arguments: &[&str]) -> Server {
    Server::start(&[&["-q"], arguments].concat()).expect("the server starts")
}

/// A case for each cut of the first connection, from before the first byte to after the last one.
fn every_cut<'a>(address: &'a str, script: &'a Script, feed: Feed) -> Vec<Case<'a>> {
    let uncut = Case { address, script, feed, cut: None, cuts: 1 };
    let passed = uncut.play().expect("a session without a cut is exact");
    let [from_client, from_server] = passed[0];
    let to_client = cuts(From::Client, 0..=from_client);
    let cuts = to_client.chain(cuts(From::Server, 0..=from_server));
    cuts.map(|cut| Case { cut: Some(cut), ..uncut }).collect()
}

/// Cuts in each way after these numbers of bytes.
fn cuts(from: From, after: impl IntoIterator<Item = u64>) -> impl Iterator<Item = Cut> {
    let after = after.into_iter();
    after.flat_map(move |after| HOWS.map(|how| Cut { from, after, how }))
}

/// Whether what was answered before this cut certainly reaches the client. A reset after a number of
/// its own bytes may come before their answers, and on Windows any reset may take away what has not
/// been read.
fn brings_back_answers(cut: &Cut) -> bool {
    match cut.how {
        How::Close => true,
        How::Reset => cut.from == From::Server && !are_of_windows(),
        How::Swallow => false,
    }
}

#[test]
fn the_output_is_exact_wherever_the_connection_is_cut() {
    let server = server(&[]);
    let scripts = [Script::ambiguous(b"HeartBea"), Script::ambiguous(b"O")];
    let mut cases = every_cut(&server.address, &scripts[0], Feed::AtOnce);
    cases.extend(every_cut(&server.address, &scripts[1], Feed::InPieces));
    play_all(&cases);
}

#[test]
fn the_output_is_exact_wherever_the_last_line_is_cut() {
    let server = server(&[]);
    let scripts = LAST_LINES.map(Script::short);
    let feeds =
        scripts.iter().flat_map(|script| [(script, Feed::AtOnce), (script, Feed::InPieces)]);
    let cases: Vec<_> =
        feeds.flat_map(|(script, feed)| every_cut(&server.address, script, feed)).collect();
    play_all(&cases);
}

#[test]
fn the_output_is_exact_wherever_a_long_line_is_cut() {
    const PIECE: u64 = 64 * 1024;
    let server = server(&[]);
    let script = Script::long();
    let around = |place: u64| place - 6..place + 6;
    let mut cases = Vec::new();
    for (from, heartbeat) in [(From::Client, 9), (From::Server, 2)] {
        let places = [100, PIECE, 2 * PIECE].into_iter().flat_map(around);
        cases.extend(cuts(from, places.map(|place| place + heartbeat)));
    }
    let case = |cut| Case {
        address: &server.address,
        script: &script,
        feed: Feed::AtOnce,
        cut: Some(cut),
        cuts: 1,
    };
    play_all(&cases.into_iter().map(case).collect::<Vec<_>>());
}

#[test]
fn the_output_is_exact_when_connection_after_connection_is_cut() {
    let server = server(&[]);
    let script = Script::ambiguous(b"HeartBea");
    let mut cases = Vec::new();
    for feed in [Feed::AtOnce, Feed::InPieces] {
        let uncut = Case { address: &server.address, script: &script, feed, cut: None, cuts: 1 };
        let case = |cut, cuts| Case { cut: Some(cut), cuts, ..uncut };
        // Each connection must get on by some bytes, or the session never ends.
        let endless = cuts(From::Client, 50..59).chain(cuts(From::Server, 40..49));
        let endless = endless.filter(brings_back_answers);
        cases.extend(endless.map(|cut| case(cut, usize::MAX)));
        let twice = cuts(From::Client, 20..24).chain(cuts(From::Server, (2..5).chain(40..43)));
        cases.extend(twice.map(|cut| case(cut, 2)));
    }
    play_all(&cases);
}

#[test]
fn the_output_is_exact_wherever_a_server_that_probes_is_cut_off() {
    let server = server(&["--probe", "40ms"]);
    let script = Script::ambiguous(b"h");
    play_all(&every_cut(&server.address, &script, Feed::InPieces));
}

#[test]
fn the_output_is_exact_wherever_the_articles_server_is_cut_off() {
    let address = article::server();
    let script = Script::for_the_articles_server();
    let mut cases = every_cut(&address, &script, Feed::AtOnce);
    cases.extend(every_cut(&address, &script, Feed::InPieces));
    play_all(&cases);
}
