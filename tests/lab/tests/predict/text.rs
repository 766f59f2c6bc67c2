//! The whole text of a prediction.

use std::process::Command;

fn predict(arguments: &[&str]) -> String {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    let output = lab.arg("predict").args(arguments).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8(output.stdout).expect("it is text")
}

#[test]
fn a_prediction_reads_as_it_should() {
    let all = "--idle 20s --retries 8 --probe 50s --timeout 1m --detect both \
               --keepalive-idle 12s --keepalive-interval 4s --keepalive-count 5 --user-timeout 19s";
    let said = [predict(&[]), predict(&all.split_whitespace().collect::<Vec<_>>())].join("\n\n");
    let expected = include_str!("text.txt");
    assert!(
        said == expected,
        "the text has changed; if it is meant to, put this into tests/lab/tests/predict/text.txt:\n\
         {said}"
    );
}

#[test]
fn no_line_is_wider_than_a_screen_and_none_ends_in_spaces() {
    for arguments in [
        &[][..],
        &["--detect", "keepalive"],
        &["--detect", "both", "--idle", "1h", "--probe", "59s"],
        &["--idle", "10days", "--timeout", "1day"],
    ] {
        for line in predict(arguments).lines() {
            // The programs' command lines are for copying, and stay whole.
            let is_command = line.starts_with("client ") || line.starts_with("server ");
            assert!(is_command || line.chars().count() <= 100, "{line}");
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn a_long_run_of_heartbeats_is_cut_short() {
    let text = predict(&["--retries", "1000000"]);
    assert!(text.contains("retry 2 sent\n             …\n"), "{text}");
    assert!(text.lines().count() < 80, "{text}");
}
