//! The ideas as texts.

use std::collections::HashSet;

use lab::{
    live::{
        ideas::IDEAS,
        input::{Deed, Who},
        script::{Command, Script, wanted::Wanted},
    },
    scene::SCENES,
};

fn commands(script: &str) -> Vec<Command> {
    let script = Script::parse(script).unwrap_or_else(|error| panic!("{error}"));
    script.lines.into_iter().map(|line| line.command).collect()
}

#[test]
fn every_idea_begins_anew_and_expects_something_of_what_it_does() {
    for idea in IDEAS {
        let commands = commands(idea.script);
        let name = idea.name;
        assert!(matches!(commands[0], Command::Do(Deed::Fresh { .. })), "{name}");
        let expects = |it: &Command| matches!(it, Command::Expect { .. } | Command::Never { .. });
        let first = commands.iter().position(expects);
        let thinks = |it: &Command| matches!(it, Command::Say(text) if text.starts_with("Think: "));
        let thinks = commands.iter().position(thinks);
        assert!(thinks.is_some() && thinks < first, "{name}: the learner is asked too late");
    }
}

#[test]
fn every_idea_does_things_only_to_programs_that_it_has() {
    for idea in IDEAS {
        let mut known = HashSet::from([Who::Server]);
        for command in commands(idea.script) {
            let who = match command {
                Command::Do(Deed::Add { client, .. }) => {
                    assert!(known.insert(Who::Client(client)), "{}", idea.name);
                    continue;
                }
                Command::Do(Deed::Stop { who } | Deed::Continue { who } | Deed::Kill { who }) => {
                    who
                }
                Command::Do(
                    Deed::Type { client, .. } | Deed::Deafen { client } | Deed::Reset { client },
                ) => Who::Client(client),
                Command::Until { wanted: Wanted { who, .. }, .. }
                | Command::Expect { wanted: Wanted { who, .. }, .. }
                | Command::Never { wanted: Wanted { who, .. }, .. } => who,
                _ => continue,
            };
            assert!(known.contains(&who), "{}: {who} is not there", idea.name);
        }
    }
}

#[test]
fn what_an_idea_says_fits_in_the_story_on_80_columns() {
    for idea in IDEAS {
        assert!(idea.title.chars().count() <= 60, "{}", idea.title);
        for command in commands(idea.script) {
            if let Command::Say(text) = command {
                assert!(text.chars().count() <= 70, "{}: {text}", idea.name);
            }
        }
    }
}

#[test]
fn the_scenes_are_among_the_ideas() {
    let names: HashSet<_> = IDEAS.iter().map(|idea| idea.name).collect();
    assert_eq!(names.len(), IDEAS.len(), "two ideas have one name");
    for scene in SCENES {
        // The live lab has one server. It always shows the queue of all its clients.
        let not_here = ["second-server", "three-clients"].contains(&scene.name);
        assert!(names.contains(scene.name) || not_here, "{}", scene.name);
    }
}
