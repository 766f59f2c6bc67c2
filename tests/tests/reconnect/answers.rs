//! What other servers answer, what no server may answer, and the ways of detection.

use tests::{
    assert_same_bytes,
    binaries::{are_of_linux, command},
    event::any,
    finished,
    place::Place,
};

use crate::{RECONNECT, client, count, proven, start};

/// A server that answers heartbeats by `answer` dies with a line unanswered, and comes back.
#[track_caller]
fn expect_reconnection(answer: &[u8]) {
    let listener = tests::peer::Listener::bind();
    let mut client =
        tests::binaries::start_client(&listener.address(), &RECONNECT).expect("the client starts");
    let accept = || {
        let mut peer = listener.accept();
        peer.expect(b"HeartBeat");
        peer.send(answer);
        peer
    };
    let mut peer = accept();
    client.wait_for("connected", any).expect("the server is proven");
    client.type_in("123\n").expect("the client takes input");
    peer.expect(b"123\n");
    drop(peer);
    let mut peer = accept();
    client.wait_for("back", any).expect("the server is proven");
    peer.expect(b"123\n");
    peer.send(b"123\n");
    peer.close_after(client, b"123\n");
}

#[test]
fn the_articles_server_gets_the_session_back() {
    expect_reconnection(b"OK\0rtBeat");
    expect_reconnection(b"HEARTBEAT");
}

#[test]
fn a_server_that_sends_everything_back_gets_the_session_back() {
    expect_reconnection(b"HeartBeat");
}

/// The second connection gets this reply to the line `one`, and the client prints `right` of it.
#[track_caller]
fn expect_wrong_reply(reply: &[u8], right: &[u8]) {
    let (mut client, mut peer, listener) = proven(&RECONNECT);
    client.type_in("one\n").expect("the client takes input");
    peer.expect(b"one\n");
    peer.send(&reply[..right.len()]);
    drop(peer);
    let mut peer = listener.prove();
    peer.expect(&b"one\n"[right.len()..]);
    peer.send(&reply[right.len()..]);
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "wrong_reply", "{ended}");
    assert_same_bytes(&finished.stdout, right);
    let summary = finished.expect_event("summary");
    assert_eq!(summary.u64("connections"), Some(2), "{summary}");
}

#[test]
fn a_wrong_echo_on_a_later_connection_ends_the_session() {
    expect_wrong_reply(b"two\n", b"");
    expect_wrong_reply(b"ONLY\n", b"ON");
    expect_wrong_reply(b"ONE\nONE\n", b"ONE\n");
}

#[test]
fn a_server_that_the_kernel_watches_gets_the_session_back() {
    let place = Place::new();
    let server = start(&place);
    let arguments = ["--reconnect", "--detect", "keepalive"];
    let mut client = client(&place.address, &arguments);
    drop(server);
    client.type_in("kept\n").expect("the client takes input");
    client.wait_for("connection_ended", any).expect("the kill is noticed");
    let _server = start(&place);
    client.wait_for("back", any).expect("the session goes on");
    client.type_in("after\n").expect("the client takes input");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    let _ = finished.expect_ended(0);
    assert_same_bytes(&finished.stdout, b"KEPT\nAFTER\n");
    assert_eq!(count(&finished, "keepalive"), 2, "{}", finished.log());
    let warnings = usize::from(are_of_linux()); // other systems have no `--user-timeout`
    assert_eq!(count(&finished, "no_user_timeout"), warnings, "{}", finished.log());
    assert_eq!(count(&finished, "heartbeat_sent"), 0, "{}", finished.log());
}

#[test]
fn what_only_reconnection_can_use_needs_reconnect() {
    let cases: [&[&str]; 2] =
        [&["--give-up-after", "1m"], &["--server", "localhost:1", "--server", "localhost:2"]];
    for arguments in cases {
        let mut client = command("client").expect("the client builds");
        let finished = finished::run(client.args(arguments)).expect("the client starts");
        finished.expect_code(2);
        for flag in [arguments[0], "--reconnect"] {
            assert!(finished.log().contains(flag), "{flag} is not named:\n{}", finished.log());
        }
    }
}
