//! Clients from other terminals.

use tests::{finished::run, wait_until};

use crate::{
    pty::Pty,
    stage::{CALM, Home, Lab, SMALLEST},
    suite::Case,
};

pub(crate) const CASES: [Case; 3] = [
    ("a_client_of_another_terminal_joins_and_leaves", joins),
    ("a_client_joins_the_latest_lab_or_the_one_that_is_named", two_labs),
    ("without_a_lab_a_client_says_what_to_do", no_lab),
];

fn joins() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.wait_for_row(&["join from another terminal: ", " client"]);
    let mut other = lab.home.start(&["client", "--idle", "1s"]);
    let row = lab.wait_for_row(&["ext ", "running"]);
    let pid = other.program().expect("it runs").pid;
    assert!(row.contains(&format!("pid {pid}, not ours")), "{row}");
    for key in ["t", "s", "k", "d", "r"] {
        lab.press_for(key, &["! ext is not ours: use its own terminal"]);
        lab.press("1");
        lab.wait_for_no_row(&["not ours: use"]);
    }
    lab.wait_for_row(&["CLIENTS  the rule of ext: 1s idle"]);
    lab.wait_for_row(&["client ─── HeartBeat ──", "► server"]);
    other.press("hello\n").expect("it runs");
    other.wait_for_text("HELLO");
    lab.wait_for_row(&["\"HELLO\\n\" ─── server"]);

    other.press("\x04").expect("it runs");
    assert_eq!(other.wait_for_end(), 0);
    lab.wait_for_row(&["ext ", "ended: "]);
    lab.quit();
}

fn two_labs() {
    let home = Home::new();
    let command = home.command(&[&["live"], &CALM[..]].concat());
    let start = || {
        let pty = Pty::start(&command, SMALLEST).expect("a terminal");
        pty.wait_for_text("RUNNING");
        pty
    };
    let (first, second) = (start(), start());
    let mut later = home.start(&["client"]);
    second.wait_for_text("not ours");
    assert!(!first.shown().screen().contents().contains("not ours"));
    let pid = first.program().expect("it runs").pid.to_string();
    let mut named = home.start(&["client", "--lab", &pid]);
    first.wait_for_text("not ours");
    assert!(!second.shown().screen().contents().contains("ext2"));

    // Clients outlive their lab no longer than its server.
    for (mut lab, client) in [(first, &mut named), (second, &mut later)] {
        lab.press("q").expect("the lab runs");
        assert_eq!(lab.wait_for_end(), 0);
        wait_until(|| Ok(client.program().is_err())).expect("the client ends");
    }
}

fn no_lab() {
    let home = Home::new();
    let finished = run(&mut home.command(&["client"])).expect("it starts");
    finished.expect_code(1);
    let said = finished.log();
    assert!(said.contains("start one in another terminal"), "{said}");
    let finished = run(&mut home.command(&["client", "--lab", "1"])).expect("it starts");
    finished.expect_code(1);
    let said = finished.log();
    assert!(said.contains("has the process id 1"), "{said}");
}
