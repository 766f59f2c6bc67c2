//! What passes on the wire.

use serde::{Deserialize, Serialize};

use crate::event::Role;

/// A TCP segment on the wire between a client and the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub from: Role,
    /// The port at the client's end, which names the connection.
    pub port: u16,
    /// The number of its first byte.
    pub seq: u32,
    /// The number of the next byte that its sender expects.
    pub ack: u32,
    /// Bytes of payload.
    pub len: u32,
    /// The first bytes of the payload. What is not UTF-8 is replaced.
    pub text: String,
    #[serde(default, skip_serializing_if = "is_false")]
    pub syn: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub fin: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub rst: bool,
}

/// Whether one sequence number comes before another, modulo 2³² (RFC 9293, 3.4).
pub fn is_before(one: u32, other: u32) -> bool {
    one != other && other.wrapping_sub(one) < 1 << 31
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
