//! The servers under load as processes, and what a process costs, from proc(5).

use std::{
    error::Error,
    fs, io,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A server that was started for a load. It is killed when dropped.
pub struct Started {
    child: Child,
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
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { child, address })
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as Ctrl-C does, and waits for its end.
    ///
    /// # Errors
    /// When it is not there any more, or does not end well.
    #[cfg(unix)]
    pub fn stop(mut self) -> Result<(), Box<dyn Error>> {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.pid())?);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT)?;
        let status = self.child.wait()?;
        if status.success() {
            Ok(())
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

/// What a process has cost so far.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Processor time of all its threads, in user and kernel mode; counted in ticks of 10 ms.
    pub processor: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
}

impl Cost {
    /// Microseconds of processor time since `before`, for each of so many replies.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn micros_a_reply(&self, before: &Self, replies: u64) -> f64 {
        self.processor.saturating_sub(before.processor).as_secs_f64() * 1e6 / replies as f64
    }
}

/// Asks what the process `pid` has cost. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn cost(pid: u32) -> io::Result<Cost> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |field: usize| -> u64 {
        fields.split(' ').nth(field - 3).and_then(|ticks| ticks.parse().ok()).unwrap_or_default()
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Cost {
        processor: Duration::from_millis((ticks(14) + ticks(15)) * 10),
        memory: figure(&status, "VmRSS:") * 1024,
    })
}

/// How often the threads of the process `pid` have gone to sleep so far. It takes a while
/// where there are thousands: not to be asked during a load. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn sleeps(pid: u32) -> io::Result<u64> {
    let mut sleeps = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        sleeps += figure(&status, "voluntary_ctxt_switches:");
    }
    Ok(sleeps)
}

fn figure(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|figure| figure.parse().ok()).unwrap_or_default()
}
