//! `TCP_NODELAY`, tcp(7).

use std::net::TcpStream;

/// Lets small writes leave at once, also while earlier ones are not acknowledged.
///
/// This makes a connection faster and not more correct, so a system that refuses it is not an
/// error. macOS refuses it when the peer has reset the connection already.
pub fn send_at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}
