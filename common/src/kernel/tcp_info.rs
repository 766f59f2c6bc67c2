//! Linux's `TCP_INFO`, read without unsafe code of ours.
#![allow(unreachable_pub, reason = "the option's macro makes a public item, so its type is public")]

use std::{net::TcpStream, sync::LazyLock};

use nix::{
    getsockopt_impl, libc, sockopt_impl,
    sys::{socket::getsockopt, utsname::uname},
};

sockopt_impl!(
    /// `TCP_INFO`, tcp(7).
    TcpInfoOption, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, TcpInfo
);

/// The front of the kernel's `struct tcp_info` (`linux/tcp.h`), as far as `snd_wnd`,
/// which came with Linux 5.4. The kernel only ever appends to it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
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
    /// How many segments are in flight. `None` after the end of the connection: the kernel has
    /// thrown them away then.
    pub fn segments_in_flight(&self) -> Option<u32> {
        const TCP_CLOSE: u8 = 7;
        let [_, _, _, _, unacked, ..] = self.figures;
        (self.state != TCP_CLOSE).then_some(unacked)
    }
}

pub fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
    static KNOWS_IT: LazyLock<bool> = LazyLock::new(kernel_is_5_4_or_newer);
    // An older kernel's structure is shorter, and reading it would panic.
    KNOWS_IT.then(|| getsockopt(stream, TcpInfoOption).ok()).flatten()
}

fn kernel_is_5_4_or_newer() -> bool {
    let Ok(name) = uname() else {
        return false;
    };
    let release = name.release().to_string_lossy();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(4))
}
