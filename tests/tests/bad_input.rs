//! Values that no flag of the server and the client takes, and the edges of what each takes.
#![cfg(unix)]

use tests::{
    binaries::command,
    flags::{CommandLine, DETECTION, Row},
};

fn server() -> CommandLine {
    let own: &[Row] = &[
        ("--listen", &["192.0.2.1:0", "192.0.2.1:65535"]),
        ("--timeout", &["1ns", "365days"]),
        ("--probe", &["1ns", "59s"]),
        ("--max-connections", &["1", "18446744073709551615"]),
        ("--log", &["text", "json"]),
    ];
    CommandLine {
        command: || command("server").expect("the server builds"),
        // Nobody can listen there: 192.0.2.0/24 is reserved for documentation (RFC 5737).
        arguments: &["--listen", "192.0.2.1:5005"],
        refused: &[],
        taken: [own, DETECTION].concat(),
        outcome: (1, "cannot listen on"),
    }
}

fn client() -> CommandLine {
    let own: &[Row] = &[
        ("--server", &["127.0.0.1:0"]),
        ("--idle", &["1ns", "365days"]),
        ("--retry-interval", &["1ns", "365days"]),
        ("--retries", &["0", "4294967295"]),
        ("--give-up-after", &["1ns", "365days"]),
        ("--log", &["text", "json"]),
    ];
    CommandLine {
        command: || command("client").expect("the client builds"),
        arguments: &["--server", "127.0.0.1:0"], // nobody listens on port 0
        refused: &[],
        taken: [own, DETECTION].concat(),
        outcome: (1, "cannot connect to"),
    }
}

#[test]
fn the_server_refuses_what_makes_no_sense_and_names_the_flag() {
    server().refuses_what_makes_no_sense();
}

#[test]
fn the_client_refuses_what_makes_no_sense_and_names_the_flag() {
    client().refuses_what_makes_no_sense();
}

#[test]
fn the_server_takes_the_smallest_and_the_largest_values() {
    server().takes_the_smallest_and_the_largest();
}

#[test]
fn the_client_takes_the_smallest_and_the_largest_values() {
    client().takes_the_smallest_and_the_largest();
}
