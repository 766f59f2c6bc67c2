//! The commands `lab live` and `lab client`.

use std::{
    env, fs,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
};

use common::period::Period;
use lab::{
    live::{
        draw::{Characters, Look, Moment},
        join, lines,
        outside::Setup,
        record,
        replay::{self, Replay},
        script::{Script, size},
        session::{Outcome, Session},
        show, snapshot, terminal,
    },
    processes,
    settings::{Settings, live_default},
};

use super::enter_namespace;
use crate::{AsPredicted, Failure};

#[derive(clap::Args)]
#[command(mut_args(live_default))]
pub(crate) struct LiveArgs {
    /// Play this script without a screen and tell the story as lines; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    script: Option<PathBuf>,

    /// Record everything in this file, for --replay
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    record: Option<PathBuf>,

    /// Show a recording instead of starting programs
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,

    /// Only draw this moment of the recording, as a picture in --svg
    #[arg(long, value_name = "DURATION", requires_all = ["replay", "svg"])]
    at: Option<Period>,

    /// The file of that picture
    #[arg(long, value_name = "FILE", requires = "at")]
    svg: Option<PathBuf>,

    /// The size of that picture; by default that of the recorded screen
    #[arg(long, value_name = "COLUMNSxROWS", requires = "svg", value_parser = size)]
    size: Option<(u16, u16)>,

    /// Draw with ASCII characters only; the default where the locale is not UTF-8
    #[arg(long)]
    ascii: bool,

    /// Let the clients come back after a connection has ended
    #[arg(long)]
    reconnect: bool,

    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args)]
pub(crate) struct ClientArgs {
    /// The process id of the lab to join, where several run
    #[arg(long, value_name = "PID")]
    lab: Option<u32>,

    /// Flags for the client
    #[arg(value_name = "FLAG", trailing_var_arg = true, allow_hyphen_values = true)]
    flags: Vec<String>,
}

impl LiveArgs {
    pub(crate) fn check(&self) -> Result<(), String> {
        self.settings.check()
    }

    /// The characters of the screen.
    fn characters(&self) -> Characters {
        let is_plain = self.ascii || !locale_is_utf8();
        if is_plain { Characters::Ascii } else { Characters::Unicode }
    }

    /// The look of a picture, in a file that is UTF-8 in every locale.
    fn picture(&self) -> Look {
        let characters = if self.ascii { Characters::Ascii } else { Characters::Unicode };
        Look { characters, moment: Moment::Live }
    }
}

pub(crate) fn live(args: &LiveArgs) -> Result<AsPredicted, Failure> {
    if let Some(file) = &args.replay {
        return replay(args, file);
    }
    let has_screen = args.script.is_none() && terminal::is_possible();
    let no_network = enter_namespace()?; // a new process, which reads stdin
    let script = script(args, has_screen)?;
    let client_flags = args.reconnect.then(|| "--reconnect".to_owned());
    let setup = Setup {
        settings: args.settings,
        client_flags: client_flags.into_iter().collect(),
        no_network,
    };
    let size = if has_screen { crossterm::terminal::size().unwrap_or((80, 24)) } else { (80, 24) };
    let mut session = Session::open(setup, args.record.as_deref(), size)?;
    if has_screen {
        terminal::restore_on_panic();
        show::show(&mut session, args.characters())?;
        return Ok(true);
    }
    session.play(script);
    match lines::play(&mut session, args.picture(), &mut io::stdout().lock())? {
        Outcome::Finished => Ok(true),
        Outcome::Failed(why) => {
            writeln!(io::stderr(), "not as expected: {why}")?;
            Ok(false)
        }
    }
}

/// What is said if there is nothing to play.
const NO_COMMAND: &str = "the script has no command. Without a terminal the lab plays a script, \
    from --script FILE or from stdin, such as: add c1";

/// Whether the locale, as locale(7) finds it, says that the terminal takes UTF-8.
fn locale_is_utf8() -> bool {
    let variables = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os);
    let mut set = variables.filter(|value| !value.is_empty());
    let name = set.next().unwrap_or_default().to_string_lossy().to_lowercase();
    name.contains("utf-8") || name.contains("utf8")
}

/// The script to play. With a screen there is none; without, it is that of stdin if no file is named.
fn script(args: &LiveArgs, has_screen: bool) -> Result<Script, Failure> {
    let (name, text) = match &args.script {
        None if has_screen => return Ok(Script::default()),
        Some(file) if file != Path::new("-") => {
            let text = fs::read_to_string(file);
            (
                file.display().to_string(),
                text.map_err(|error| format!("{}: {error}", file.display()))?,
            )
        }
        _ => {
            if io::stdin().is_terminal() {
                writeln!(io::stderr(), "reading a script from stdin; Ctrl-D ends it")?;
            }
            let mut text = String::new();
            io::stdin().read_to_string(&mut text)?;
            ("stdin".to_owned(), text)
        }
    };
    let script = Script::parse(&text).map_err(|error| format!("{name}: {error}"))?;
    if script.lines.is_empty() {
        return Err(format!("{name}: {NO_COMMAND}").into());
    }
    Ok(script)
}

fn replay(args: &LiveArgs, file: &Path) -> Result<AsPredicted, Failure> {
    let mut replay = Replay::new(record::read(file)?)?;
    match (&args.svg, args.at) {
        (Some(svg), Some(at)) => {
            replay.go_to(at.get());
            let picture = snapshot::picture(&replay.world, replay.at, args.picture(), args.size);
            snapshot::write(svg, &picture)?;
        }
        _ if terminal::is_possible() => {
            terminal::restore_on_panic();
            ctrlc::set_handler(|| processes::abandon(130))?;
            replay::show(replay, args.characters())?;
        }
        _ => replay::tell(&replay, &mut io::stdout().lock())?,
    }
    Ok(true)
}

pub(crate) fn client(args: &ClientArgs) -> Result<AsPredicted, Failure> {
    Err(join::join(args.lab, &args.flags).into()) // it returns only if it fails
}
