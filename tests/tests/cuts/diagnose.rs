//! The example `diagnose` on a line that is cut.

use std::{io::Write as _, process::Command, thread, time::Duration};

use tests::{
    binaries::example,
    cases::Case,
    namespace::{Loopback, set_loopback},
    peer::{Listener, Peer},
    program::Program,
};

pub(crate) const CASES: [Case; 2] = [
    ("the_example_diagnose_says_that_nothing_comes_back_over_a_cut", over_a_cut),
    ("the_example_diagnose_does_not_take_bytes_before_a_cut_for_life", over_a_cut_after_bytes),
];

fn over_a_cut() {
    let said = said_over_a_cut(|_| ());
    let begin = "0 bytes came; the other end of this TCP connection has been silent for ";
    assert!(said.starts_with(begin), "{said}");
    assert!(
        said.contains("keepalive probes unanswered: the network or the other end is"),
        "{said}"
    );
}

fn over_a_cut_after_bytes() {
    let said = said_over_a_cut(|peer| {
        for _ in 0..15 {
            let _ = peer.stream().write(b"x"); // on a busy machine the example may have ended
            thread::sleep(Duration::from_millis(250)); // the slow service is what is tested
        }
    });
    assert!(!said.starts_with("0 "), "{said}");
    assert!(said.contains(" came; ") && !said.contains("acknowledges"), "{said}");
}

/// What the example says of a service whose line is cut after it has spoken.
fn said_over_a_cut(speak: impl FnOnce(&mut Peer)) -> String {
    let listener = Listener::bind();
    let diagnose = example("common", "diagnose").expect("the example builds");
    let mut command = Command::new(diagnose);
    let mut program = Program::start(command.arg(listener.address())).expect("it starts");
    program.wait_for_line("connected to ").expect("it connects");
    let mut peer = listener.accept();
    speak(&mut peer);
    set_loopback(Loopback::Down);
    let finished = program.finish().expect("it ends");
    finished.expect_code(0);
    String::from_utf8_lossy(&finished.stdout).into_owned()
}
