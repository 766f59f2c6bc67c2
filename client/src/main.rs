//! The client's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    process::{self, ExitCode},
};

use clap::Parser;
use client::{
    connect::connect,
    ending::Ending,
    liveness::HeartbeatRule,
    session::{AtInputEnd, Session},
};
use common::{
    args,
    detect::Detect,
    log::{Log, LogArgs},
    period::Period,
    start::on_interrupt,
    words::Seconds,
};
use tracing::{debug, info, warn};

/// Sends lines to an echo server, keeps the connection alive while nothing is typed, and
/// notices when the server is gone.
///
/// Lines from stdin go out; their echoes come to stdout, byte for byte; everything else
/// is said on stderr. When nothing has come from the server for --idle, a heartbeat is
/// sent, and up to --retries more, one every --retry-interval. Any byte from the server
/// starts the count again. When all go unanswered, the server counts as dead.
#[derive(Parser)]
#[command(
    version,
    after_help = "A dead server is noticed idle + (retries + 1) x retry-interval after its last byte:\n\
        55s by default, just inside the server's 60s.\n\n\
        Exit codes:\n  \
          0    everything was sent and answered, or the reader of stdout has gone\n  \
          1    could not connect, or an I/O error\n  \
          2    usage\n  \
          3    the server closed the connection\n  \
          4    the heartbeats went unanswered\n  \
          5    the kernel declared the connection dead\n  \
          130  interrupted (Ctrl-C, SIGTERM or SIGHUP)"
)]
struct Cli {
    /// The server to connect to; each address of a host name is tried
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::host_and_port)]
    server: String,

    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.idle)]
    idle: Period,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.interval)]
    retry_interval: Period,

    /// Send this many heartbeats after the first before giving up
    #[arg(long, value_name = "N", default_value_t = HeartbeatRule::ARTICLE.retries)]
    retries: u32,

    /// After stdin's end keep the connection and its heartbeats until Ctrl-C
    #[arg(long)]
    stay: bool,

    #[command(flatten)]
    detect: Detect,

    /// Also log what the kernel knows while the server is silent
    #[arg(short, long)]
    verbose: bool,

    #[command(flatten)]
    log: LogArgs,
}

fn main() -> ExitCode {
    let cli: Cli = args::parse();
    cli.log.run(cli.verbose, |log| run(&cli, log).map(|ending| ending.exit_code().into()))
}

fn run(cli: &Cli, log: &Log) -> Result<Ending, Box<dyn Error>> {
    let Cli { idle, retries, retry_interval: interval, detect, .. } = *cli;
    let rule = HeartbeatRule { idle, retries, interval };
    let at_input_end = if cli.stay { AtInputEnd::Stay } else { AtInputEnd::Finish };

    let (stream, address) = connect(&cli.server)?;
    let session = Session::new(stream);
    let end = session.end();
    on_interrupt(move || {
        // The session may have ended already and still wait for an output that takes nothing.
        if !end.signal(Ending::Interrupted) {
            process::exit(Ending::Interrupted.exit_code().into());
        }
    })?;

    if let Some(keepalive) = detect.keepalive() {
        keepalive.apply(&session.stream)?.log(None);
    }
    if let Some(warning) = detect.warning() {
        warn!(event = "no_user_timeout", "{warning}");
    }
    let hint = if io::stdin().is_terminal() { "; type a line, Ctrl-D ends" } else { "" };
    let pid = process::id();
    info!(event = "connected", %address, pid, "connected to {address}{hint}");
    let dead_after = rule.detection_time();
    let dead_after_s = dead_after.as_secs_f64();
    debug!(event = "rule", dead_after_s, "a dead server is noticed after {}", Seconds(dead_after));
    let rule = detect.uses_heartbeat().then_some(rule);
    let report = session.run(rule, at_input_end, io::stdin(), io::stdout())?;
    if !matches!(report.ending, Ending::OutputClosed) {
        log.make_room();
        report.log(); // `client | head -1` ends without a word
    }
    Ok(report.ending)
}
