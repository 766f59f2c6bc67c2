//! The commands that start programs.

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    os::unix::process::CommandExt as _,
    panic,
    path::{Path, PathBuf},
    process,
};

use lab::{
    matrix::{self, Cell, FAULTS, MODES},
    play::play,
    scene::{self, SCENES, Scene, TOUR},
    settings::{Settings, SettingsArgs},
    stage, svg,
    table::{self, table},
    tell,
};
use serde_json::json;
use tests::{binaries::built, namespace};

use super::Outcome;

/// Set where the lab has put itself into a network of its own.
const INSIDE: &str = "LAB_INSIDE";

#[derive(clap::Args)]
pub(crate) struct Run {
    /// Which; `lab list` names them
    #[arg(value_name = "SCENE", value_parser = SCENES.map(|scene| scene.name))]
    scene: String,

    /// Draw it as a picture, too
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,

    /// Print what came of it as a JSON object, and nothing else
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

#[derive(clap::Args, Clone, Copy)]
pub(crate) struct Form {
    /// Print it as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print it as JSON, one object a cell
    #[arg(long)]
    json: bool,
}

pub(crate) fn list() -> Outcome {
    let mut out = io::stdout().lock();
    for scene in SCENES {
        writeln!(out, "{:<15} {}", scene.name, scene.title)?;
    }
    Ok(true)
}

pub(crate) fn tour() -> Outcome {
    let refused = enter_namespace()?;
    let settings = matrix::settings(MODES[0]);
    let stops = io::stdin().is_terminal();
    let mut out = io::stdout().lock();
    let mut as_predicted = true;
    for (number, scene) in SCENES[..TOUR].iter().enumerate() {
        writeln!(out, "{} of {TOUR}", number + 1)?;
        match refusal(scene, refused.as_deref()) {
            Some(refusal) => writeln!(out, "{}\n{refusal}\n", scene.title)?,
            None => as_predicted &= tell::tell(scene, &settings, &mut out)?.is_as_predicted(),
        }
        if stops && number + 1 < TOUR {
            write!(out, "Enter goes on ")?;
            out.flush()?;
            io::stdin().lock().read_line(&mut String::new())?;
            writeln!(out)?;
        }
    }
    writeln!(out, "More: `lab list`, `lab run SCENE --detect keepalive`, `lab matrix`.")?;
    Ok(as_predicted)
}

impl Run {
    /// The scene.
    ///
    /// # Errors
    /// When these settings do not go with it, and why.
    pub(crate) fn scene(&self, settings: &Settings) -> Result<&'static Scene, String> {
        let scene = scene::by_name(&self.scene).expect("clap knows the names");
        scene.plot.check(settings).map(|()| scene)
    }
}

pub(crate) fn run(run: &Run, scene: &Scene, settings: &Settings) -> Outcome {
    let refused = enter_namespace()?;
    let mut out = io::stdout().lock();
    if let Some(refusal) = refusal(scene, refused.as_deref()) {
        if run.json {
            writeln!(out, "{}", json!({ "scene": scene.name, "refused": refusal }))?;
        } else {
            writeln!(out, "{}\n{refusal}", scene.title)?;
        }
        return Ok(true);
    }
    if let Some(file) = &run.svg {
        // Before the scene is played, so that nobody watches it in vain.
        let opened = OpenOptions::new().create(true).append(true).open(file);
        opened.map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let outcome = if run.json {
        let outcome = play(scene.plot, settings, &mut |_| ());
        writeln!(out, "{}", tell::json(scene, settings, &outcome))?;
        outcome
    } else {
        tell::tell(scene, settings, &mut out)?
    };
    if let Some(file) = &run.svg {
        let sentence = scene.sentence(settings);
        let picture = svg::svg(scene.title, sentence, &outcome.events, scene.plot.idle());
        fs::write(file, picture).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(outcome.is_as_predicted())
}

pub(crate) fn matrix(form: Form) -> Outcome {
    build();
    let bar = indicatif::ProgressBar::new((FAULTS.len() * MODES.len()) as u64);
    let cells = matrix::matrix(|played| bar.set_position(played as u64))?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    if form.json {
        for Cell { fault, mode, outcome } in &cells {
            let (outcome, refused) = (outcome.as_ref().ok(), outcome.as_ref().err());
            let cell =
                json!({ "fault": fault, "mode": mode, "outcome": outcome, "refused": refused });
            writeln!(out, "{cell}")?;
        }
    } else {
        let form = if form.markdown { table::Form::Markdown } else { table::Form::Terminal(None) };
        writeln!(out, "{}", table(&cells, form))?;
    }
    Ok(!cells.iter().any(Cell::failed))
}

/// The binaries, before anything is printed: to build them may take a while.
fn build() -> [(String, &'static Path); 2] {
    let told = io::stderr().is_terminal() && env::var_os(INSIDE).is_none();
    if told {
        let _ = write!(io::stderr(), "building the server and the client… ");
    }
    let built = built();
    if told {
        let _ = write!(io::stderr(), "\r{:37}\r", "");
    }
    built
}

/// Starts the lab again in a network of its own, in this process's place; if the system
/// refuses that, why.
fn enter_namespace() -> Result<Option<String>, Box<dyn std::error::Error>> {
    let built = build();
    let inside = env::var_os(INSIDE).is_some();
    let refused = if inside { None } else { namespace::available().err() };
    if inside || refused.is_some() {
        ctrlc::set_handler(|| stage::abandon(130))?;
        return Ok(refused);
    }
    let mut lab = process::Command::new(env::current_exe()?);
    lab.args(env::args_os().skip(1)).env(INSIDE, "1").envs(built);
    Err(namespace::inside(&lab).exec().into())
}

/// What fails on a stage fails as in a test. A person is told in a sentence, and nothing is
/// left behind.
pub(crate) fn end_on_panic() {
    panic::set_hook(Box::new(|panic| {
        let message = panic.payload_as_str().unwrap_or("something panicked");
        let _ = writeln!(io::stderr(), "error: {message}");
        stage::abandon(1)
    }));
}

fn refusal(scene: &Scene, refused: Option<&str>) -> Option<String> {
    let reason = refused.filter(|_| scene.plot.needs_namespace())?;
    Some(format!("It needs a network that can be cut, and this system refuses one: {reason}"))
}
