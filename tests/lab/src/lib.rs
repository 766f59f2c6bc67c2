//! The lab starts the real programs and breaks something on purpose. It shows how each failure
//! looks, who detects it, and why at that moment.
//!
//! Start with [`scene`], which names what can be played, and [`predict`], which says what will happen.
//! `lab list` prints the scenes, and `lab run SCENE` plays one.
//!
//! [`settings`] are the programs' own flags, which every command takes. [`predict`] computes from
//! the programs' own rules what they will do, without running them.
//!
//! A [`scene`] is [`run`]: the [`programs`] are started and broken, with a [`relay`] between them
//! where it changes nothing. What their logs and the relay tell, [`observe`] turns into
//! [`event`]s. [`draw`] shows the events in a terminal or as a picture. The [`view`] is what all of
//! these follow: what a scene shows, and by what it is seen. [`compare`] compares the prediction
//! with the measurement, and [`report`] prints the result. The [`matrix`] is every fault in every
//! mode.
//!
//! [`idle_limit`] measures how long a path lets a connection be idle. [`live`] shows everything
//! that moves on one screen, and breaks it with a key.

#![forbid(unsafe_code)]
// Only this package's binary and tests use the library, so its docs say what is not obvious.
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc, clippy::return_self_not_must_use)]

#[cfg(unix)]
pub mod compare;
pub mod draw;
pub mod event;
pub mod idle_limit;
#[cfg(target_os = "linux")]
pub mod live;
#[cfg(unix)]
pub mod matrix;
#[cfg(unix)]
pub mod observe;
pub mod predict;
#[cfg(unix)]
pub mod processes;
#[cfg(unix)]
pub mod programs;
pub mod relay;
#[cfg(unix)]
pub mod report;
#[cfg(unix)]
pub mod run;
#[cfg(unix)]
pub mod scene;
pub mod settings;
pub mod view;

/// Durations in JSON are numbers of seconds, in fields that end in `_s`.
pub(crate) mod in_seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(it: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(it.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}
