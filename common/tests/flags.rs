//! What the flags of both programs may say, and what follows from them.

use std::time::Duration;

use clap::{CommandFactory as _, Parser};
use common::{
    args,
    detect::{Detect, Keepalive},
};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    detect: Detect,
}

fn detect(flags: &str) -> Result<Detect, String> {
    let arguments = std::iter::once("program").chain(flags.split_whitespace());
    Cli::try_parse_from(arguments).map(|cli| cli.detect).map_err(|error| error.to_string())
}

const ARTICLE: Keepalive = Keepalive {
    idle: Duration::from_hours(2),
    interval: Duration::from_secs(75),
    count: 9,
    user_timeout: None,
};

#[test]
fn an_address_has_a_host_and_a_port() {
    for text in ["127.0.0.1:5005", "localhost:0", "[::1]:65535", "example.org:80"] {
        assert_eq!(args::host_and_port(text).as_deref(), Ok(text));
    }
    for text in ["", "localhost", ":5005", "localhost:", "localhost:65536", "localhost:-1"] {
        assert!(args::host_and_port(text).is_err(), "{text:?} was taken");
    }
}

#[test]
fn a_number_of_connections_is_at_least_one() {
    assert_eq!(args::at_least_one("2"), Ok(2));
    for text in ["0", "-1", "many", ""] {
        assert!(args::at_least_one(text).is_err(), "{text:?} was taken");
    }
}

#[test]
fn a_count_of_keepalive_probes_is_within_the_kernels_limit() {
    let keepalive = detect("--detect keepalive --keepalive-count 127").unwrap().keepalive();
    assert_eq!(keepalive.map(|keepalive| keepalive.count), Some(127));
    for count in ["0", "128"] {
        assert!(detect(&format!("--detect keepalive --keepalive-count {count}")).is_err());
    }
}

#[test]
fn each_mode_is_what_it_says() {
    assert_eq!(detect(""), Ok(Detect::Heartbeat));
    assert_eq!(detect("--detect keepalive"), Ok(Detect::Keepalive(ARTICLE)));
    assert_eq!(detect("--detect both"), Ok(Detect::Both(ARTICLE)));
    for (mode, uses_heartbeat, keepalive) in [
        (Detect::Heartbeat, true, None),
        (Detect::Keepalive(ARTICLE), false, Some(ARTICLE)),
        (Detect::Both(ARTICLE), true, Some(ARTICLE)),
    ] {
        assert_eq!((mode.uses_heartbeat(), mode.keepalive()), (uses_heartbeat, keepalive));
    }
}

#[test]
fn an_unknown_mode_is_refused_and_the_known_ones_are_listed() {
    let help = Cli::command().render_help().to_string();
    let refusal =
        Cli::try_parse_from(["program", "--detect", "telepathy"]).map(|_| ()).unwrap_err();
    for text in [help, refusal.to_string()] {
        assert!(text.contains("values: heartbeat, keepalive, both"), "{text}");
    }
}

#[test]
fn keepalive_flags_without_keepalive_are_refused_by_name() {
    for flag in ["--keepalive-idle 1s", "--keepalive-interval 1s", "--keepalive-count 1"] {
        let refusal = detect(flag).unwrap_err();
        let name = flag.split(' ').next().unwrap();
        assert!(refusal.contains(&format!("{name} needs TCP keepalive")), "{refusal}");
        assert!(detect(&format!("--detect both {flag}")).is_ok());
    }
    assert!(detect("--user-timeout 1s").unwrap_err().contains("--user-timeout"));
}

#[test]
fn keepalive_gives_up_after_its_last_probe() {
    assert_eq!(ARTICLE.detection_time(), Duration::from_secs(7200 + 9 * 75));
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn bytes_in_flight_can_be_limited() {
        let limit = detect("--detect both --user-timeout 7s").unwrap().keepalive().unwrap();
        assert_eq!(limit.user_timeout, Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_warning_proposes_a_user_timeout_that_is_shorter_than_retransmission() {
        let limited = Keepalive { user_timeout: Some(Duration::from_secs(1)), ..ARTICLE };
        assert_eq!(Detect::Keepalive(limited).warning(), None);
        assert_eq!(Detect::Both(ARTICLE).warning(), None, "the heartbeat limits it");
        let warning = Detect::Keepalive(ARTICLE).warning().unwrap();
        assert!(warning.ends_with("--user-timeout 1m limits that"), "{warning}");
        let quick =
            Keepalive { idle: Duration::from_secs(1), interval: Duration::from_secs(1), ..ARTICLE };
        let warning = Detect::Keepalive(quick).warning().unwrap();
        assert!(warning.ends_with("--user-timeout 10s limits that"), "{warning}");
    }

    #[test]
    fn the_kernel_holds_what_was_set() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let limited = Keepalive { user_timeout: Some(Duration::from_secs(7)), ..ARTICLE };
        for (keepalive, said) in [
            (ARTICLE, "keepalive idle 7200s, interval 75s, count 9"),
            (limited, "keepalive idle 7200s, interval 75s, count 9, user timeout 7s"),
        ] {
            let held = keepalive.apply(&stream).unwrap();
            assert_eq!((held.count, held.user_timeout), (Some(9), keepalive.user_timeout));
            assert_eq!(held.to_string(), said);
        }
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), ARTICLE.idle);
        assert_eq!(socket.tcp_user_timeout().unwrap(), limited.user_timeout);
    }
}
