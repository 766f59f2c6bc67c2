//! What the errors of Windows say of a connection. `std` has no kind for some, and misleading ones for
//! others.

use windows_sys::Win32::{
    Foundation::{ERROR_CONNECTION_ABORTED, ERROR_NETNAME_DELETED, ERROR_SEM_TIMEOUT},
    Networking::WinSock::{
        WSAEACCES, WSAECONNABORTED, WSAECONNREFUSED, WSAECONNRESET, WSAEHOSTDOWN, WSAEHOSTUNREACH,
        WSAENETDOWN, WSAENETRESET, WSAENETUNREACH, WSAETIMEDOUT,
    },
};

use super::GaveUp;

/// The verdict that an error's number carries, if it is one. `WSAENETRESET` says that keepalive went
/// unanswered. `WSA_OPERATION_ABORTED`, which `std` takes for a time limit, is none: we cancelled the
/// call.
pub(super) fn verdict(code: i32) -> Option<GaveUp> {
    const SEM_TIMEOUT: i32 = ERROR_SEM_TIMEOUT.cast_signed();
    const NETNAME_DELETED: i32 = ERROR_NETNAME_DELETED.cast_signed();
    const CONNECTION_ABORTED: i32 = ERROR_CONNECTION_ABORTED.cast_signed();
    Some(match code {
        WSAETIMEDOUT | WSAENETRESET | SEM_TIMEOUT => GaveUp::TimedOut,
        WSAECONNABORTED | CONNECTION_ABORTED => GaveUp::Broken,
        WSAECONNRESET | NETNAME_DELETED => GaveUp::Reset,
        WSAEHOSTUNREACH | WSAEHOSTDOWN => GaveUp::HostUnreachable,
        WSAENETUNREACH | WSAENETDOWN => GaveUp::NetworkUnreachable,
        WSAECONNREFUSED | WSAEACCES => GaveUp::Refused,
        _ => return None,
    })
}
