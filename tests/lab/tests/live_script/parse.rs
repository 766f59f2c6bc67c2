//! What is a script, and what is none.

use std::{path::PathBuf, time::Duration};

use lab::{
    live::{
        input::{Deed, Key, TimerKind, Who},
        script::{
            Command, KEYS, Script,
            wanted::{Details, WORDS, Wanted},
        },
    },
    predict::fault::Window,
};

fn only(line: &str) -> Command {
    let mut script = Script::parse(line).expect(line);
    assert_eq!(script.lines.len(), 1, "{line}");
    script.lines.remove(0).command
}

fn c1() -> String {
    "c1".to_owned()
}

#[test]
fn each_deed_has_a_command() {
    let who = || Who::Client(c1());
    let flags = || vec!["--idle".to_owned(), "5s".to_owned()];
    for (line, deed) in [
        ("add c1", Deed::Add { client: c1(), flags: Vec::new() }),
        ("add c1 --idle 5s", Deed::Add { client: c1(), flags: flags() }),
        ("type c1 are  you there?", Deed::Type { client: c1(), line: "are  you there?".into() }),
        ("stop c1", Deed::Stop { who: who() }),
        ("stop server", Deed::Stop { who: Who::Server }),
        ("continue c1", Deed::Continue { who: who() }),
        ("kill server", Deed::Kill { who: Who::Server }),
        ("restart", Deed::Restart),
        ("fresh", Deed::Fresh { flags: Vec::new() }),
        ("fresh --idle 5s", Deed::Fresh { flags: flags() }),
        ("deafen c1", Deed::Deafen { client: c1() }),
        ("undeafen c1", Deed::Undeafen { client: c1() }),
        ("reset c1", Deed::Reset { client: c1() }),
        ("cut", Deed::Cut),
        ("mend", Deed::Mend),
    ] {
        assert_eq!(only(line), Command::Do(deed), "{line}");
    }
}

#[test]
fn each_key_can_be_pressed() {
    for (name, key) in KEYS {
        assert_eq!(only(&format!("key {name}")), Command::Press(key));
    }
    assert_eq!(only("key a"), Command::Press(Key::Char('a')));
    assert_eq!(only("key #"), Command::Press(Key::Char('#')));
}

#[test]
fn what_is_waited_for_has_its_words_and_its_time() {
    let seconds = Duration::from_secs_f64;
    let wanted = |what: &'static str, detail: Option<&str>| Wanted {
        who: Who::Client(c1()),
        what,
        detail: detail.map(str::to_owned),
    };
    let window = Window { earliest: seconds(3.0), latest: seconds(6.5) };
    for (line, command) in [
        ("wait 1.5s", Command::Wait(seconds(1.5))),
        ("wait 500ms", Command::Wait(seconds(0.5))),
        (
            "until c1 connected 5s",
            Command::Until { wanted: wanted("connected", None), limit: seconds(5.0) },
        ),
        (
            "expect c1 heartbeat 3s..6.5s",
            Command::Expect { wanted: wanted("heartbeat", None), window },
        ),
        (
            "expect c1 evicted not_reading 3s..6.5s",
            Command::Expect { wanted: wanted("evicted", Some("not_reading")), window },
        ),
        (
            "expect c1 printed ARE YOU THERE? 3s..6.5s",
            Command::Expect { wanted: wanted("printed", Some("ARE YOU THERE?")), window },
        ),
        (
            "expect c1 no ended unanswered 5s",
            Command::Never { wanted: wanted("ended", Some("unanswered")), lasts: seconds(5.0) },
        ),
    ] {
        assert_eq!(only(line), command, "{line}");
    }
}

#[test]
fn every_word_can_be_waited_for() {
    for word in WORDS {
        let who = if word.name == "listening" { "server" } else { "c1" };
        let text = if word.name == "printed" { "HELLO" } else { "" };
        let Command::Until { wanted, .. } = only(&format!("until {who} {} {text} 5s", word.name))
        else {
            panic!("{} is not waited for", word.name);
        };
        assert_eq!(wanted.what, word.name);
    }
}

#[test]
fn a_frame_may_have_a_size() {
    let file = || PathBuf::from("a/b.svg");
    assert_eq!(only("frame a/b.svg"), Command::Frame { file: file(), size: None });
    assert_eq!(
        only("frame a/b.svg 120x40"),
        Command::Frame { file: file(), size: Some((120, 40)) }
    );
}

#[test]
fn blank_lines_and_comments_are_skipped_but_counted() {
    let script = Script::parse("# a comment\n\n  cut  \n\t# another\nsay a # stays\n").expect("it");
    let lines: Vec<_> = script.lines.iter().map(|line| (line.number, &*line.text)).collect();
    assert_eq!(lines, [(3, "cut"), (5, "say a # stays")]);
}

#[test]
fn an_error_names_the_line_what_was_found_and_what_is_possible() {
    for (line, parts) in [
        ("begin server", &["\"begin\" is no command", "add, type, stop"][..]),
        ("stop", &["a program (server, or a client such as c1) is missing"]),
        ("stop c-1", &["\"c-1\" is no program", "possible: server, or a client"]),
        ("stop c1 now", &["nothing may follow", "\"now\""]),
        ("cut c1", &["nothing may follow", "\"c1\""]),
        ("add server", &["not done to the server", "a client such as c1"]),
        ("type c1", &["a text is missing"]),
        ("say", &["a text is missing"]),
        ("wait", &["a duration is missing"]),
        ("wait soon", &["\"soon\" is no duration", "2s, 1.5s, 500ms"]),
        ("key", &["a key is missing"]),
        ("key ctrl", &["\"ctrl\" is no key", "enter, escape"]),
        ("until c1", &["a limit such as 5s is missing"]),
        ("until c1 5s", &["it does not say what", "connected, heartbeat"]),
        ("until c1 connected", &["\"connected\" is no duration"]),
        ("until c1 linked 5s", &["\"linked\" is nothing that", "connected, heartbeat"]),
        ("until server heartbeat 5s", &["the server is never heartbeat", "listening, exited"]),
        ("expect c1 heartbeat 5s", &["\"5s\" is no window", "3s..6.5s"]),
        ("expect c1 heartbeat 5s..3s", &["ends before it begins"]),
        ("expect c1 no heartbeat 3s..5s", &["\"3s..5s\" is no duration"]),
        ("expect c1 ended silent 3s..5s", &["\"silent\" may not follow ended", "unanswered"]),
        ("expect c1 heartbeat 2 3s..5s", &["nothing may follow heartbeat", "\"2\""]),
        ("expect c1 printed 3s..5s", &["the text is missing after printed"]),
        ("frame", &["a file that ends in .svg is missing"]),
        ("frame a.png", &["\"a.png\" is no picture", ".svg"]),
        ("frame a.svg 80", &["\"80\" is no size", "80x24"]),
        ("frame a.svg 0x24", &["\"0x24\" is no size"]),
    ] {
        let error = Script::parse(&format!("cut\n\n{line}\n")).expect_err(line);
        assert!(error.starts_with(&format!("line 3: {line}: ")), "{error}");
        for part in parts {
            assert!(error.contains(part), "no {part} in {error}");
        }
    }
}

#[test]
fn the_reasons_are_those_of_the_logs() {
    let docs = include_str!("../../../../docs/log.md");
    let lists = docs.split("`reason` is one of ").skip(1).map(|rest| {
        let list = rest.split_once(':').expect("the list ends").0;
        list.split(',').map(|reason| reason.trim().trim_matches('`')).collect::<Vec<_>>()
    });
    for (name, mut logged) in ["server_ended", "ended"].into_iter().zip(lists) {
        let word = WORDS.iter().find(|word| word.name == name).expect("a word");
        let Details::OneOf(reasons) = word.details else { panic!("{name} has no reasons") };
        logged.retain(|reason| *reason != "output_closed"); // no event has it
        assert_eq!(reasons, logged, "{name}");
    }
}

#[test]
fn a_timer_has_one_name_in_scripts_and_recordings() {
    use TimerKind::{Keepalive, Retransmit, TimeWait, WindowProbe};

    for kind in [Retransmit, Keepalive, WindowProbe, TimeWait] {
        let recorded = serde_json::to_value(kind).expect("it is a name");
        assert_eq!(recorded, kind.name());
        only(&format!("until c1 timer {} 5s", kind.name()));
    }
}
