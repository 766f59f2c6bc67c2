//! Starting the real programs, and watching what they say.

use std::{
    io::{self, BufRead as _, BufReader},
    sync::mpsc::Sender,
    thread,
    time::Instant,
};

use tests::{binaries::json_command, log::Line, program::Program, tied::tied_to_us};

use crate::{
    event::Role,
    observe::{Observation, Seen},
    processes,
    scene::Plan,
    settings::Settings,
    view::View,
};

/// Starts the programs of a scene, and sends what is seen of them.
pub(super) struct Starter {
    plan: Plan,
    settings: Settings,
    seen: Sender<Observation>,
}

impl Starter {
    pub(super) fn new(plan: Plan, settings: &Settings, seen: Sender<Observation>) -> Self {
        Self { plan, settings: *settings, seen }
    }

    /// A server that is to listen at `address`.
    pub(super) fn server(&self, address: &str) -> io::Result<Program> {
        let mut arguments = vec!["--listen", address];
        match self.plan.view() {
            View::Flooded => {}
            View::Queue => arguments.push("-vv"), // an event for each move of the queue, too
            View::Relayed | View::Direct => arguments.push("-v"), // an event for each line of text
        }
        self.start(Role::Server, &arguments)
    }

    /// A client of these servers. If the scene is about its return, its output is watched, too.
    pub(super) fn client(&self, servers: &[String]) -> io::Result<Program> {
        let arguments: Vec<_> = servers.iter().flat_map(|server| ["--server", server]).collect();
        let mut client = self.start(Role::Client, &arguments)?;
        if self.plan.outage().is_some() {
            let lines = BufReader::new(client.take_stdout()?).split(b'\n');
            let sender = self.seen.clone();
            thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    let seen = Seen::Printed([&line[..], b"\n"].concat());
                    let _ = sender.send(Observation { at: Instant::now(), seen });
                }
            });
        }
        Ok(client)
    }

    fn start(&self, role: Role, arguments: &[&str]) -> io::Result<Program> {
        let mut command = json_command(&role.to_string())?;
        command.args(arguments).args(self.plan.arguments(&self.settings, role));
        let sender = self.seen.clone();
        let watch = move |line: Option<&Line>| {
            let seen = line.map_or(Seen::Exited(role), |line| Seen::Logged(role, line.clone()));
            let _ = sender.send(Observation { at: Instant::now(), seen });
        };
        Program::start_watched(&mut tied_to_us(&command), watch).map(processes::registered)
    }
}
