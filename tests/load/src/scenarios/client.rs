//! What our client costs a line, from the pipe into it to the pipe out of it, beside two programs
//! that do nothing else: `nc` and `socat`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tests::{
    binaries::json_command,
    proc::{cost, sleeps},
    program::Program,
    tied::tied_to_us,
    tools::is_installed,
};

use super::{histogram, millis, record, start_server};
use crate::{median, output::say};

/// Alternating pairs of runs behind each ratio.
const PAIRS: usize = 7;

/// Prints how long a line's round trip takes through our client and through the others.
pub(super) fn round_trips() -> io::Result<()> {
    let server = start_server("1h")?;
    let ours = ours(&server.address)?;
    for theirs in [nc(&server.address), socat(&server.address)] {
        let Some(theirs) = if_installed(theirs)? else { continue };
        let runs = alternate(&ours, &theirs, |command| Ok(median_round_trip(command)?.0))?;
        say(format_args!(
            "a line's round trip took {}",
            beside(&theirs.get_program().to_string_lossy(), &runs, |time| {
                format!("{:.1}us", time * 1e6)
            })
        ))?;
    }
    let (_, sleeps, micros) = median_round_trip(&ours)?;
    say(format_args!(
        "for each line the client's threads went to sleep {sleeps:.2} times, and used \
         {micros:.1}us of CPU time"
    ))
}

/// Prints how long many lines take through our client, with and without `--reconnect`, and through
/// socat.
pub(super) fn throughput() -> io::Result<()> {
    let server = start_server("1h")?;
    let lines = tempfile::NamedTempFile::new()?;
    let mut file = BufWriter::new(lines.as_file());
    let line = [&[b'x'; 79][..], b"\n"].concat();
    for _ in 0..256 * 1024 * 1024 / line.len() {
        file.write_all(&line)?;
    }
    file.flush()?;
    drop(file);
    let ours = ours(&server.address)?;
    let mut reconnecting = self::ours(&server.address)?;
    reconnecting.arg("--reconnect");
    for (theirs, name) in
        [(Some(reconnecting), "--reconnect"), (if_installed(socat(&server.address))?, "socat")]
    {
        let Some(theirs) = theirs else { continue };
        let runs =
            alternate(&ours, &theirs, |command| time_of(command, File::open(lines.path())?))?;
        say(format_args!(
            "256 MiB of lines of 80 bytes took {}",
            beside(name, &runs, |time| format!("{time:.2}s"))
        ))?;
    }
    Ok(())
}

fn ours(address: &str) -> io::Result<Command> {
    let mut client = json_command("client")?;
    client.args(["-q", "--server", address]);
    Ok(client)
}

fn nc(address: &str) -> Command {
    let mut nc = Command::new("nc");
    nc.args(address.split(':'));
    nc
}

fn socat(address: &str) -> Command {
    let mut socat = Command::new("socat");
    socat.args(["-t", "10", "-", &format!("TCP:{address}")]);
    socat
}

/// The command, unless its program is missing, which is then said.
fn if_installed(command: Command) -> io::Result<Option<Command>> {
    let name = command.get_program().to_string_lossy();
    if is_installed(&name) {
        return Ok(Some(command));
    }
    say(format_args!("{name} is not installed, so our client was not measured beside it"))?;
    Ok(None)
}

/// Our time and theirs.
type Pair = (Duration, Duration);

/// Measures both programs in pairs. Which of the two comes first alternates.
fn alternate(
    ours: &Command,
    theirs: &Command,
    measure: impl Fn(&Command) -> io::Result<Duration>,
) -> io::Result<Vec<Pair>> {
    let one_pair = |pair| {
        if pair % 2 == 0 {
            let ours = measure(ours)?;
            Ok((ours, measure(theirs)?))
        } else {
            let theirs = measure(theirs)?;
            Ok((measure(ours)?, theirs))
        }
    };
    (0..PAIRS).map(one_pair).collect()
}

/// Both medians, and the median of the pairs' ratios. `shown` writes seconds.
fn beside(theirs: &str, runs: &[Pair], shown: impl Fn(f64) -> String) -> String {
    let median_of = |one: fn(&Pair) -> f64| median(runs.iter().map(one));
    let ours = median_of(|(ours, _)| ours.as_secs_f64());
    let other = median_of(|(_, theirs)| theirs.as_secs_f64());
    let ratio = median_of(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64());
    format!(
        "{} through our client and {} through {theirs} (medians of {PAIRS} alternating pairs), \
         ratio {ratio:.2}",
        shown(ours),
        shown(other)
    )
}

/// The median round trip of a line through a program, how often the program's threads went to
/// sleep for each line, and how many microseconds of CPU time they used.
fn median_round_trip(command: &Command) -> io::Result<(Duration, f64, f64)> {
    const WARM_UP: u64 = 200;
    const ROUNDS: u64 = 5000;

    let mut program = Program::start_unread(&mut tied_to_us(command))?;
    let mut stdout = BufReader::new(program.take_stdout()?);
    let mut line = String::new();
    let pid = program.pid();
    let mut round_trip = || {
        let start = Instant::now();
        program.type_in("hello\n")?;
        line.clear();
        stdout.read_line(&mut line)?;
        if line == "HELLO\n" {
            Ok(start.elapsed())
        } else {
            Err(io::Error::other("a reply is wrong"))
        }
    };
    for _ in 0..WARM_UP {
        round_trip()?;
    }
    let before = (cost(pid)?, sleeps(pid)?);
    let mut latency = histogram();
    for _ in 0..ROUNDS {
        record(&mut latency, round_trip()?);
    }
    let after = (cost(pid)?, sleeps(pid)?);
    Ok((
        Duration::from_secs_f64(millis(&latency, 0.5) / 1e3),
        (after.1 - before.1) as f64 / ROUNDS as f64,
        after.0.micros_per_reply(&before.0, ROUNDS),
    ))
}

/// How long a program takes that reads this file, and whose output nobody looks at.
fn time_of(command: &Command, input: File) -> io::Result<Duration> {
    let mut command = tied_to_us(command);
    command.stdin(input).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let time = start.elapsed();
    if status.success() {
        Ok(time)
    } else {
        Err(io::Error::other(format!("{command:?}: {status}")))
    }
}
