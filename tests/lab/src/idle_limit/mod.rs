//! How long does the path let a connection be idle? A NAT, a load balancer or a firewall forgets a
//! connection that has been silent for too long, and so does the server's own `--timeout`.
//!
//! Many connections are opened at once. Each is silent for its own time ([`plan`]) and then sends
//! one heartbeat. One more connection, the control, beats throughout. [`watch`] holds what came
//! on each of them and when, [`verdict`] says what follows, [`report`] holds that, and [`text`]
//! puts it into words. None of these has a socket or a clock. [`measure`] has both.

pub mod fate;
#[cfg(unix)]
pub mod measure;
pub mod plan;
pub mod report;
pub mod text;
pub mod verdict;
pub mod void;
pub mod watch;
