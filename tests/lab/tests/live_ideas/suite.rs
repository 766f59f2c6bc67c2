//! Each idea comes as it expects, by the real command.
//!
//! The ideas mostly wait, so eight are played at once. Where the system refuses network
//! namespaces, those that need one are reported as ignored.

use std::{
    path::Path,
    process::Command,
    sync::{Mutex, PoisonError},
};

use lab::live::{
    ideas::{IDEAS, Idea},
    input::Deed,
    script::{self, Script},
};
use libtest_mimic::{Failed, Trial};
use tests::{
    binaries::built,
    cases,
    finished::{self, Finished},
};

pub(crate) fn run() {
    let (mut arguments, refused) = cases::prepared();
    arguments.test_threads.get_or_insert(8);
    let is_refused = |idea: &Idea| refused.is_some() && needs_namespace(idea);
    // With --ignored, ideas that the system refuses are left out.
    let ideas = IDEAS.iter().filter(|idea| !(arguments.ignored && is_refused(idea)));
    let ideas = ideas.map(|idea| played(idea).with_ignored_flag(is_refused(idea)));
    let others = [
        Trial::test("a_failed_expectation_says_what_came_instead", a_failed_expectation),
        Trial::test("keys_do_what_commands_do", keys),
        Trial::test("a_frame_is_a_picture_of_the_screen", a_frame),
        Trial::test("a_line_that_is_no_command_is_refused_before_anything_starts", no_command),
    ];
    libtest_mimic::run(&arguments, ideas.chain(others).collect()).exit();
}

/// A cut needs a private network, and a reset the right to see the wire and to write to it.
fn needs_namespace(idea: &Idea) -> bool {
    let script = Script::parse(idea.script).expect("it is a script");
    script
        .lines
        .iter()
        .any(|line| matches!(line.command, script::Command::Do(Deed::Cut | Deed::Reset { .. })))
}

/// Ideas that are played again are played one at a time.
static AGAIN: Mutex<()> = Mutex::new(());

fn played(idea: &'static Idea) -> Trial {
    Trial::test(idea.name, move || {
        let mut finished = play(idea.script)?;
        if finished.status.code() == Some(1) {
            // A busy machine may be the reason: as in the matrix, it is played once more.
            let _alone = AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
            finished = play(idea.script)?;
        }
        let story = String::from_utf8_lossy(&finished.stdout);
        if finished.status.success() {
            Ok(())
        } else {
            Err(format!("{}\n{story}", finished.log()).into())
        }
    })
}

/// Plays a script by the real command.
fn play(script: &str) -> Result<Finished, Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("script.txt");
    std::fs::write(&file, script)?;
    Ok(finished::run(&mut lab(&file))?)
}

fn lab(script: &Path) -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(["live", "--script"]).arg(script).envs(built().expect("the programs build"));
    lab
}

fn a_failed_expectation() -> Result<(), Failed> {
    let script = "add c1\nuntil c1 accepted 20s\nkill c1\nexpect c1 evicted 0s..1s\n";
    let finished = play(script)?;
    finished.expect_code(1);
    let said = finished.log();
    for part in [
        "line 4: expect c1 evicted 0s..1s: it did not come within 3.0s",
        "exited after 0.0s",
        "was ended by the server (closed_by_client) after ",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    let story = String::from_utf8_lossy(&finished.stdout);
    assert!(story.contains("you killed c1 (SIGKILL)\n"), "{story}");
    Ok(())
}

fn keys() -> Result<(), Failed> {
    let script = "fresh --timeout 3s\nkey a\nuntil c1 accepted 20s\nkey s\n\
                  expect c1 evicted silent 1s..20s\nkey k\nexpect c1 exited 0s..20s\n";
    let finished = play(script)?;
    finished.expect_code(0);
    let story = String::from_utf8_lossy(&finished.stdout);
    for part in ["you started c1\n", "you stopped c1 (SIGSTOP)\n", "you killed c1 (SIGKILL)\n"] {
        assert!(story.contains(part), "no {part} in {story}");
    }
    Ok(())
}

fn a_frame() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("frame.svg");
    let script = format!("add c1\nuntil c1 accepted 20s\nframe {} 100x30\n", file.display());
    play(&script)?.expect_code(0);
    let picture = std::fs::read_to_string(&file)?;
    let document = roxmltree::Document::parse(&picture)?;
    let texts = document.descendants().filter_map(|node| node.text());
    assert!(texts.into_iter().any(|text| text.contains("c1")), "{picture}");
    Ok(())
}

fn no_command() -> Result<(), Failed> {
    let finished = play("add c1\nbegin server\n")?;
    finished.expect_code(1);
    let said = finished.log();
    assert!(
        said.contains("line 2: begin server: \"begin\" is no command; possible: add"),
        "{said}"
    );
    assert!(finished.stdout.is_empty(), "it told a story");
    Ok(())
}
