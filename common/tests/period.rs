//! Durations as flags take them.

use std::time::Duration;

use common::period::{KeepaliveSeconds, Period, UserTimeoutSeconds};

#[test]
fn periods_are_read_as_people_write_them() {
    for (text, millis) in [("25s", 25_000), ("500ms", 500), ("1m 30s", 90_000)] {
        assert_eq!(text.parse(), Ok(Period::new(Duration::from_millis(millis))), "{text}");
    }
    assert_eq!("365days".parse(), Ok(Period::MAX));
}

#[test]
fn a_period_is_shown_as_people_write_it() {
    for text in ["25s", "60s", "75s", "500ms", "2m", "2h", "1m 30s 500ms"] {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
    }
}

#[test]
fn periods_that_make_no_sense_are_refused() {
    for text in ["", "0", "0s", "0ms", "-1s", "25", "s", "soon", "1 parsec", "366days"] {
        assert!(text.parse::<Period>().is_err(), "{text:?} was taken");
    }
    for text in ["99999999999999y", "18446744073709551615s", "99999999999999999999s"] {
        assert!(text.parse::<Period>().is_err(), "{text:?} was taken");
    }
}

#[test]
fn the_kernels_timers_take_whole_seconds_within_its_limit() {
    assert_eq!("32767s".parse(), Ok(KeepaliveSeconds::new(32_767)));
    for text in ["32768s", "1500ms", "0s"] {
        assert!(text.parse::<KeepaliveSeconds>().is_err(), "{text:?} was taken");
    }
    assert!("2147484s".parse::<UserTimeoutSeconds>().is_err(), "more than the kernel holds");
}
