//! The commands that start programs.

use std::{
    env, fs,
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
    process,
};

use serde_json::json;
use tests::{
    binaries::built,
    lab::{
        matrix::{self, Cell, FAULTS, MODES},
        scene::{self, SCENES, Scene, TOUR},
        settings::{Settings, SettingsArgs},
        stage, svg,
        table::{self, table},
        tell,
    },
    namespace,
};

use super::Outcome;

/// Set where the lab has put itself into a network of its own.
const INSIDE: &str = "LAB_INSIDE";

#[derive(clap::Args)]
pub(super) struct Run {
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
    pub(super) settings: SettingsArgs,
}

#[derive(clap::Args, Clone, Copy)]
pub(super) struct Form {
    /// Print it as Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,

    /// Print it as JSON, one object a cell
    #[arg(long)]
    json: bool,
}

pub(super) fn list() -> Outcome {
    let mut out = io::stdout().lock();
    for scene in SCENES {
        writeln!(out, "{:<15} {}", scene.name, scene.title)?;
    }
    Ok(true)
}

pub(super) fn tour() -> Outcome {
    let refused = enter_namespace()?;
    let settings = matrix::settings(MODES[0]);
    let stops = io::stdin().is_terminal();
    let mut as_predicted = true;
    for (number, scene) in SCENES[..TOUR].iter().enumerate() {
        println!("{} of {TOUR}", number + 1);
        match refusal(scene, refused.as_deref()) {
            Some(refusal) => println!("{}\n{refusal}\n", scene.title),
            None => as_predicted &= told(scene, &settings)?,
        }
        if stops && number + 1 < TOUR {
            print!("Enter goes on ");
            io::stdout().flush()?;
            io::stdin().lock().read_line(&mut String::new())?;
            println!();
        }
    }
    println!("More: `lab list`, `lab run SCENE --detect keepalive`, `lab matrix`, `lab predict`.");
    Ok(as_predicted)
}

fn told(scene: &Scene, settings: &Settings) -> Outcome {
    let outcome = tell::tell(scene, settings, &mut io::stdout().lock())?;
    Ok(outcome.witnesses.iter().all(|witness| witness.agrees))
}

pub(super) fn run(run: &Run, settings: &Settings) -> Outcome {
    let scene = scene::by_name(&run.scene).expect("clap knows the names");
    let refused = enter_namespace()?;
    if let Some(refusal) = refusal(scene, refused.as_deref()) {
        if run.json {
            println!("{}", json!({ "scene": scene.name, "refused": refusal }));
        } else {
            println!("{}\n{refusal}", scene.title);
        }
        return Ok(true);
    }
    let outcome = if run.json {
        let outcome = tests::lab::play::play(scene.plot, settings, &mut |_| ());
        println!("{}", tell::json(scene, settings, &outcome));
        outcome
    } else {
        tell::tell(scene, settings, &mut io::stdout().lock())?
    };
    if let Some(file) = &run.svg {
        let picture = svg::svg(scene.title, scene.sentence, &outcome.events, tell::IDLE);
        fs::write(file, picture).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(outcome.witnesses.iter().all(|witness| witness.agrees))
}

pub(super) fn matrix(form: Form) -> Outcome {
    let bar = indicatif::ProgressBar::new((FAULTS.len() * MODES.len()) as u64);
    let cells = matrix::matrix(|played| bar.set_position(played as u64))?;
    bar.finish_and_clear();
    if form.json {
        for Cell { fault, mode, outcome } in &cells {
            let (outcome, refused) = (outcome.as_ref().ok(), outcome.as_ref().err());
            println!(
                "{}",
                json!({ "fault": fault, "mode": mode, "outcome": outcome, "refused": refused })
            );
        }
    } else {
        let form = if form.markdown { table::Form::Markdown } else { table::Form::Terminal };
        println!("{}", table(&cells, form));
    }
    Ok(!cells.iter().any(Cell::failed))
}

/// Starts the lab again in a network of its own, and ends with it; if the system refuses
/// that, why.
fn enter_namespace() -> Result<Option<String>, Box<dyn std::error::Error>> {
    ctrlc::set_handler(|| {
        stage::abandon();
        process::exit(130);
    })?;
    if env::var_os(INSIDE).is_some() {
        return Ok(None);
    }
    if let Err(reason) = namespace::available() {
        return Ok(Some(reason));
    }
    let mut lab = process::Command::new(env::current_exe()?);
    lab.args(env::args_os().skip(1)).env(INSIDE, "1").envs(built());
    let status = namespace::inside(&lab).status()?;
    process::exit(status.code().unwrap_or(1));
}

fn refusal(scene: &Scene, refused: Option<&str>) -> Option<String> {
    let reason = refused.filter(|_| scene.plot.needs_namespace())?;
    Some(format!("It needs a network that can be cut, and this system refuses one: {reason}"))
}
