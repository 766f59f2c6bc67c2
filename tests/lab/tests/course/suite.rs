//! Every command of `docs/course.md` is run, and what it prints is compared with the page.
//!
//! They mostly wait, so eight sessions run at once. Where the system refuses network namespaces,
//! the sessions that cut a network are reported as ignored.

mod judges;
mod page;
mod printed;
mod session;
mod shape;

use std::{
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use lab::live::{
    input::Deed,
    script::{Command, Script},
};
use libtest_mimic::{Failed, Trial};
use tests::cases;

use page::{Page, Step};

/// The project's folder, in which a reader of the course is.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

pub(crate) fn run() {
    let (mut arguments, refused) = cases::prepared();
    arguments.test_threads.get_or_insert(8);
    let page = Page::read(&Path::new(ROOT).join("docs/course.md"));
    let sessions = page.sessions();
    let is_refused = |steps: &[Step]| refused.is_some() && steps.iter().any(cuts_the_network);
    // With --ignored, sessions that the system refuses are left out.
    let sessions = sessions.into_iter().filter(|(_, it)| !(arguments.ignored && is_refused(it)));
    let sessions = sessions.map(|(section, steps)| {
        let name = format!("{section}: {}", steps[0].command);
        let is_refused = is_refused(&steps);
        Trial::test(name, move || prints_what_the_page_says(&steps)).with_ignored_flag(is_refused)
    });
    let trials = sessions.chain(shape::trials(&page)).chain(judges::trials(&page)).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Whether the command plays a scene or a script with a cut.
fn cuts_the_network(step: &Step) -> bool {
    let mut words = step.command.split([' ', ';']);
    let is_cut = |file: &str| {
        let text = fs::read_to_string(Path::new(ROOT).join(file)).expect("the script is there");
        let script = Script::parse(&text).expect("it is a script");
        script.lines.iter().any(|line| line.command == Command::Do(Deed::Cut))
    };
    words.any(|word| word.starts_with("cut-") || word.starts_with("docs/course/") && is_cut(word))
}

/// Sessions that are played again are played one at a time.
static AGAIN: Mutex<()> = Mutex::new(());

fn prints_what_the_page_says(steps: &[Step]) -> Result<(), Failed> {
    let mut differences = session::differences(steps)?;
    for _ in 0..2 {
        if differences.is_empty() {
            return Ok(());
        }
        // A busy machine may be the reason.
        let _alone = AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
        differences = session::differences(steps)?;
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.into()) }
}
