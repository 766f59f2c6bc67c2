//! `HOST:PORT`, and the addresses that it stands for.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use common::address::{Failures, check, lacks_zone, resolve};

fn address(text: &str) -> SocketAddr {
    text.parse().expect("std reads it")
}

#[cfg(unix)]
#[test]
fn a_zone_is_the_name_or_the_number_of_an_interface() {
    let loopback = if cfg!(target_os = "linux") { "lo" } else { "lo0" };
    for zone in [loopback, "1"] {
        let found = resolve(&format!("[fe80::1%{zone}]:5005")).expect("loopback is there");
        let [SocketAddr::V6(found)] = found[..] else { panic!("{found:?} is no IPv6 address") };
        assert_eq!((found.scope_id(), found.port()), (1, 5005), "zone {zone}");
    }
    assert_eq!(resolve("[::1%1]:80").expect("it is an address"), [address("[::1%1]:80")]);
}

#[cfg(unix)]
#[test]
fn a_zone_that_is_no_interface_is_named() {
    for zone in ["no-such-if0", "4294967295", "0"] {
        let error = resolve(&format!("[fe80::1%{zone}]:5005")).expect_err("there is none");
        let expected = format!("there is no network interface '{zone}' here");
        assert!(error.to_string().starts_with(&expected), "{error}");
    }
}

#[test]
fn an_ipv6_address_stands_in_brackets() {
    for (text, reason) in [
        ("::1:5005", "stands in brackets"),
        ("fe80::1%eth0:5005", "stands in brackets"),
        ("[::1]", "the port is missing"),
        ("[::1:5005", "']' after the IPv6 address is missing"),
        ("[localhost]:5005", "'localhost' in brackets is not an IPv6 address"),
        ("[127.0.0.1]:5005", "'127.0.0.1' in brackets is not an IPv6 address"),
        ("[fe80::1%]:5005", "the interface after '%' is missing"),
        (":5005", "the host before ':' is missing"),
    ] {
        let error = check(text).expect_err(text);
        assert!(error.contains(reason), "{text}: {error}");
    }
    assert_eq!(check("[fe80::1%eth0]:5005"), Ok(()));
}

#[test]
fn a_mapped_address_is_the_ipv4_address_that_it_means() {
    let found = resolve("[::ffff:127.0.0.1]:5005").expect("it is an address");
    assert_eq!(found, [address("127.0.0.1:5005")]);
}

#[test]
fn a_name_that_nobody_knows_is_named_in_plain_words() {
    let error = resolve("no-such-host.invalid:5005").expect_err("RFC 6761 reserves .invalid");
    let error = error.to_string();
    assert!(
        error.starts_with("the host name no-such-host.invalid cannot be resolved ("),
        "{error}"
    );
    assert!(error.contains("check its spelling"), "{error}");
    assert!(!error.contains("failed to lookup"), "{error}");
}

#[test]
fn only_a_link_local_address_needs_a_zone() {
    for (text, lacks) in [
        ("[fe80::1]:5005", true),
        ("[fe80::1%1]:5005", false),
        ("[::1]:5005", false),
        ("127.0.0.1:5005", false),
    ] {
        assert_eq!(lacks_zone(&address(text)), lacks, "{text}");
    }
}

#[test]
fn one_failure_is_its_reason_and_several_name_their_addresses() {
    let refused = || io::Error::from(ErrorKind::ConnectionRefused);
    let failure = |text, error| (address(text), error);
    let one = Failures(vec![failure("[::1]:1", refused())]);
    assert_eq!(one.to_string(), "connection refused");
    let system = || io::Error::from_raw_os_error(1);
    let words = system().to_string();
    assert!(words.ends_with(" (os error 1)"), "{words}");
    let words = words.trim_end_matches(" (os error 1)");
    let three = Failures(vec![
        failure("[::1]:1", refused()),
        failure("10.0.0.1:1", system()),
        failure("10.0.0.2:1", refused()),
    ]);
    assert_eq!(
        three.to_string(),
        format!(
            "tried [::1]:1 (connection refused), 10.0.0.1:1 ({words}) and \
             10.0.0.2:1 (connection refused)"
        )
    );
}
