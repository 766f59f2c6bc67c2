//! Which process holds a socket. The kernel names a socket by its inode; the process is the one
//! with that inode among its descriptors.

use std::{
    collections::{BTreeSet, HashMap},
    io,
};

use ::tests::proc::{command_line, pids, socket_inodes, state};

use crate::live::input::Process;

/// A socket that nobody seems to hold may have been on its way to its process. It is looked for
/// this often. The process may also be somebody else's, whom we may not look into.
const ATTEMPTS: u8 = 3;

/// The processes found so far. They are looked for only when an unknown inode comes.
#[derive(Default)]
pub(super) struct Owners {
    by_inode: HashMap<u64, Owner>,
    /// How the processes that hold an end were started.
    started: HashMap<u32, Started>,
}

#[derive(Clone, Copy)]
enum Owner {
    Pid(u32),
    /// Looked for this often in vain.
    Unknown(u8),
}

impl Owners {
    /// Looks for the processes that hold these sockets, and forgets all other sockets. Nobody holds
    /// inode 0.
    ///
    /// # Errors
    /// When the processes cannot be listed.
    pub(super) fn find(&mut self, inodes: impl Iterator<Item = u64>) -> io::Result<()> {
        let before = std::mem::take(&mut self.by_inode);
        self.by_inode = inodes
            .filter(|inode| *inode != 0)
            .map(|inode| (inode, before.get(&inode).copied().unwrap_or(Owner::Unknown(0))))
            .collect();
        if self.sought() > 0 {
            self.scan()?;
        }
        Ok(())
    }

    pub(super) fn of(&self, inode: u64) -> Option<u32> {
        match self.by_inode.get(&inode)? {
            Owner::Pid(pid) => Some(*pid),
            Owner::Unknown(_) => None,
        }
    }

    fn sought(&self) -> usize {
        let sought = |owner: &&Owner| matches!(owner, Owner::Unknown(times) if *times < ATTEMPTS);
        self.by_inode.values().filter(sought).count()
    }

    /// Looks first at the processes that hold another of the sockets, as the server does, and then
    /// at the youngest, which are the new clients.
    fn scan(&mut self) -> io::Result<()> {
        let mut others = pids()?;
        others.sort_unstable();
        let known: BTreeSet<u32> =
            self.by_inode.keys().filter_map(|inode| self.of(*inode)).collect();
        for pid in known.into_iter().chain(others.into_iter().rev()) {
            if self.sought() == 0 {
                return Ok(());
            }
            // A process that has ended or is not ours holds nothing that we know.
            for inode in socket_inodes(pid).unwrap_or_default() {
                if let Some(owner @ Owner::Unknown(_)) = self.by_inode.get_mut(&inode) {
                    *owner = Owner::Pid(pid);
                }
            }
        }
        for owner in self.by_inode.values_mut() {
            if let Owner::Unknown(times) = owner {
                *times = times.saturating_add(1);
            }
        }
        Ok(())
    }

    /// These processes, as they are now. One that has just ended is left out.
    ///
    /// # Errors
    /// When proc(5) cannot be read.
    pub(super) fn processes(
        &mut self,
        pids: impl Iterator<Item = u32>,
    ) -> io::Result<Vec<Process>> {
        let pids: BTreeSet<u32> = pids.collect();
        self.started.retain(|pid, _| pids.contains(pid));
        let mut processes = Vec::with_capacity(pids.len());
        for pid in pids {
            let Some(state) = state(pid)? else { continue };
            let started = self.started.entry(pid).or_insert_with(|| Started::of(pid));
            let Started { program, flags } = started.clone();
            processes.push(Process { pid, program, stopped: matches!(state, 'T' | 't'), flags });
        }
        Ok(processes)
    }
}

/// A program and its flags.
#[derive(Clone)]
struct Started {
    program: String,
    flags: Vec<String>,
}

impl Started {
    fn of(pid: u32) -> Self {
        let mut words = command_line(pid).unwrap_or_default().into_iter();
        let path = words.next().unwrap_or_default();
        let program = path.rsplit('/').next().unwrap_or_default().to_owned();
        Self { program, flags: words.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::{net::UdpSocket, process};

    use super::*;

    #[test]
    fn a_socket_is_looked_for_until_it_is_found() {
        let (_socket, pid) = (UdpSocket::bind("127.0.0.1:0").unwrap(), process::id());
        let inode = *socket_inodes(pid).unwrap().last().unwrap();
        let mut owners = Owners::default();
        owners.find([inode].into_iter()).unwrap();
        assert_eq!(owners.of(inode), Some(pid));
        assert_eq!(owners.sought(), 0);
    }

    #[test]
    fn a_socket_that_nobody_seems_to_hold_is_looked_for_a_few_times_only() {
        let (held_by_nobody, mut owners) = (u64::MAX, Owners::default());
        for attempt in 0..ATTEMPTS {
            assert_eq!(owners.of(held_by_nobody), None);
            owners.find([0, held_by_nobody].into_iter()).unwrap();
            assert_eq!(owners.sought(), usize::from(attempt + 1 < ATTEMPTS));
        }
        owners.find([].into_iter()).unwrap();
        assert!(owners.by_inode.is_empty(), "it is forgotten");
    }
}
