//! The page as data: its exercises, and the sessions that it shows.

use std::{fs, path::Path};

use tests::markdown::{self, Block, Section, blocks};

/// A command of a session, and what the page says that it prints.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub command: String,
    pub printed: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub sections: Vec<Section>,
}

impl Page {
    pub(crate) fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("the page is there");
        Self { sections: markdown::sections(&text) }
    }

    /// The exercises, with their numbers and minutes.
    pub(crate) fn exercises<'a>(&'a self) -> Vec<(u32, u32, &'a Section)> {
        let exercise = |section: &'a Section| {
            let (number, minutes) = number_and_minutes(&section.heading)?;
            Some((number, minutes, section))
        };
        self.sections.iter().filter_map(exercise).collect()
    }

    /// The sessions that the page shows, each with its section's heading.
    pub(crate) fn sessions(&self) -> Vec<(String, Vec<Step>)> {
        let sessions = |section: &Section| {
            let steps = sessions(section).map(|block| steps(block.text));
            steps.map(|steps| (section.heading.clone(), steps)).collect::<Vec<_>>()
        };
        self.sections.iter().flat_map(sessions).collect()
    }
}

/// Those of an exercise: `3. The formula by hand (5 minutes)`.
fn number_and_minutes(heading: &str) -> Option<(u32, u32)> {
    let (number, rest) = heading.split_once(". ")?;
    let (_, minutes) = rest.strip_suffix(" minutes)")?.rsplit_once('(')?;
    Some((number.parse().ok()?, minutes.parse().ok()?))
}

/// The blocks that begin with a prompt.
pub(crate) fn sessions(section: &Section) -> impl Iterator<Item = Block<'_>> {
    blocks(&section.text).filter(|block| block.text.starts_with("$ "))
}

/// The commands of a session, each with what it prints.
fn steps(text: &str) -> Vec<Step> {
    let text = text.strip_prefix("$ ").expect("it is a session");
    let step = |step: &str| {
        let (command, printed) = step.split_once('\n').unwrap_or((step, ""));
        Step { command: command.to_owned(), printed: printed.to_owned() }
    };
    text.split("\n$ ").map(step).collect()
}
