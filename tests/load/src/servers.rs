//! Our server and the servers that it is compared with: one with the same threads and nothing
//! else, and one on an async runtime.

use std::{io, path::PathBuf, process::Command};

use tests::{
    binaries::{Server, build},
    tied::tied_to_us,
};

use crate::{load::Load, server_command};

/// What one run measured: replies per second, CPU time per reply, the 50th and the 99th percentile
/// of the latency, and the server's memory at the end. The times are in microseconds, the memory
/// in bytes.
pub type Figures = [f64; 5];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ours,
    BareLoop,
    Tokio,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Ours, Self::BareLoop, Self::Tokio];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "our server",
            Self::BareLoop => "bare loop",
            Self::Tokio => "tokio server",
        }
    }
}

/// The programs of the other servers.
pub(crate) struct Servers {
    bare_loop: PathBuf,
    tokio: PathBuf,
}

impl Servers {
    pub(crate) fn build() -> io::Result<Self> {
        let build = |name| build("load", name, &["peers"]);
        Ok(Self { bare_loop: build("limit")?, tokio: build("tokio_echo")? })
    }

    /// Starts the server, loads it, and ends it.
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn measure(&self, kind: Kind, load: Load) -> io::Result<Figures> {
        let mut command = match kind {
            Kind::Ours => server_command()?,
            Kind::BareLoop => tied_to_us(&Command::new(&self.bare_loop)),
            Kind::Tokio => tied_to_us(&Command::new(&self.tokio)),
        };
        let server = Server::from_command(&mut command)?;
        let measured = load.run(&server.address, Some(server.program.pid()), |_| ())?;
        let cpu = measured.cpu_micros().unwrap_or(f64::NAN);
        let memory = measured.memory().map_or(f64::NAN, |bytes| bytes as f64);
        Ok([measured.rate(), cpu, measured.micros(50.0), measured.micros(99.0), memory])
    }
}
