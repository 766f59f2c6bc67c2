//! What the kernel tells of real connections.
#![cfg(target_os = "linux")]

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use common::{
    kernel::{Evidence, GaveUp, Side, unread},
    verdict::Unread,
};

#[test]
fn what_the_peers_kernel_has_acknowledged_is_not_counted_on_either_side() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    client.write_all(b"HeartBeat").unwrap();
    server.read_exact(&mut [0; 9]).unwrap();
    server.write_all(b"OK").unwrap();
    client.read_exact(&mut [0; 2]).unwrap();
    client.write_all(b"!").unwrap(); // it carries the acknowledgement of `OK`
    server.read_exact(&mut [0]).unwrap();

    let accepting = Evidence::ask(&server, Side::Accepting).unwrap();
    assert_eq!((accepting.in_flight, accepting.unsent), (0, 0), "{accepting:?}");
    while Evidence::ask(&client, Side::Connecting).unwrap().in_flight > 0 {
        std::thread::yield_now(); // the last byte's acknowledgement may be delayed
    }
}

#[test]
fn a_verdict_of_the_kernels_is_told_from_another_error() {
    use nix::libc;
    for (errno, verdict) in [
        (libc::ETIMEDOUT, Some(GaveUp::TimedOut)),
        (libc::EHOSTUNREACH, Some(GaveUp::HostUnreachable)),
        (libc::ENETUNREACH, Some(GaveUp::NetworkUnreachable)),
        (libc::ECONNRESET, Some(GaveUp::Reset)),
        (libc::ECONNABORTED, Some(GaveUp::Aborted)),
        (libc::ENETDOWN, Some(GaveUp::NetworkUnreachable)),
        (libc::ECONNREFUSED, Some(GaveUp::Refused)),
        (libc::EACCES, Some(GaveUp::Refused)),
        (libc::ENOPROTOOPT, Some(GaveUp::Refused)),
        (libc::EOPNOTSUPP, Some(GaveUp::Refused)),
        (libc::EPIPE, None),
        (libc::EIO, None),
    ] {
        assert_eq!(GaveUp::from_error(&io::Error::from_raw_os_error(errno)), verdict);
    }
}

#[test]
fn bytes_that_nobody_has_entered_are_known_wherever_they_are() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    assert_eq!(unread(&client, 0), Unread::Nothing);
    server.write_all(b"OK").unwrap();
    client.peek(&mut [0; 2]).unwrap(); // it waits until they have come
    assert_eq!(unread(&client, 0), Unread::Something, "the kernel holds them");
    client.read_exact(&mut [0; 2]).unwrap();
    assert_eq!(unread(&client, 0), Unread::Unknown, "a reader has taken them");
    assert_eq!(unread(&client, 2), Unread::Nothing, "they are entered");
    drop(server);
    client.peek(&mut [0]).unwrap();
    assert_eq!(unread(&client, 2), Unread::Something, "the end of stream");
}

#[test]
fn what_a_closed_window_holds_up_is_counted_as_unsent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    client.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut written = 0;
    while let Ok(count) = (&client).write(&[0; 8192]) {
        written += count as u64;
    }
    let evidence = loop {
        let evidence = Evidence::ask(&client, Side::Connecting).unwrap();
        if evidence.window == 0 && evidence.in_flight == 0 {
            break evidence;
        }
    };
    assert!(evidence.unsent > 0 && evidence.unsent < written, "{evidence:?}");
    drop(server);
}
