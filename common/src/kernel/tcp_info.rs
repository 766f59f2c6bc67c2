//! Linux's `TCP_INFO`, read without unsafe code of ours.
#![allow(unreachable_pub, reason = "the option's macro makes a public item, so its type is public")]

use std::{ffi::OsString, net::TcpStream, sync::OnceLock, time::Duration};

use nix::{
    getsockopt_impl, libc, sockopt_impl,
    sys::socket::{getsockopt, sockopt::GetOsString},
};

sockopt_impl!(
    /// `TCP_INFO`, tcp(7).
    TcpInfoOption, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, TcpInfo
);

/// The front of the kernel's `struct tcp_info` (`linux/tcp.h`), as far as `snd_wnd`,
/// which came with Linux 5.4. The kernel only ever appends to it.
#[repr(C)]
#[derive(Debug, Default, Clone, Copy)]
#[allow(dead_code, reason = "the fields that are not read keep the others in place")]
pub struct TcpInfo {
    state: u8,
    ca_state: u8,
    pub retransmits: u8,
    pub probes: u8,
    backoff: u8,
    options: u8,
    scales: u8,
    flags: u8,
    /// rto, ato, `snd_mss`, `rcv_mss`, unacked, sacked, lost, retrans, fackets.
    figures: [u32; 9],
    pub last_data_sent: u32,
    /// `last_ack_sent`, `last_data_recv`.
    other_ages: [u32; 2],
    pub last_ack_recv: u32,
    /// pmtu, `rcv_ssthresh`, rtt, rttvar, `snd_ssthresh`, `snd_cwnd`, advmss, reordering,
    /// `rcv_rtt`, `rcv_space`, `total_retrans`.
    more_figures: [u32; 11],
    pacing_rate: u64,
    max_pacing_rate: u64,
    pub bytes_acked: u64,
    pub bytes_received: u64,
    segs_out: u32,
    segs_in: u32,
    pub notsent_bytes: u32,
    min_rtt: u32,
    data_segs_in: u32,
    data_segs_out: u32,
    /// `delivery_rate`, `busy_time`, `rwnd_limited`, `sndbuf_limited`.
    times: [u64; 4],
    delivered: u32,
    delivered_ce: u32,
    pub bytes_sent: u64,
    pub bytes_retrans: u64,
    dsack_dups: u32,
    reord_seen: u32,
    rcv_ooopack: u32,
    pub snd_wnd: u32,
}

impl TcpInfo {
    /// How long ago the peer last took bytes: it let new ones out, and acknowledged them.
    ///
    /// The kernel tells when bytes went out last. If they are sent again and again, they went out
    /// for the first time before all the timeouts so far, each twice as long as the one before.
    pub fn last_taken(&self) -> Duration {
        let last_acknowledged = Duration::from_millis(self.last_ack_recv.into());
        let mut last_sent = Duration::from_millis(self.last_data_sent.into());
        let [timeout, _, _, _, in_flight, ..] = self.figures;
        if in_flight > 0 && self.backoff > 0 {
            let timeout = Duration::from_micros(timeout.into());
            let first = timeout / 2_u32.saturating_pow(self.backoff.into());
            last_sent += timeout.saturating_sub(first);
        }
        last_sent.max(last_acknowledged)
    }

    /// Whether bytes wait in this host although the peer has room for them, and none are in flight.
    /// Then the time of the last sending says nothing: it is that of an attempt that failed.
    pub fn cannot_send(&self) -> bool {
        let has_room = self.snd_wnd >= self.notsent_bytes;
        self.notsent_bytes > 0 && has_room && self.segments_in_flight() == Some(0)
    }

    /// How many segments are in flight. `None` after the end of the connection: the kernel has
    /// thrown them away then.
    pub fn segments_in_flight(&self) -> Option<u32> {
        const TCP_CLOSE: u8 = 7;
        let [_, _, _, _, unacked, ..] = self.figures;
        (self.state != TCP_CLOSE).then_some(unacked)
    }
}

/// What the kernel knows of a connection. `None` where its answer is shorter than [`TcpInfo`]: on
/// kernels before 5.4, and where another kernel stands in for Linux (gVisor).
pub fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
    static LENGTH: OnceLock<usize> = OnceLock::new();
    let length = if let Some(length) = LENGTH.get() {
        *length
    } else {
        let length = getsockopt(stream, AnswerLength).ok()?.len();
        *LENGTH.get_or_init(|| length)
    };
    when_whole(length, || getsockopt(stream, TcpInfoOption).ok())
}

/// Reads the structure if the kernel's answer of this length holds all of it. nix panics where it
/// does not.
fn when_whole(length: usize, read: impl FnOnce() -> Option<TcpInfo>) -> Option<TcpInfo> {
    if length < size_of::<TcpInfo>() { None } else { read() }
}

sockopt_impl!(
    /// `TCP_INFO`, of which only the length is wanted: the getter for text is nix's only one that
    /// takes a shorter answer.
    AnswerLength, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, OsString,
    GetOsString<Filled<{ size_of::<TcpInfo>() }>>
);

/// nix returns the answer as text up to its first zero byte. This buffer overwrites the answer with
/// `x`, so the text has the answer's whole length.
#[derive(Debug)]
pub struct Filled<const SIZE: usize>([u8; SIZE]);

impl<const SIZE: usize> AsMut<[u8]> for Filled<SIZE> {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0.fill(b'x');
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    const LONGER_THAN_ANY: usize = 64 * 1024;

    sockopt_impl!(
        LongAnswer,
        GetOnly,
        libc::IPPROTO_TCP,
        libc::TCP_INFO,
        OsString,
        GetOsString<Filled<LONGER_THAN_ANY>>
    );

    #[test]
    fn an_answer_that_is_shorter_than_its_buffer_has_a_length_and_does_not_panic() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let length = getsockopt(&stream, LongAnswer).unwrap().len();
        assert!(length > 100 && length < LONGER_THAN_ANY, "{length}");
        assert_eq!(
            getsockopt(&stream, AnswerLength).unwrap().len(),
            length.min(size_of::<TcpInfo>())
        );
    }

    #[test]
    fn bytes_that_are_sent_again_and_again_are_not_taken() {
        let info = TcpInfo { last_data_sent: 300, last_ack_recv: 20, ..TcpInfo::default() };
        assert_eq!(info.last_taken(), Duration::from_millis(300), "the window has been closed");
        let flowing = TcpInfo { last_data_sent: 5, ..info };
        assert_eq!(flowing.last_taken(), Duration::from_millis(20));
        // Sent again after 200, 400 and 800 ms, the last time 300 ms ago.
        let mut again = TcpInfo { backoff: 3, ..info };
        (again.figures[0], again.figures[4]) = (1_600_000, 1);
        assert_eq!(again.last_taken(), Duration::from_millis(200 + 400 + 800 + 300));
        let cut = TcpInfo { last_ack_recv: 5000, ..again };
        assert_eq!(cut.last_taken(), Duration::from_secs(5), "nothing comes back");
    }

    #[test]
    fn bytes_that_this_host_cannot_send_are_told_from_those_that_wait_for_the_peer() {
        let waiting = TcpInfo { notsent_bytes: 90, snd_wnd: 64_000, ..TcpInfo::default() };
        assert!(waiting.cannot_send());
        assert!(!TcpInfo { snd_wnd: 50, ..waiting }.cannot_send(), "the window is closed");
        assert!(!TcpInfo { notsent_bytes: 0, ..waiting }.cannot_send(), "nothing waits");
        let mut in_flight = waiting;
        in_flight.figures[4] = 1;
        assert!(!in_flight.cannot_send(), "some are on their way");
    }

    #[test]
    fn a_structure_of_which_the_kernel_gives_a_part_is_not_read() {
        let never = || unreachable!("nix would panic");
        assert!(when_whole(size_of::<TcpInfo>() - 1, never).is_none());
        assert!(when_whole(0, never).is_none());
    }
}
