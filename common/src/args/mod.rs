//! What a flag may say: the checks that both command lines share.

mod choice;
mod detect;

use std::{ffi::OsString, time::Duration};

use clap::builder::{OsStringValueParser, TypedValueParser};

pub use choice::choice;
pub use detect::{DetectArgs, warning};

use crate::LONGEST_WAIT;

/// A check of this module as clap takes it. Unlike clap's own, a value that is no text
/// at all is refused by its flag's name, too.
pub fn checked<T>(check: fn(&str) -> Result<T, String>) -> impl TypedValueParser<Value = T>
where
    T: Clone + Send + Sync + 'static,
{
    OsStringValueParser::new().try_map(move |value: OsString| {
        value.to_str().ok_or_else(|| "not valid UTF-8".to_owned()).and_then(check)
    })
}

/// Reads a whole number.
///
/// # Errors
/// A text that is no number from 0 to 4294967295; the message says what is wrong.
pub fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|error| format!("{error}; it takes a whole number from 0 to {}", u32::MAX))
}

/// Reads a whole number that is not 0.
///
/// # Errors
/// As [`number`], and when it is 0.
pub fn positive(text: &str) -> Result<u32, String> {
    match number(text)? {
        0 => Err("must be at least 1".to_owned()),
        positive => Ok(positive),
    }
}

/// Reads a duration as `humantime` writes it: `25s`, `500ms`, `1m 30s`.
///
/// # Errors
/// A text that is no duration, zero, or longer than 365 days; the message says which.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; a duration looks like 25s, 500ms or '1m 30s'"))?;
    match duration {
        Duration::ZERO => Err("must be longer than zero".to_owned()),
        longer if longer > LONGEST_WAIT => Err("must not be longer than 365 days".to_owned()),
        fits => Ok(fits),
    }
}

/// Reads a duration for one of TCP's timers, which count whole seconds.
///
/// # Errors
/// As [`duration`], and when it has a fraction of a second or is longer than the 32767 s
/// that tcp(7) allows.
pub fn whole_seconds(text: &str) -> Result<Duration, String> {
    at_most(whole(duration(text)?)?, 32_767)
}

fn whole(duration: Duration) -> Result<Duration, String> {
    if duration.subsec_nanos() == 0 {
        Ok(duration)
    } else {
        Err("must be whole seconds: the kernel's timers for this know no fractions".to_owned())
    }
}

fn at_most(duration: Duration, seconds: u64) -> Result<Duration, String> {
    if duration.as_secs() <= seconds {
        Ok(duration)
    } else {
        Err(format!("must not be longer than {seconds}s, the kernel's limit"))
    }
}

/// Reads a duration for `TCP_USER_TIMEOUT`, in whole seconds as the other timers of TCP.
///
/// # Errors
/// As [`duration`], and when it has a fraction of a second or is longer than the 2147483 s
/// that the kernel's milliseconds hold.
pub fn user_timeout(text: &str) -> Result<Duration, String> {
    at_most(whole(duration(text)?)?, 2_147_483)
}

/// Reads a number of keepalive probes.
///
/// # Errors
/// As [`positive`], and when it is more than the 127 that tcp(7) allows.
pub fn keepalive_count(text: &str) -> Result<u32, String> {
    match positive(text)? {
        128.. => Err("must not be more than 127, the kernel's limit".to_owned()),
        count => Ok(count),
    }
}

/// Checks the shape of an address, `HOST:PORT`; whether the host exists and the port
/// is free shows only when it is used.
///
/// # Errors
/// A text without a host or without a port from 0 to 65535.
pub fn host_and_port(text: &str) -> Result<String, String> {
    let (host, port) =
        text.rsplit_once(':').ok_or("an address is HOST:PORT, for example 127.0.0.1:5005")?;
    if host.is_empty() {
        return Err("the host before ':' is missing; an address is HOST:PORT".to_owned());
    }
    port.parse::<u16>().map_err(|_| format!("'{port}' is not a port: a number from 0 to 65535"))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(duration("25s"), Ok(Duration::from_secs(25)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("365days"), Ok(LONGEST_WAIT));
    }

    #[test]
    fn durations_that_make_no_sense_are_refused() {
        for text in ["", "0", "0s", "0ms", "-1s", "25", "s", "soon", "1 parsec", "366days"] {
            assert!(duration(text).is_err(), "{text:?} was taken");
        }
        for text in ["99999999999999y", "18446744073709551615s", "99999999999999999999s"] {
            assert!(duration(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in ["127.0.0.1:5005", "localhost:0", "[::1]:65535", "example.org:80"] {
            assert_eq!(host_and_port(text).as_deref(), Ok(text));
        }
        for text in ["", "localhost", ":5005", "localhost:", "localhost:65536", "localhost:-1"] {
            assert!(host_and_port(text).is_err(), "{text:?} was taken");
        }
    }
}
