//! The lab's command line.

#![forbid(unsafe_code)]

#[cfg(unix)]
mod act;

use std::{
    error::Error,
    io::{self, ErrorKind, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand};
use lab::{
    predict::Prediction,
    settings::{Defaults, Settings, SettingsArgs},
};

/// Shows why a dead peer is noticed when it is: predict it, break it, watch it, read why.
///
/// It starts the real server and client, breaks something, draws what passes between them, and
/// holds what was predicted against what was measured. Without a command it gives the tour.
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
    /// Six scenes, about a minute: what an idle line, a death and a cut look like
    #[cfg(unix)]
    Tour,

    /// Name the scenes
    #[cfg(unix)]
    List,

    /// Play a scene, with any of both programs' flags of time and detection
    ///
    /// The flags that are not given are short: a scene is over in a few seconds. Exit code 0 if
    /// all came as predicted, 1 if not.
    #[cfg(unix)]
    #[command(after_help = "Examples:\n  \
        lab run cut-idle\n  \
        lab run cut-writing --detect both --user-timeout 2s\n  \
        lab run kept-alive --svg kept-alive.svg")]
    Run(act::Run),

    /// Play every fault in every mode, and print who noticed what and when
    ///
    /// Takes about half a minute. Exit code 0 if each cell came as predicted, 1 if not: by another
    /// way, or outside its time by more than a busy machine explains (half a second sooner, 10
    /// seconds and an eighth later).
    #[cfg(unix)]
    Matrix(act::Form),

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

/// Whether all came as predicted, or why it could not be played.
type Outcome = Result<bool, Box<dyn Error>>;

fn main() -> ExitCode {
    #[cfg(unix)]
    act::end_on_panic();
    let Cli { command } = Cli::parse();
    let done = match command {
        #[cfg(unix)]
        None | Some(Command::Tour) => act::tour(),
        #[cfg(unix)]
        Some(Command::List) => act::list(),
        #[cfg(unix)]
        Some(Command::Run(run)) => {
            let settings = settings("run", &run.settings, &lab::matrix::defaults());
            let scene = run.scene(&settings).unwrap_or_else(|message| refuse("run", message));
            act::run(&run, scene, &settings)
        }
        #[cfg(unix)]
        Some(Command::Matrix(form)) => act::matrix(form),
        Some(Command::Predict(arguments)) => {
            predict(&settings("predict", &arguments, &Defaults::default()))
        }
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

/// What the flags ask for; if they contradict each other, the end, in clap's way.
fn settings(command: &str, arguments: &SettingsArgs, defaults: &Defaults) -> Settings {
    arguments.resolve(defaults).unwrap_or_else(|message| refuse(command, message))
}

fn refuse(command: &str, message: String) -> ! {
    let mut lab = Cli::command();
    lab.build();
    let command = lab.find_subcommand_mut(command).expect("it was parsed");
    command.error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}

fn predict(settings: &Settings) -> Outcome {
    write!(io::stdout(), "{}", Prediction(settings))?;
    Ok(true)
}
