//! Recordings: what is written is read again, and a bad file is refused with its place.

use std::{fs, path::Path, time::Duration};

use lab::{
    event::Role,
    live::{
        input::{
            Deed, Input, Key, Process, Sample, Segment, Socket, Start, Timer, TimerKind, What, Who,
        },
        record::{Recorder, read},
    },
};
use tempfile::TempDir;
use tests::event::Event;

const STARTED: &str = r#"{"at_s":0.0,"input":"started","settings":[],"server":"127.0.0.1:1","join":"","columns":80,"rows":24}"#;

fn start() -> Start {
    Start {
        settings: vec!["--timeout".into(), "10s".into()],
        server: "127.0.0.1:5005".into(),
        join: "lab client --pid 1".into(),
        no_network: None,
        no_diag: Some("refused".into()),
        no_tap: Some("\"quoted\"\n".into()),
        columns: 80,
        rows: 24,
    }
}

fn socket(timer: Option<Timer>) -> Socket {
    Socket {
        accepted: true,
        end: Role::Client,
        port: 40_000,
        state: "established".into(),
        pid: Some(4711),
        timer,
        unread: 1,
        unacked: 2,
        tries: 3,
        retransmissions: None,
        window: Some(65_536),
        data_came_s: Some(1.25),
        ack_came_s: None,
        round_trip_ms: Some(0.033),
    }
}

fn sample() -> Sample {
    let kinds =
        [TimerKind::Retransmit, TimerKind::Keepalive, TimerKind::WindowProbe, TimerKind::TimeWait];
    let timers = kinds.map(|kind| Some(Timer { kind, fires_s: 12.345 }));
    let sockets = timers.into_iter().chain([None]).map(socket).collect();
    let process = Process {
        pid: 1,
        program: "client".into(),
        stopped: true,
        flags: vec!["--idle".into(), "3s".into()],
    };
    Sample { sockets, processes: vec![process] }
}

fn segment(syn: bool, fin: bool, rst: bool) -> Segment {
    let text = "HeartBeat \u{fffd}".into();
    Segment { from: Role::Server, port: 1, seq: u32::MAX, ack: 0, len: 9, text, syn, fin, rst }
}

fn deeds() -> Vec<Deed> {
    let client = || "c1".to_owned();
    vec![
        Deed::Add { client: client(), flags: vec!["--stay".into()] },
        Deed::Type { client: client(), line: "hello \"世界\"\t".into() },
        Deed::Stop { who: Who::Server },
        Deed::Continue { who: Who::Client(client()) },
        Deed::Kill { who: Who::Server },
        Deed::Restart,
        Deed::Fresh { flags: vec![] },
        Deed::Deafen { client: client() },
        Deed::Undeafen { client: client() },
        Deed::Reset { client: client() },
        Deed::Cut,
        Deed::Mend,
    ]
}

fn every_input() -> Vec<Input> {
    let keys = [Key::Char('a'), Key::Char('"'), Key::Char('é'), Key::Enter, Key::Escape]
        .into_iter()
        .chain([Key::Backspace, Key::Up, Key::Down, Key::Left, Key::Right]);
    let who = || Who::Client("c1".into());
    let event = r#"{"event":"ended","conn":3,"silent_s":1.5,"probed":true,"addr":null}"#;
    let mut whats = vec![
        What::Started(start()),
        What::Spawned { who: Who::Server, pid: 4711, flags: vec!["--log".into()] },
        What::Logged { who: who(), event: Event::parse(event).expect("an event") },
        What::Complained { who: who(), line: "thread 'main' panicked".into() },
        What::Printed { client: "c1".into(), line: "HELLO".into() },
        What::Exited { who: who() },
        What::Kernel(sample()),
        What::Kernel(Sample::default()),
        What::Segment(segment(true, false, false)),
        What::Segment(segment(false, true, true)),
        What::Resized { columns: 1, rows: u16::MAX },
        What::Said { text: "now it is cut".into() },
    ];
    whats.extend(keys.map(|key| What::Key { key }));
    whats.extend(deeds().into_iter().map(|deed| What::Done { deed }));
    whats.extend(deeds().into_iter().map(|deed| What::Failed { deed, why: "refused".into() }));
    let at = (0..).map(|number| Duration::new(number, 123_456_789));
    at.zip(whats).map(|(at, what)| Input { at, what }).collect()
}

fn file(text: &str) -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.jsonl");
    fs::write(&path, text).expect("the file is written");
    (folder, path)
}

#[test]
fn every_input_is_read_as_it_was_written() {
    let (_folder, path) = file("an older recording, which is longer than nothing");
    let inputs = every_input();
    let mut recorder = Recorder::create(&path).expect("the file can be written");
    for input in &inputs {
        recorder.write(input).expect("there is room");
    }
    drop(recorder);
    let lines = fs::read_to_string(&path).expect("the file is there").lines().count();
    assert_eq!(lines, inputs.len());
    assert_eq!(read(&path), Ok(inputs));
}

#[test]
fn what_is_flushed_is_in_the_file_while_the_lab_runs() {
    let (_folder, path) = file("");
    let inputs = every_input();
    let mut recorder = Recorder::create(&path).expect("the file can be written");
    recorder.write(&inputs[0]).expect("there is room");
    assert_eq!(fs::read(&path).expect("the file is there"), b"", "a line is no system call");
    recorder.flush().expect("there is room");
    assert_eq!(read(&path).as_deref(), Ok(&inputs[..1]));
}

#[test]
fn a_last_line_that_was_cut_off_is_told_as_the_last_input() {
    let said = r#"{"at_s":2.5,"input":"said","text":"世界"}"#;
    for cut in [1, said.len() - 1, said.len() - 4] {
        let (_folder, path) = file("");
        let mut text = format!("{STARTED}\n{said}\n").into_bytes();
        text.extend(&said.as_bytes()[..cut]);
        fs::write(&path, text).expect("the file is written");
        let inputs = read(&path).expect("it is a recording");
        assert_eq!(inputs.len(), 3);
        assert_eq!(inputs[2].at, Duration::from_millis(2500));
        let text = "the recording ends here: its line 3 was cut off".to_owned();
        assert_eq!(inputs[2].what, What::Said { text });
    }
    let (_folder, path) = file(&format!("{STARTED}\n{said}"));
    assert_eq!(read(&path).map(|inputs| inputs.len()), Ok(2), "only its newline is missing");
}

#[test]
fn a_bad_file_is_refused_with_its_line_and_what_is_wrong() {
    let said = r#"{"at_s":2.5,"input":"said","text":"a"}"#;
    let earlier = r#"{"at_s":2.25,"input":"said","text":"b"}"#;
    for (text, message) in [
        (String::new(), "the file is empty"),
        ("# Design\n".into(), "line 1: this is no recording of `lab live`: expected value"),
        (STARTED[..40].into(), "line 1: this is no recording of `lab live`: EOF"),
        ("{}\n".into(), "line 1: this is no recording of `lab live`: missing field `"),
        (format!("{said}\n"), "line 1: the first input of a recording is `started`"),
        (format!("{STARTED}\n{{}}\n{said}\n"), "line 2: this is no input: missing field"),
        (format!("{STARTED}\n\n{said}\n"), "line 2: this is no input: EOF"),
        (
            format!("{STARTED}\n{}\n", said.replace("said", "sung")),
            "line 2: this is no input: unknown variant `sung`",
        ),
        (
            format!("{STARTED}\n{said}\n{earlier}\n"),
            "line 3: its time, 2.25 s, lies before that of the line above, 2.5 s",
        ),
    ] {
        let (_folder, path) = file(&text);
        let error = read(&path).expect_err(&text);
        let expected = format!("{}: {message}", path.display());
        assert!(error.starts_with(&expected), "{error}\nand not: {expected}");
        assert!(!error.contains("column"), "{error}");
    }
    let missing = Path::new("/nowhere/run.jsonl");
    assert!(read(missing).is_err_and(|error| error.starts_with("/nowhere/run.jsonl: No such")));
    let refused = Recorder::create(missing).err().expect("the folder is missing").to_string();
    assert!(refused.starts_with("/nowhere/run.jsonl: No such"), "{refused}");
}
