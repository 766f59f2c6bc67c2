//! The pictures of `docs/lab.md` are moments of recordings, drawn by the commands that stand there.

use std::{fs, path::Path};

use lab::live::{
    draw::{Characters, Look, Moment},
    record,
    replay::Replay,
    script::size,
    snapshot,
};

/// How the commands draw.
const LOOK: Look = Look { characters: Characters::Unicode, moment: Moment::Live };

/// The value of a flag in a command.
fn value<'a>(command: &'a str, flag: &str) -> &'a str {
    let after = command.split_once(flag).map(|(_, after)| after.trim_start());
    after.and_then(|after| after.split(' ').next()).expect("the command has the flag")
}

#[test]
fn the_pictures_of_the_docs_are_what_their_commands_draw() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_to_string(root.join("docs/lab.md")).expect("the page is there");
    let commands: Vec<_> = docs.lines().filter(|line| line.contains("live --replay")).collect();
    assert_eq!(commands.len(), 3, "a command for each picture");
    for command in commands {
        let recording = record::read(&root.join(value(command, "--replay"))).expect("it is one");
        let mut replay = Replay::new(recording).expect("it begins with a start");
        let at = humantime::parse_duration(value(command, "--at")).expect("a moment");
        replay.go_to(at);
        let size = size(value(command, "--size")).expect("a size");
        let drawn = snapshot::picture(&replay.world, at, LOOK, Some(size));
        let picture = value(command, "--svg");
        let stands = fs::read_to_string(root.join(picture)).expect("the picture is there");
        assert!(drawn == stands, "{picture} is not what this draws: {command}");
        assert!(docs.contains(&picture["docs/".len()..]), "{picture} is shown");
    }
}
