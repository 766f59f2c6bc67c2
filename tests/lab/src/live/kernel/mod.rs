//! The kernel's side of the connections to a server: both ends of each, as often as it is asked.
//!
//! It comes from `inet_diag` or, where that is refused, from `/proc/net/tcp`, which knows less.
//! Both list the sockets of the network namespace in which the [`Sampler`] was made.

mod changes;
mod inet_diag;
mod owners;
mod row;

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use ::tests::proc::tcp_sockets;

use self::{
    changes::{keep_unchanged, key},
    inet_diag::InetDiag,
    owners::Owners,
    row::Row,
};
use super::input::{Sample, Socket};

/// Asks the kernel for the connections to one server.
pub struct Sampler {
    server: SocketAddr,
    start: Instant,
    source: Source,
    owners: Owners,
    /// Kept from one sample to the next, so that none allocates it.
    rows: Vec<Row>,
    /// `None` after an error.
    last: Option<Sample>,
}

enum Source {
    InetDiag(InetDiag),
    ProcNet,
}

impl Sampler {
    /// A sampler of the connections to `server`, an address of IPv4. Its moments are counted from
    /// `start`. If `inet_diag` is refused, the text says why, and `/proc/net/tcp` is read instead.
    pub fn new(server: SocketAddr, start: Instant) -> (Self, Option<String>) {
        match InetDiag::open() {
            Ok(diag) => (Self::of(server, start, Source::InetDiag(diag)), None),
            Err(error) => (Self::of_proc_net(server, start), Some(error.to_string())),
        }
    }

    /// A sampler that reads `/proc/net/tcp`.
    pub fn of_proc_net(server: SocketAddr, start: Instant) -> Self {
        Self::of(server, start, Source::ProcNet)
    }

    fn of(server: SocketAddr, start: Instant, source: Source) -> Self {
        let (owners, rows, last) = (Owners::default(), Vec::new(), Some(Sample::default()));
        Self { server, start, source, owners, rows, last }
    }

    /// The connections as they are `now`, if anything has changed since the sample that was
    /// returned last, or if that look failed. An end of which the kernel keeps no more than the port (`TIME_WAIT`) is left
    /// out.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn sample(&mut self, now: Instant) -> io::Result<Option<Sample>> {
        let now = now.saturating_duration_since(self.start);
        // Whatever comes after an error is new.
        let last = self.last.take();
        let mut sample = self.look(now)?;
        if let Some(last) = &last {
            keep_unchanged(&mut sample, last);
        }
        let is_new = last.as_ref() != Some(&sample);
        self.last = Some(sample.clone());
        Ok(is_new.then_some(sample))
    }

    fn look(&mut self, now: Duration) -> io::Result<Sample> {
        self.rows.clear();
        match &mut self.source {
            Source::InetDiag(diag) => diag.rows(&mut self.rows)?,
            Source::ProcNet => self.rows.extend(tcp_sockets()?.into_iter().map(Row::from)),
        }
        let ends =
            self.rows.iter().filter_map(|row| Some((row.inode(), row.end(self.server, now)?)));
        let mut ends: Vec<(u64, Socket)> = ends.collect();
        // The kernel moves sockets while it lists them, and may list one twice.
        ends.sort_unstable_by_key(|(_, end)| key(end));
        ends.dedup_by_key(|(_, end)| key(end));
        self.owners.find(ends.iter().map(|(inode, _)| *inode))?;
        for (inode, end) in &mut ends {
            end.pid = self.owners.of(*inode);
        }
        let sockets: Vec<_> = ends.into_iter().map(|(_, end)| end).collect();
        let processes = self.owners.processes(sockets.iter().filter_map(|end| end.pid))?;
        Ok(Sample { sockets, processes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_an_error_there_is_a_new_sample_even_if_nothing_has_changed() {
        let start = Instant::now();
        let Ok(diag) = InetDiag::open() else { return }; // the system refuses it
        diag.fail_next();
        let server = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut sampler = Sampler::of(server, start, Source::InetDiag(diag));
        assert!(sampler.sample(start).is_err());
        assert_eq!(sampler.sample(start).unwrap(), Some(Sample::default()));
        assert_eq!(sampler.sample(start).unwrap(), None);
    }
}
