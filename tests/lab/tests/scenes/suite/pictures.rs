//! The pictures of scenes in `docs/lab.md`: the commands that stand there still draw them.

use std::{fs, path::Path};

use libtest_mimic::{Failed, Trial};
use tests::measured::masked;

use super::{finished, lab};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A case for each command of the page that draws a scene. The scenes with a cut are ignored where
/// the system refuses them.
pub(crate) fn pictures(is_refused: bool) -> Vec<Trial> {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/lab.md")).expect("the page is there");
    let commands = page.lines().filter_map(|line| {
        let (_, command) = line.split_once("lab -- run ")?;
        let (scene, picture) = command.split_once(" --svg ")?;
        let (picture, more) = picture.split_once(' ').unwrap_or((picture, ""));
        let shown = picture.strip_prefix("docs/").map(|it| page.contains(&format!("]({it})")));
        shown.map(|shown| (shown, [scene, picture, more].map(str::to_owned)))
    });
    let trial = |(shown, [scene, picture, more]): (bool, [String; 3])| {
        let is_cut = scene.starts_with("cut");
        let drawn = Trial::test(format!("{picture} is what its command draws"), move || {
            assert!(shown, "{picture} is not shown on the page");
            is_what_its_command_draws(&scene, &picture, &more)
        });
        drawn.with_ignored_flag(is_cut && is_refused)
    };
    let trials: Vec<_> = commands.map(trial).collect();
    assert_eq!(trials.len(), 4, "a command for each picture of a scene");
    trials
}

/// Plays the scene and compares its picture.
fn is_what_its_command_draws(scene: &str, picture: &str, more: &str) -> Result<(), Failed> {
    let stands = fs::read_to_string(Path::new(ROOT).join(picture))?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("run.svg");
    is_drawn(&stands, || {
        finished(lab(&format!("run {scene} {more} --svg")).arg(&file));
        Ok(fs::read_to_string(&file)?)
    })
}

/// The drawing of a scene as text on the page.
pub(crate) fn the_order_of_the_queue_on_the_page() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/lab.md")).expect("the page is there");
    let (before, after) = page.split_once("queue: front → back\n").expect("the page shows it");
    let (rows, _) = after.split_once("```").expect("a block of text");
    let header = before.rsplit("```text\n").next().expect("the legend and the first columns");
    let drawn = is_drawn(&format!("{header}queue: front → back\n{rows}"), || {
        let shown = finished(&mut lab("run three-clients")).stdout;
        let rows = String::from_utf8(shown)?;
        let (_, rows) = rows.split_once(header).ok_or("it has no header")?;
        let (rows, _) = rows.split_once("c1 and c3:").ok_or("it has no last words")?;
        Ok(format!("{header}{rows}"))
    });
    drawn.unwrap_or_else(|what| panic!("{}", what.message().unwrap_or_default()));
}

/// Compares all but what is measured. On a busy machine a line of a log may be read late, and a
/// row moves: one of a few runs must agree.
fn is_drawn(stands: &str, draw: impl Fn() -> Result<String, Failed>) -> Result<(), Failed> {
    let mut drawn = String::new();
    for _ in 0..3 {
        drawn = draw()?;
        if without_times(&drawn) == without_times(stands) {
            return Ok(());
        }
    }
    Err(format!("on the page:\n{stands}\ntoday:\n{drawn}").into())
}

/// The drawing with its measured figures masked. Those within a tag are its form.
fn without_times(drawn: &str) -> String {
    let line = |line: &str| {
        let (tag, text) = line.split_at(line.find('>').unwrap_or(0));
        format!("{tag}{}\n", masked(text))
    };
    drawn.lines().map(line).collect()
}
