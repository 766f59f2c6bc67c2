//! The lab's command line.

#![forbid(unsafe_code)]

#[cfg(unix)]
mod commands;

use std::{
    error::Error,
    io::{self, ErrorKind, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use common::{args, period::Period};
use lab::{predict::Prediction, settings::Settings};

/// Shows when a dead peer is detected, and why not earlier: predict, break, watch, compare.
///
/// The lab starts the real server and client, breaks something, draws what passes between them,
/// and compares the prediction with the measurement. Without a command it plays the tour.
#[derive(Parser)]
#[command(
    name = "lab",
    version,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        lab\n  \
        lab run server-stopped\n  \
        lab run server-stopped --detect keepalive\n  \
        lab predict --idle 10s --retries 2 --timeout 30s"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Play six scenes, about a minute: an idle line, two hangs, a death and two cuts
    #[cfg(unix)]
    Tour,

    /// List the scenes, and say how long each takes
    #[cfg(unix)]
    List,

    /// Play a scene: break something, and compare the prediction with what happens
    ///
    /// The prediction says which end should notice the fault, how long after it, and by what means.
    /// `never` means that this end should notice nothing.
    ///
    /// The flags are those of the two programs that concern time and detection. Their defaults are
    /// shorter here, so that a scene takes a few seconds.
    ///
    /// The measured time may lie outside the predicted window by 0.3 seconds, or by a fifth of
    /// the nearer bound if that is more. Exit code 0 if everything came as predicted, 1 if not.
    #[cfg(unix)]
    #[command(after_help = "Examples:\n  \
        lab run cut-idle\n  \
        lab run cut-writing --detect both --user-timeout 2s\n  \
        lab run kept-alive --svg kept-alive.svg\n  \
        lab run three-clients --svg queue.svg --slide")]
    Run(commands::RunArgs),

    /// Play every fault in every mode, and print which end detected it, by what means and when
    ///
    /// Takes about half a minute. A cell fails if the fault is detected by other means, or at a
    /// time that lies outside the predicted window by more than 0.3 seconds and more than a fifth
    /// of the nearer bound. A failed cell is played once more alone, since a busy machine may be
    /// the reason, and the output says so. Exit code 0 if each cell came as predicted, 1 if not.
    #[cfg(unix)]
    Matrix(commands::MatrixArgs),

    /// Measure how long the path to a server lets a connection be idle
    ///
    /// Helps to choose --idle. A NAT, load balancer or firewall forgets a connection that is
    /// silent for too long, and the server's own --timeout is such a limit, too. Many connections
    /// are opened at once. Each is silent for its own time and then sends one heartbeat. The times
    /// grow from --from to --to, each an eighth longer than the one before. So the whole run takes
    /// --to, and one --retry-interval more if answers are missing. TCP keepalive is off.
    ///
    /// A control connection sends a heartbeat every quarter of --from, every second at the
    /// longest. If it ends, or has to wait for an answer for longer than half of
    /// --retry-interval, the run is void: an outage, a crash or a restart would look like a limit.
    ///
    /// Exit code 0 if the limit was found or there is none up to --to, 1 if the run is void or its
    /// answers contradict each other.
    #[cfg(unix)]
    #[command(after_help = "Examples:\n  \
        lab idle-limit example.org:5005\n  \
        lab idle-limit example.org:5005 --from 1m --to 3h\n  \
        lab idle-limit 127.0.0.1:5005 --to 10s --retry-interval 1s")]
    IdleLimit(commands::IdleLimitArgs),

    /// Watch everything move on one screen, and break it with single keys
    ///
    /// Shows the server's timeout queue, each client's heartbeat rule, the kernel's timers and the
    /// messages on the wire. A key adds a client, stops, kills or deafens it, or cuts the network.
    /// The faults are real. After each, the lab asks who will notice, and later says who was right.
    ///
    /// Without a terminal it plays a script, from --script or stdin, and tells the story as lines.
    /// Exit code 1 if an expectation of the script fails.
    ///
    /// The keys q and Ctrl-C quit, with exit code 0. A signal ends the lab with 130. No program of
    /// the lab outlives it.
    #[cfg(target_os = "linux")]
    #[command(after_help = "Examples:\n  \
        lab live\n  \
        lab live --detect both --timeout 20s\n  \
        lab live --record run.jsonl\n  \
        lab live --replay run.jsonl\n  \
        printf 'add c1\\nstop server\\nexpect c1 ended 3s..8s\\n' | lab live --script -")]
    Live(commands::LiveArgs),

    /// Join the lab that runs in another terminal, as a client
    ///
    /// Starts the real client in the private network of `lab live`, with the lab's settings. Flags
    /// of the client may follow.
    #[cfg(target_os = "linux")]
    #[command(after_help = "Examples:\n  lab client\n  lab client --idle 1s --verbose")]
    Client(commands::ClientArgs),

    /// Compute what a client and a server will do, without running them
    ///
    /// Prints what is doubtful about the settings, what happens in a silence moment by moment,
    /// how soon each end detects each fault and by what means, when a client with --reconnect is
    /// back, and what an idle line costs. The flags and their defaults are those of the programs,
    /// and so are the rules.
    #[command(after_help = "Examples:\n  \
        lab predict\n  \
        lab predict --idle 10s --retries 2 --timeout 30s\n  \
        lab predict --idle 5m --middlebox 350s\n  \
        lab predict --detect both --keepalive-idle 1m --user-timeout 30s")]
    Predict(PredictArgs),
}

#[derive(clap::Args)]
struct PredictArgs {
    /// Show the cost of this many clients
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    clients: u32,

    /// Check the settings against a middlebox (NAT, firewall, load balancer) that forgets an idle
    /// line after this long, instead of the well-known ones
    #[arg(long, value_name = "DURATION")]
    middlebox: Option<Period>,

    /// Print everything as a JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Settings,
}

/// Whether everything came as predicted.
type AsPredicted = bool;

/// Why a command could not be carried out.
type Failure = Box<dyn Error>;

fn main() -> ExitCode {
    let Cli { command } = args::parse();
    let done = match command {
        #[cfg(unix)]
        None | Some(Command::Tour) => commands::tour(),
        #[cfg(unix)]
        Some(Command::List) => commands::list(),
        #[cfg(unix)]
        Some(Command::Run(run)) => {
            let scene = run.scene().unwrap_or_else(|message| args::refuse::<Cli>(message));
            commands::play(&run, scene)
        }
        #[cfg(unix)]
        Some(Command::Matrix(matrix)) => commands::matrix(matrix),
        #[cfg(unix)]
        Some(Command::IdleLimit(limit)) => {
            let plan = limit.plan().unwrap_or_else(|message| args::refuse::<Cli>(message));
            commands::idle_limit(&limit, plan)
        }
        #[cfg(target_os = "linux")]
        Some(Command::Live(live)) => {
            live.check().unwrap_or_else(|message| args::refuse::<Cli>(message));
            commands::live(&live)
        }
        #[cfg(target_os = "linux")]
        Some(Command::Client(client)) => commands::client(&client),
        Some(Command::Predict(predicted)) => predict(&predicted),
        #[cfg(not(unix))]
        None => Err("the scenes need Unix; here there is `lab predict`".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) if is_broken_pipe(&*error) => ExitCode::SUCCESS, // as `lab predict | head`
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn predict(arguments: &PredictArgs) -> Result<AsPredicted, Failure> {
    arguments.settings.check().unwrap_or_else(|message| args::refuse::<Cli>(message));
    let middlebox = arguments.middlebox.map(Period::get);
    let prediction = Prediction::new(&arguments.settings, arguments.clients, middlebox);
    if arguments.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&prediction)?)?;
    } else {
        write!(io::stdout(), "{}", prediction.text())?;
    }
    Ok(true)
}
