//! The servers under load as processes, and what a process costs, from proc(5).

use std::{
    error::Error,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
};

pub use tests::process::*;

/// A server that was started for a load. It is killed when dropped.
pub struct Started {
    child: Child,
    #[cfg_attr(not(unix), allow(dead_code, reason = "whoever stops it asks for it"))]
    last_line: Option<JoinHandle<Option<String>>>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Started {
    /// Starts a server that says on stderr where it is `listening on`.
    ///
    /// # Errors
    /// When it does not start, or does not say so.
    pub fn start(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let stderr = child.stderr.take().ok_or("stderr is piped")?;
        let mut lines = BufReader::new(stderr).lines();
        let address = loop {
            let line = lines.next().ok_or("the server does not listen")??;
            if let Some((_, address)) = line.split_once("listening on ") {
                break address.parse()?;
            }
        };
        // What it says later is read, so that it can say it.
        let last_line = thread::spawn(move || lines.map_while(Result::ok).last());
        Ok(Self { child, last_line: Some(last_line), address })
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as Ctrl-C does, waits for its end and returns the last line of its log.
    ///
    /// # Errors
    /// When it is not there any more, or does not end well.
    #[cfg(unix)]
    pub fn stop(mut self) -> Result<String, Box<dyn Error>> {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.pid())?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT)?;
        let status = self.child.wait()?;
        let last_line = self.last_line.take().and_then(|line| line.join().ok());
        if status.success() {
            Ok(last_line.flatten().unwrap_or_default())
        } else {
            Err(format!("the server ended with {status}").into())
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
