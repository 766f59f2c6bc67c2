//! The lab's scenes, played by the real command: each comes as predicted.
//!
//! They mostly wait, so eight are played at once. Where the system refuses network namespaces,
//! the scenes that need one are reported as ignored.

mod pictures;
mod played;
mod told;
mod whole;

use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use tests::{
    binaries::built,
    cases,
    finished::{self, Finished},
    tools::is_installed,
};

use played::{ANYWHERE, IN_A_NAMESPACE, played};

/// Runs the cases.
pub(crate) fn run() {
    let (mut arguments, refused) = cases::prepared();
    arguments.test_threads.get_or_insert(8);
    // With --ignored, scenes that the system refuses are left out.
    let cuts = IN_A_NAMESPACE.into_iter().filter(|_| refused.is_none() || !arguments.ignored);
    let cuts = cuts.map(|case| played(case).with_ignored_flag(refused.is_some()));
    let others = [
        trial("a_scene_is_shown_from_its_title_to_its_verdict", told::a_scene_is_told),
        trial("a_picture_shows_what_passed", told::a_picture_shows_what_passed),
        trial(
            "the_page_shows_the_order_of_the_queue_that_the_terminal_shows",
            pictures::the_order_of_the_queue_on_the_page,
        ),
        trial("an_interrupted_scene_leaves_no_program_behind", told::an_interrupted_scene),
        // Nothing else can end a program with its parent.
        trial("a_killed_lab_leaves_no_program_behind", told::a_killed_lab)
            .with_ignored_flag(!is_installed("setpriv")),
        trial("a_scene_fits_on_a_screen_of_35_rows", told::a_scene_fits),
        trial("the_lab_plays_beside_its_binaries_without_cargo", told::without_cargo),
        trial("without_a_namespace_a_cut_is_refused_with_the_reason", told::without_a_namespace),
        trial("the_tour_goes_through_without_a_terminal", whole::the_tour).with_ignored_flag(true),
        trial("every_cell_of_the_matrix_is_as_predicted", whole::the_matrix)
            .with_ignored_flag(true),
        trial(
            "without_namespaces_the_matrix_says_why_cuts_are_not_played",
            whole::the_matrix_without,
        )
        .with_ignored_flag(true), // each takes half a minute: -- --ignored
    ];
    let pictures = pictures::pictures(refused.is_some());
    let trials = ANYWHERE.map(played).into_iter().chain(cuts).chain(others).chain(pictures);
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

fn lab(arguments: &str) -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(arguments.split_whitespace()).envs(built().expect("the programs build"));
    lab
}

fn finished(lab: &mut Command) -> Finished {
    finished::run(lab.stdin(Stdio::null())).expect("the lab runs")
}
