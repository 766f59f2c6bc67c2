//! The client's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    process::{self, ExitCode},
    sync::{Arc, OnceLock},
};

use clap::Parser;
use client::{
    connect::connect,
    end_signal::EndSignal,
    ending::Ending,
    input::Input,
    liveness::HeartbeatRule,
    session::{AtInputEnd, Session},
};
use common::{
    args,
    detect::Detect,
    log::{Log, LogArgs, queue::Lines},
    period::Period,
    start::{keep_ignored_signals, on_interrupt},
    streams,
    words::Seconds,
};
use tracing::{debug, info, warn};

/// Sends lines to an echo server, keeps the connection alive, and notices when the server is gone.
///
/// Lines from stdin go out; their echoes are checked and come to stdout, byte for byte; the log
/// goes to stderr. When nothing has come from the server for --idle, a heartbeat asks whether it
/// lives, and up to --retries more follow, one every --retry-interval. Any byte from the server
/// starts the count again. When all go unanswered, and the server takes nothing of ours either,
/// the client gives up. When bytes come but nothing has gone out for --idle, a heartbeat tells
/// the server that the client lives.
#[derive(Parser)]
#[command(
    version,
    after_help = "The client gives up idle + (retries + 1) x retry-interval after the last byte:\n\
        55s with the defaults, just inside the default --timeout of the server, 60s.\n\n\
        Exit codes:\n  \
          0    everything was sent and answered, or the reader of stdout has gone\n  \
          1    could not connect, an I/O error, or not an echo server of this kind\n  \
          2    usage\n  \
          3    the connection was closed from the server's side\n  \
          4    no byte came from the server for that long\n  \
          5    the kernel ended the connection: timed out, unreachable, refused, reset, aborted\n  \
          130  interrupted (Ctrl-C, SIGTERM or SIGHUP)"
)]
struct Cli {
    /// The server to connect to; each address of a host name is tried, for 10s together
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::host_and_port)]
    server: String,

    /// Send a heartbeat when one side has been silent for this long: nothing has come, or nothing has gone out
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
    keep_ignored_signals();
    let cli: Cli = args::parse();
    cli.log.run(cli.verbose, |log| run(&cli, log).map(|ending| ending.exit_code().into()))
}

/// Ends the session. The process ends at once where nothing else would end it: while a name is
/// looked up, and when a session that has ended waits for an output that takes nothing.
fn interrupt(session_end: Option<&Arc<EndSignal>>, lines: &Lines) {
    if session_end.is_some_and(|end| end.signal(Ending::Interrupted)) {
        return;
    }
    let ending = Ending::Interrupted;
    let code = ending.exit_code();
    info!(event = "ended", reason = ending.reason(), code, "{ending}");
    lines.drain();
    process::exit(code.into());
}

fn run(cli: &Cli, log: &Log) -> Result<Ending, Box<dyn Error>> {
    let Cli { idle, retries, retry_interval: interval, detect, .. } = *cli;
    let rule = HeartbeatRule { idle, retries, interval };
    let at_input_end = if cli.stay { AtInputEnd::Stay } else { AtInputEnd::Finish };

    let session_end = Arc::new(OnceLock::<Arc<EndSignal>>::new());
    on_interrupt({
        let (session_end, lines) = (Arc::clone(&session_end), log.lines());
        move || interrupt(session_end.get(), &lines)
    })?;
    let output = streams::stdout().map_err(|error| format!("cannot write to stdout: {error}"))?;
    let input = Input::new().map_err(|error| format!("cannot read stdin: {error}"))?;
    let (stream, address) = connect(&cli.server)?;
    let session = Session::new(stream);
    let _ = session_end.set(session.end()); // nobody else sets it

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
    debug!(
        event = "rule",
        dead_after_s,
        "the client gives up after {} without a byte",
        Seconds(dead_after)
    );
    let rule = detect.uses_heartbeat().then_some(rule);
    let report = session.run(rule, at_input_end, input, output)?;
    if !matches!(report.ending, Ending::OutputClosed) {
        log.make_room();
        report.log(); // `client | head -1` ends without a word
    }
    Ok(report.ending)
}
