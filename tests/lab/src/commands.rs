//! The commands that start programs.

mod idle_limit;
#[cfg(target_os = "linux")]
mod live;

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process,
};

use clap::builder::PossibleValue;
use indicatif::ProgressStyle;
use lab::{
    draw::{
        picture::{Run, svg},
        slide::slide,
        terminal::stdout_width,
    },
    matrix::{
        self, Cell, FAULTS, MODES,
        table::{self, table},
    },
    processes, report,
    run::run,
    scene::{SCENES, Scene, TOUR},
    settings::{Settings, short_default},
};
use serde_json::json;
use tests::{binaries::built, namespace};

pub(crate) use self::idle_limit::{IdleLimitArgs, idle_limit};
#[cfg(target_os = "linux")]
pub(crate) use self::live::{ClientArgs, LiveArgs, client, live};
use super::{AsPredicted, Failure};

/// Set where the lab runs in its own network.
const INSIDE: &str = "LAB_INSIDE";

#[derive(clap::Args)]
#[command(mut_args(short_default))]
pub(crate) struct RunArgs {
    /// Which scene to play
    #[arg(
        value_name = "SCENE",
        value_parser = SCENES.map(|it| PossibleValue::new(it.name).help(it.title))
    )]
    scene: String,

    /// Also write the drawing to this file, as a picture (SVG)
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Draw the picture for a slide: 16:9, in large type, without the explanation
    #[arg(long, requires = "svg")]
    slide: bool,

    /// Print the result as a JSON object, and nothing else
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Settings,
}

#[derive(clap::Args, Clone, Copy)]
pub(crate) struct MatrixArgs {
    /// Print the table as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print the results as JSON, one object per cell
    #[arg(long)]
    json: bool,
}

pub(crate) fn list() -> Result<AsPredicted, Failure> {
    let mut out = io::stdout().lock();
    let settings = Settings::short(&[]);
    for scene in SCENES {
        let seconds = scene.plan.duration(&settings).as_secs_f64().ceil();
        writeln!(out, "{:<16} {seconds:>2} s  {}", scene.name, scene.title)?;
    }
    Ok(true)
}

pub(crate) fn tour() -> Result<AsPredicted, Failure> {
    let refused = enter_namespace()?;
    let settings = Settings::short(&[]);
    let waits = io::stdin().is_terminal();
    let mut out = io::stdout().lock();
    let mut as_predicted = true;
    for (number, scene) in SCENES[..TOUR].iter().enumerate() {
        write!(out, "{} of {TOUR}: ", number + 1)?;
        if let Some(refusal) = refusal(scene, refused.as_deref()) {
            writeln!(out, "{}\n{refusal}\n", scene.title)?;
        } else {
            let record = report::show(scene, &settings, &mut out)?;
            writeln!(out)?;
            as_predicted &= record.summary.is_as_predicted();
        }
        if waits && number + 1 < TOUR {
            write!(out, "Press Enter to go on. ")?;
            out.flush()?;
            io::stdin().lock().read_line(&mut String::new())?;
            writeln!(out)?;
        }
    }
    writeln!(out, "More: `lab list`, `lab run SCENE --detect keepalive`, `lab matrix`.")?;
    Ok(as_predicted)
}

impl RunArgs {
    pub(crate) fn scene(&self) -> Result<&'static Scene, String> {
        self.settings.check()?;
        let scene = Scene::by_name(&self.scene).expect("clap knows the names");
        scene.plan.check(&self.settings).map(|()| scene)
    }
}

pub(crate) fn play(args: &RunArgs, scene: &Scene) -> Result<AsPredicted, Failure> {
    let settings = &args.settings;
    let refused = enter_namespace()?;
    let mut out = io::stdout().lock();
    if let Some(refusal) = refusal(scene, refused.as_deref()) {
        if args.json {
            writeln!(out, "{}", json!({ "scene": scene.name, "refused": refusal }))?;
        } else {
            writeln!(out, "{}\n{refusal}", scene.title)?;
        }
        return Ok(true);
    }
    if let Some(file) = &args.svg {
        // A file that cannot be written is refused before the scene is played.
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let record = if args.json {
        let record = run(scene, settings, &mut |_| ())?;
        writeln!(out, "{}", serde_json::to_string(&record.summary)?)?;
        record
    } else {
        report::show(scene, settings, &mut out)?
    };
    if let Some(file) = &args.svg {
        let run = Run {
            heading: scene.title,
            text: scene.text,
            view: scene.plan.view(),
            events: &record.observer.events,
            silence: scene.plan.silence_to_tell(),
        };
        let picture = if args.slide { slide(&run) } else { svg(&run) };
        fs::write(file, picture).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(record.summary.is_as_predicted())
}

pub(crate) fn matrix(args: MatrixArgs) -> Result<AsPredicted, Failure> {
    build()?;
    ctrlc::set_handler(|| processes::abandon(130))?;
    let bar = indicatif::ProgressBar::new((FAULTS.len() * MODES.len()) as u64);
    let cells = matrix::play_all(|played, again| {
        bar.set_position(played as u64);
        if again > 0 {
            bar.set_message(format!("playing a failed cell again, alone ({again})"));
        }
    })?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    if args.json {
        for cell in &cells {
            writeln!(out, "{}", serde_json::to_string(cell)?)?;
        }
    } else {
        let columns = stdout_width().and_then(|columns| u16::try_from(columns).ok());
        let form = if args.markdown {
            table::Form::Markdown
        } else {
            table::Form::Terminal(columns.unwrap_or(100))
        };
        writeln!(out, "{}", table(&cells, form))?;
    }
    Ok(!cells.iter().any(Cell::failed))
}

/// The paths of the binaries. They are built before anything is printed, since that may take a
/// while.
fn build() -> io::Result<[(String, &'static Path); 2]> {
    let spinner = indicatif::ProgressBar::new_spinner();
    spinner.set_style(ProgressStyle::default_spinner().tick_chars("|/-\\ ")); // in any locale
    spinner.set_message("building the server and the client");
    let built = built();
    spinner.finish_and_clear();
    built
}

/// Starts the lab again in its own network, in place of this process. Returns the reason if the
/// system refuses that.
fn enter_namespace() -> Result<Option<String>, Failure> {
    let built = build()?;
    let inside = env::var_os(INSIDE).is_some();
    let refused = if inside { None } else { namespace::available().err() };
    if inside || refused.is_some() {
        ctrlc::set_handler(|| processes::abandon(130))?;
        return Ok(refused);
    }
    let mut lab = process::Command::new(env::current_exe()?);
    lab.args(env::args_os().skip(1)).env(INSIDE, "1").envs(built);
    Err(namespace::inside(&lab).exec().into())
}

fn refusal(scene: &Scene, refused: Option<&str>) -> Option<String> {
    let reason = refused.filter(|_| scene.plan.needs_namespace())?;
    Some(format!("It needs a network that can be cut, and this system refuses one: {reason}"))
}
