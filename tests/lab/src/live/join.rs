//! `lab client`: a client in another terminal that joins the lab which runs.

use std::{
    convert::Infallible, env, fs, io, os::unix::process::CommandExt as _, path::PathBuf,
    process::Command,
};

use tests::binaries::binary;

use super::outside::PRIVATE_SERVER;
use crate::{
    event::Role,
    settings::{Settings, live_default, partition, replaced},
};

/// A lab that runs in a private network.
struct Lab {
    pid: u32,
    /// When it was started, in ticks since the system's start.
    started: u64,
    flags: Vec<String>,
}

/// Becomes a client of the lab that was started last, or of the one with this process id. The
/// client gets the lab's settings, and `flags` in their place. Returns only why that is not
/// possible.
pub fn join(pid: Option<u32>, flags: &[String]) -> String {
    try_to_join(pid, flags).map_or_else(|why| why, |never| match never {})
}

fn try_to_join(pid: Option<u32>, flags: &[String]) -> Result<Infallible, String> {
    let labs = labs().map_err(|error| format!("/proc: {error}"))?;
    let wanted = labs.into_iter().filter(|lab| pid.is_none_or(|pid| lab.pid == pid));
    let lab = wanted.max_by_key(|lab| lab.started).ok_or_else(|| match pid {
        Some(pid) => format!("no `lab live` with a network of its own has the process id {pid}"),
        None => "no `lab live` with a network of its own runs here: start one in another \
                 terminal, or use the command that it shows"
            .to_owned(),
    })?;
    let [settings, _] = partition(&lab.flags);
    let settings = Settings::parse(&settings, live_default);
    let settings = settings.map_err(|error| error.to_string())?;
    let client = binary("client").map_err(|error| error.to_string())?;
    let mut command = Command::new("nsenter");
    command.args(["--preserve-credentials", "--user", "--net", "--target"]);
    command.arg(lab.pid.to_string()).arg("--").arg(client).args(["--server", PRIVATE_SERVER]);
    command.args(replaced(&settings.arguments(Role::Client), flags));
    Err(format!("nsenter: {}", command.exec()))
}

/// The labs of this user that have a network of their own.
fn labs() -> io::Result<Vec<Lab>> {
    let ours = fs::read_link("/proc/self/ns/net")?;
    let name = env::current_exe()?.file_name().map(PathBuf::from);
    let lab = |pid: u32| -> Option<Lab> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let exe = fs::read_link(folder.join("exe")).ok()?;
        let exe = exe.file_name()?.to_str()?.trim_end_matches(" (deleted)").to_owned();
        let words = fs::read_to_string(folder.join("cmdline")).ok()?;
        let mut words = words.split_terminator('\0').skip(1).map(str::to_owned);
        let is_live = Some(PathBuf::from(exe)) == name && words.next()? == "live";
        let is_apart = fs::read_link(folder.join("ns/net")).ok()? != ours;
        let stat = fs::read_to_string(folder.join("stat")).ok()?;
        let started = stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()?;
        (is_live && is_apart).then(|| Lab { pid, started, flags: words.collect() })
    };
    let processes =
        fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(processes.filter_map(lab).collect())
}
