//! The lab's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, ErrorKind, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand};
use tests::lab::{
    predict::Prediction,
    settings::{Defaults, Settings, SettingsArgs},
};

/// Shows why a dead peer is noticed when it is.
#[derive(Parser)]
#[command(name = "lab", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Work out what a client and a server will do, without running them
    ///
    /// Says what happens in a silence, moment by moment; who notices which fault, by what, and
    /// how soon; what an idle line costs; and what is doubtful about the settings. It takes the
    /// flags of both programs, and where one is not given it has the programs' own figure. It
    /// asks the programs' own rules, on a clock that jumps.
    #[command(after_help = "Examples:\n  \
        lab predict\n  \
        lab predict --idle 10s --retries 2 --timeout 30s\n  \
        lab predict --detect both --keepalive-idle 1m --user-timeout 30s")]
    Predict(SettingsArgs),
}

fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done = match command {
        Command::Predict(arguments) => predict(&settings("predict", &arguments)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the flags ask for; if they contradict each other, the end, in clap's way.
fn settings(command: &str, arguments: &SettingsArgs) -> Settings {
    arguments.resolve(&Defaults::default()).unwrap_or_else(|message| {
        let mut lab = Cli::command();
        lab.build();
        let command = lab.find_subcommand_mut(command).expect("it was parsed");
        command.error(clap::error::ErrorKind::ArgumentConflict, message).exit()
    })
}

fn predict(settings: &Settings) -> Result<(), Box<dyn Error>> {
    match write!(io::stdout(), "{}", Prediction(settings)) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()), // as `lab predict | head`
        written => Ok(written?),
    }
}
