//! The calls that only Windows has, and that no library offers: the only unsafe code of the project.
#![cfg_attr(not(feature = "cli"), allow(dead_code, reason = "only a program catches signals"))]

use std::{
    io,
    net::TcpStream,
    os::windows::io::AsRawSocket as _,
    ptr,
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use windows_sys::{
    Win32::{
        Foundation::{FALSE, HANDLE, TRUE},
        Networking::WinSock::{WSAENOPROTOOPT, WSAESHUTDOWN, WSAETIMEDOUT},
        System::{
            Console::{
                CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT, SetConsoleCtrlHandler,
            },
            IO::CancelIoEx,
        },
    },
    core::BOOL,
};

/// Ends every read and write in which a thread of this process is blocked on this socket.
pub(crate) fn cancel_blocked_calls(stream: &TcpStream) {
    let handle = stream.as_raw_socket() as HANDLE;
    // SAFETY: the stream is borrowed, so the handle is open. No `OVERLAPPED` is named, and the calls
    // that are cancelled are those of `recv`, `send` and `WSAPoll`, which wait until their buffers
    // are free.
    #[expect(unsafe_code, reason = "std does not have the call")]
    unsafe {
        CancelIoEx(handle, ptr::null());
    }
}

/// Whether a write failed because we have shut the connection down.
pub(crate) fn says_shut_down(error: &io::Error) -> bool {
    error.raw_os_error() == Some(WSAESHUTDOWN)
}

/// Whether the system does not have an option.
pub(crate) fn has_no_option(error: &io::Error) -> bool {
    error.raw_os_error() == Some(WSAENOPROTOOPT)
}

/// Makes a call that the socket limits. It fails with `WouldBlock` if its limit has passed: the
/// kernel's own verdict about a dead connection can have the same number, but comes at any time.
pub(crate) fn limited<T>(limit: Duration, call: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    /// The system's clock ticks this seldom, so that a limit may seem to pass a little early.
    const TICK: Duration = Duration::from_millis(16);
    let begin = Instant::now();
    call().map_err(|error| {
        let is_due = begin.elapsed() + TICK >= limit;
        match error.raw_os_error() {
            Some(WSAETIMEDOUT) if is_due => io::ErrorKind::WouldBlock.into(),
            _ => error,
        }
    })
}

type Handler = Box<dyn Fn() + Send + Sync>;

static ON_CLOSE: OnceLock<Handler> = OnceLock::new();

/// Calls `handler` when the console is closed. The process then has about 5 s to end by itself.
/// (Logging off and shutting down say the same, but to services only.)
///
/// # Errors
/// When the system refuses the handler.
pub(crate) fn on_close(handler: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    let _ = ON_CLOSE.set(Box::new(handler)); // a program has one
    // SAFETY: the function is never unloaded, and may be called on any thread at any time.
    #[expect(unsafe_code, reason = "the crate `ctrlc` returns at once")]
    let is_set = unsafe { SetConsoleCtrlHandler(Some(closing), TRUE) };
    if is_set == FALSE { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The system calls this on a thread of its own. It ends the process when this returns, so this
/// leaves the ending to the handler. Other events, such as Ctrl-C, are passed on.
extern "system" fn closing(event: u32) -> BOOL {
    match (event, ON_CLOSE.get()) {
        (CTRL_CLOSE_EVENT | CTRL_LOGOFF_EVENT | CTRL_SHUTDOWN_EVENT, Some(handler)) => {
            handler();
            loop {
                thread::park();
            }
        }
        _ => FALSE,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT};

    use super::*;

    #[test]
    fn a_closed_console_is_left_to_the_handler_and_other_events_are_passed_on() {
        let (closed, seen) = mpsc::channel();
        on_close(move || closed.send(()).expect("the test waits")).expect("there is a console");
        for event in [CTRL_C_EVENT, CTRL_BREAK_EVENT] {
            assert_eq!(closing(event), FALSE);
        }
        assert!(seen.try_recv().is_err(), "nothing was closed");
        for event in [CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT] {
            let system = thread::spawn(move || closing(event));
            seen.recv_timeout(Duration::from_mins(1)).expect("the handler is called");
            assert!(!system.is_finished(), "the system would end the process now");
        }
    }
}
