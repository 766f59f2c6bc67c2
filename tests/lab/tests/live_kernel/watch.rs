//! A sampler that is asked until it has seen what a test waits for.

use std::{
    net::{SocketAddr, TcpStream},
    time::Instant,
};

use lab::{
    event::Role,
    live::{
        input::{Sample, Socket},
        kernel::Sampler,
    },
};
use tests::wait_until;

/// A sampler, and the sample that it returned last.
pub(crate) struct Watch {
    sampler: Sampler,
    start: Instant,
    pub(crate) sample: Sample,
}

impl Watch {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let start = Instant::now();
        let (sampler, refused) = Sampler::new(server, start);
        assert_eq!(refused, None);
        Self { sampler, start, sample: Sample::default() }
    }

    pub(crate) fn of_proc_net(server: SocketAddr) -> Self {
        let start = Instant::now();
        let sampler = Sampler::of_proc_net(server, start);
        Self { sampler, start, sample: Sample::default() }
    }

    pub(crate) fn now(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Whether there is a new sample.
    pub(crate) fn look(&mut self) -> bool {
        let sample = self.sampler.sample(Instant::now()).expect("the kernel answers");
        let is_new = sample.is_some();
        self.sample = sample.unwrap_or_else(|| self.sample.clone());
        is_new
    }

    pub(crate) fn end(&self, end: Role, client: &TcpStream) -> Option<&Socket> {
        let port = client.local_addr().expect("it has an address").port();
        self.sample.sockets.iter().find(|one| one.end == end && one.port == port)
    }

    /// Waits until this end of the client's connection is as it should be.
    #[track_caller]
    pub(crate) fn until(
        &mut self,
        end: Role,
        client: &TcpStream,
        so: impl Fn(&Socket) -> bool,
    ) -> Socket {
        let came = wait_until(|| {
            self.look();
            Ok(self.end(end, client).is_some_and(&so))
        });
        let found = self.end(end, client);
        assert!(came.is_ok(), "the {end}'s end did not become so: {found:#?}");
        found.cloned().expect("it was there just now")
    }
}
