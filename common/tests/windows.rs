//! What the errors of Windows say.
#![cfg(windows)]

use std::io;

use common::{address::resolve, kernel::GaveUp, streams::says_reader_gone};

#[test]
fn each_error_of_a_dead_connection_has_its_verdict() {
    for (code, verdict) in [
        (10060, Some(GaveUp::TimedOut)),           // WSAETIMEDOUT
        (10052, Some(GaveUp::TimedOut)),           // WSAENETRESET, keepalive
        (10053, Some(GaveUp::Broken)),             // WSAECONNABORTED
        (10054, Some(GaveUp::Reset)),              // WSAECONNRESET
        (10065, Some(GaveUp::HostUnreachable)),    // WSAEHOSTUNREACH
        (10051, Some(GaveUp::NetworkUnreachable)), // WSAENETUNREACH
        (10050, Some(GaveUp::NetworkUnreachable)), // WSAENETDOWN
        (10064, Some(GaveUp::HostUnreachable)),    // WSAEHOSTDOWN
        (121, Some(GaveUp::TimedOut)),             // ERROR_SEM_TIMEOUT
        (64, Some(GaveUp::Reset)),                 // ERROR_NETNAME_DELETED
        (1236, Some(GaveUp::Broken)),              // ERROR_CONNECTION_ABORTED
        (10061, Some(GaveUp::Refused)),            // WSAECONNREFUSED
        (10013, Some(GaveUp::Refused)),            // WSAEACCES
        (995, None),                               // we cancelled the call
        (10058, None),                             // we shut the connection down
    ] {
        let error = io::Error::from_raw_os_error(code);
        assert_eq!(GaveUp::from_error(&error), verdict, "{error}");
    }
}

#[test]
fn a_zone_is_a_number() {
    assert_eq!(resolve("[fe80::1%12]:5005").unwrap(), ["[fe80::1%12]:5005".parse().unwrap()]);
    let error = resolve("[fe80::1%eth0]:5005").unwrap_err().to_string();
    assert_eq!(error, "there is no network interface 'eth0' here; give its number");
}

#[test]
fn each_error_of_a_pipe_whose_reader_has_gone_is_known() {
    for (code, is_gone) in [(109, true), (232, true), (233, true), (112, false), (5, false)] {
        let error = io::Error::from_raw_os_error(code);
        assert_eq!(says_reader_gone(&error), is_gone, "{error}");
    }
}
