//! What the flags of both programs may say, and what follows from them.

use std::time::Duration;

use clap::{CommandFactory as _, Parser};
use common::{
    args::{self, DetectArgs},
    detect::{Detect, Keepalive},
};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    detect: DetectArgs,
}

fn detect(flags: &str) -> Result<Detect, String> {
    let arguments = std::iter::once("program").chain(flags.split_whitespace());
    Cli::try_parse_from(arguments).expect("the flags are there").detect.detect()
}

const ARTICLE: Keepalive = Keepalive {
    idle: Duration::from_hours(2),
    interval: Duration::from_secs(75),
    count: 9,
    user_timeout: None,
};

#[test]
fn numbers_are_whole_and_where_it_matters_not_zero() {
    assert_eq!(args::number("0"), Ok(0));
    assert_eq!(args::number("4294967295"), Ok(u32::MAX));
    assert_eq!(args::positive("2"), Ok(2));
    assert!(args::positive("0").is_err());
    assert_eq!(args::keepalive_count("127"), Ok(127));
    assert!(args::keepalive_count("128").is_err());
}

#[test]
fn the_kernels_timers_take_whole_seconds_up_to_its_limits() {
    assert_eq!(args::whole_seconds("32767s"), Ok(Duration::from_secs(32_767)));
    assert!(args::whole_seconds("32768s").is_err());
    assert!(args::whole_seconds("1500ms").is_err());
    assert_eq!(args::user_timeout("2147483s"), Ok(Duration::from_secs(2_147_483)));
    assert!(args::user_timeout("2147484s").is_err());
    assert!(args::user_timeout("1500ms").is_err());
}

#[test]
fn each_mode_is_what_it_says() {
    assert_eq!(detect(""), Ok(Detect::Heartbeat));
    assert_eq!(detect("--detect keepalive"), Ok(Detect::Keepalive(ARTICLE)));
    assert_eq!(detect("--detect both"), Ok(Detect::Both(ARTICLE)));
    for (mode, by_heartbeat, keepalive) in [
        (Detect::Heartbeat, true, None),
        (Detect::Keepalive(ARTICLE), false, Some(ARTICLE)),
        (Detect::Both(ARTICLE), true, Some(ARTICLE)),
    ] {
        assert_eq!((mode.by_heartbeat(), mode.keepalive()), (by_heartbeat, keepalive));
    }
}

#[test]
fn a_mode_that_is_none_is_refused_with_those_there_are() {
    let help = Cli::command().render_help().to_string();
    let refusal =
        Cli::try_parse_from(["program", "--detect", "telepathy"]).map(|_| ()).unwrap_err();
    for text in [help, refusal.to_string()] {
        assert!(text.contains("values: heartbeat, keepalive, both"), "{text}");
    }
}

#[test]
fn figures_of_keepalive_without_keepalive_are_refused_by_name() {
    for flag in ["--keepalive-idle 1s", "--keepalive-interval 1s", "--keepalive-count 1"] {
        let refusal = detect(flag).unwrap_err();
        assert!(refusal.starts_with(flag.split(' ').next().unwrap()), "{refusal}");
        assert!(detect(&format!("--detect both {flag}")).is_ok());
    }
    assert!(detect("--user-timeout 1s").unwrap_err().starts_with("--user-timeout"));
}

#[test]
fn keepalives_verdict_comes_after_all_probes() {
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
    fn data_in_flight_is_warned_of_where_nothing_limits_it() {
        assert_eq!(args::warning(Detect::Heartbeat), None);
        let limited = Keepalive { user_timeout: Some(Duration::from_secs(1)), ..ARTICLE };
        assert_eq!(args::warning(Detect::Both(limited)), None);
        let warning = args::warning(Detect::Both(ARTICLE)).unwrap();
        assert!(warning.ends_with("--user-timeout '2h 11m 14s' limits that"), "{warning}");
    }

    #[test]
    fn what_was_set_is_what_the_kernel_holds() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let limited = Keepalive { user_timeout: Some(Duration::from_secs(7)), ..ARTICLE };
        for (keepalive, said) in [
            (ARTICLE, "keepalive idle 7200s, interval 75s, count 9"),
            (limited, "keepalive idle 7200s, interval 75s, count 9, user time-out 7s"),
        ] {
            let held = keepalive.apply(&stream).unwrap();
            assert_eq!(held, keepalive);
            assert_eq!(held.to_string(), said);
        }
        let socket = socket2::SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), ARTICLE.idle);
        assert_eq!(socket.tcp_user_timeout().unwrap(), limited.user_timeout);
    }
}
