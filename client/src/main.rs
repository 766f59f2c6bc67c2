//! The client's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    process::{self, ExitCode},
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use client::{
    ending::Ending,
    input::Input,
    interrupt::Interrupt,
    liveness::HeartbeatRule,
    session::{AtInputEnd, Session, Settings},
};
use common::{
    args,
    detect::Detect,
    log::{Log, LogArgs, queue::Lines},
    period::Period,
    start::{keep_ignored_signals, on_interrupt},
    streams,
};
use tracing::info;

/// Sends lines to an echo server, keeps the connection alive, and notices when the server is gone.
///
/// Lines from stdin go out; their echoes are checked and come to stdout, byte for byte; the log
/// goes to stderr. When nothing has come from the server for --idle, a heartbeat asks whether it
/// lives, and up to --retries more follow, one every --retry-interval. Any byte from the server
/// starts the count again. When all go unanswered, and the server takes nothing of ours either,
/// the client gives up. When bytes come but nothing has gone out for --idle, a heartbeat tells
/// the server that the client lives.
///
/// With --reconnect the session outlives its connections. The client says why a connection died,
/// connects again after a pause that depends on the reason, and sends what has not come back. Each
/// echo comes to stdout once, whole and in order. A server may get a line twice.
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
          130  interrupted (Ctrl-C, SIGTERM or SIGHUP; on Windows Ctrl-C, Ctrl-Break, a closed console)\n\n\
        A client that gives up with --reconnect has the code of its last failure.\n\n\
        Examples:\n  \
          client --server example.org:5005\n  \
          client --reconnect --server one:5005 --server two:5005\n  \
          client < file > echo"
)]
struct Cli {
    /// The server to connect to; each address of a host name is tried, for 10s together. With
    /// --reconnect there may be several, in the order of preference
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::host_and_port)]
    server: Vec<String>,

    /// When the connection dies, connect again and go on: what was not answered is sent again
    #[arg(long)]
    reconnect: bool,

    /// With --reconnect: give up this long after the last sign of life
    #[arg(long, value_name = "DURATION", default_value_t = Period::new(Duration::from_mins(10)), requires = "reconnect")]
    give_up_after: Period,

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
    if cli.server.len() > 1 && !cli.reconnect {
        args::refuse::<Cli>(
            "several --server need --reconnect: without it there is one connection",
        );
    }
    cli.log.run(cli.verbose.into(), |log| run(&cli, log).map(|ending| ending.exit_code().into()))
}

/// Ends the session. The process ends at once if the session has ended and waits for an output
/// that takes nothing.
fn end(interrupt: &Interrupt, lines: &Lines) {
    if interrupt.signal() {
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
    let output = streams::stdout().map_err(|error| format!("cannot write to stdout: {error}"))?;
    // Windows does not answer this about a pipe from which a thread is reading.
    let is_typed = io::stdin().is_terminal();
    let input = Input::new().map_err(|error| format!("cannot read stdin: {error}"))?;
    let interrupt = Arc::new(Interrupt::new(input.waker()));
    on_interrupt({
        let (interrupt, lines) = (Arc::clone(&interrupt), log.lines());
        move || end(&interrupt, &lines)
    })?;
    let settings = Settings {
        servers: cli.server.clone(),
        rule: HeartbeatRule { idle, retries, interval },
        detect,
        at_input_end: if cli.stay { AtInputEnd::Stay } else { AtInputEnd::Finish },
        give_up_after: cli.reconnect.then_some(cli.give_up_after),
        hint: match is_typed {
            true if cfg!(windows) => "; type a line, Ctrl-Z ends",
            true => "; type a line, Ctrl-D ends",
            false => "",
        },
    };
    let report = Session::new(settings, &input, output, interrupt).run(input)?;
    if !matches!(report.ending, Ending::OutputClosed) {
        log.make_room();
        report.log(); // `client | head -1` ends without a word
    }
    Ok(report.ending)
}
