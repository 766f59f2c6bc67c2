//! The last bytes of a connection, which may be the rest of the echo or half of another message.

use tests::{binaries::start_client, event::any, peer::Listener};

const RULE: [&str; 5] = ["--reconnect", "--idle", "2s", "--retry-interval", "1m"];

#[test]
fn half_an_acknowledgement_is_not_taken_for_the_last_line() {
    let listener = Listener::bind();
    let mut client = start_client(&listener.address(), &RULE).expect("the client starts");
    let mut peer = listener.prove();
    peer.expect(b"HeartBeat");
    // The acknowledgement is due before the echo, so the next O is half of it.
    client.type_in("o").expect("the client takes input");
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"o");
    peer.send(b"O");
    drop(peer);
    client.wait_for("reconnecting", any).expect("the line was not answered");
    let mut peer = listener.prove();
    assert_eq!(peer.read_to_end(), b"o");
    peer.send(b"O");
    peer.close_after(client, b"O");
}

#[test]
fn half_a_heartbeat_that_comes_back_as_text_after_a_probe_is_not_taken_for_a_wrong_echo() {
    let listener = Listener::bind();
    let mut client = start_client(&listener.address(), &RULE).expect("the client starts");
    let mut peer = listener.accept();
    peer.expect(b"HeartBeat");
    // A proxy has passed seven bytes of the heartbeat, waits, and dies: the server probes, and then
    // takes what it has for the last line.
    peer.send(b"HeartBeat");
    client.wait_for("connected", any).expect("the server is proven");
    peer.send(b"HEARTBE");
    drop(peer);
    client.wait_for("reconnecting", any).expect("the session goes on");
    let peer = listener.prove();
    peer.close_after(client, b"");
}
