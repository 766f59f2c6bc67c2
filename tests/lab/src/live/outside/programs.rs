//! The real server and the real clients as processes.

use std::{collections::HashMap, convert::Infallible, io, process::Command, sync::mpsc};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, json_command},
    event::Event,
    log::Line,
    namespace::{Loopback, try_set_loopback},
    proc,
    program::Program,
    tied::tied_to_us,
};

use super::{Setup, client::Client};
use crate::{
    event::Role,
    live::{
        input::{Deed, What, Who},
        mailbox::Mailbox,
    },
    processes,
    settings::{Settings, live_default, partition, replaced},
};

pub(super) struct Programs {
    setup: Setup,
    /// What the programs are set to since everything last began anew.
    settings: Settings,
    /// The flags that everything last began with.
    fresh: Vec<String>,
    /// Those of them that are no settings, for the clients.
    flags: Vec<String>,
    /// Where the server listens.
    pub(super) address: String,
    server: Option<Program>,
    clients: HashMap<String, Client>,
    is_cut: bool,
    happened: Mailbox,
}

impl Programs {
    /// Starts the server. It listens at `listen`, and later servers where this one does.
    pub(super) fn start(setup: Setup, listen: &str, happened: Mailbox) -> io::Result<Self> {
        let mut programs = Self {
            settings: setup.settings,
            fresh: Vec::new(),
            flags: Vec::new(),
            setup,
            address: listen.to_owned(),
            server: None,
            clients: HashMap::new(),
            is_cut: false,
            happened,
        };
        programs.start_server()?;
        Ok(programs)
    }

    pub(super) fn carry_out(&mut self, deed: &Deed) -> io::Result<()> {
        self.let_go_of_ended();
        match deed {
            Deed::Add { client, flags } => self.add(client, flags),
            Deed::Type { client, line } => self.client(client)?.type_in(line),
            Deed::Stop { who } => stop(self.program(who)?),
            Deed::Continue { who } => self.program(who)?.signal(Signal::SIGCONT),
            Deed::Kill { who: Who::Server } => self.kill_server(),
            Deed::Kill { who: Who::Client(name) } => {
                self.client(name)?;
                self.kill_client(name)
            }
            Deed::Restart if self.server.is_some() => Err(io::Error::other("the server runs")),
            Deed::Restart => self.start_server(),
            Deed::Fresh { flags } => self.begin_anew(flags),
            Deed::Deafen { client } => self.client(client)?.deafen(true),
            Deed::Undeafen { client } => self.client(client)?.deafen(false),
            Deed::Cut => self.set_line(Loopback::Down),
            Deed::Mend => self.set_line(Loopback::Up),
            Deed::Reset { .. } => Err(io::Error::other("a reset is no deed to a program")),
        }
    }

    /// Lets go of the programs that have ended.
    pub(super) fn let_go_of_ended(&mut self) {
        self.clients
            .extract_if(|_, client| client.program.has_ended())
            .for_each(|(_, client)| drop(finish(client.into_program())));
        self.server.take_if(Program::has_ended).into_iter().for_each(|it| drop(finish(it)));
    }

    /// Forgets what the programs have logged: it has been sent on.
    pub(super) fn forget_logs(&mut self) {
        let clients = self.clients.values_mut().map(|client| &mut client.program);
        clients.chain(&mut self.server).for_each(Program::forget_log);
    }

    fn add(&mut self, name: &str, flags: &[String]) -> io::Result<()> {
        if self.clients.contains_key(name) {
            return Err(io::Error::other(format!("there is a client {name} already")));
        }
        let settings = self.settings.arguments(Role::Client);
        let flags = replaced(&replaced(&self.setup.client_flags, &self.flags), flags);
        let mut command = json_command("client")?;
        command.args(["--server", &self.address]);
        command.args(replaced(&settings, &flags));
        let program = self.spawn(&command, Who::Client(name.to_owned()), flags)?;
        let id = program.pid();
        let client = Client::new(name, program, self.happened.clone());
        let client = client.inspect_err(|_| processes::forget(id))?;
        self.clients.insert(name.to_owned(), client);
        Ok(())
    }

    fn start_server(&mut self) -> io::Result<()> {
        let mut command = json_command("server")?;
        command.args(["-vv", "--listen", &self.address]);
        command.args(self.settings.arguments(Role::Server));
        let program = self.spawn(&command, Who::Server, self.fresh.clone())?;
        let id = program.pid();
        let server = Server::from_program(program).inspect_err(|_| processes::forget(id))?;
        self.address = server.address;
        self.server = Some(server.program);
        Ok(())
    }

    fn spawn(&self, command: &Command, who: Who, flags: Vec<String>) -> io::Result<Program> {
        let (happened, by) = (self.happened.clone(), who.clone());
        // What the program says is told after it is told that the program runs.
        let (told, is_told) = mpsc::channel::<Infallible>();
        let watch = move |line: Option<&Line>| {
            let (who, _) = (by.clone(), is_told.recv());
            match line.cloned() {
                Some(Line { event: Some(event), .. }) if may_be_left_out(&event) => {
                    happened.offer(What::Logged { who, event });
                }
                Some(Line { event: Some(event), .. }) => {
                    happened.send(What::Logged { who, event });
                }
                Some(Line { text, .. }) if text.is_empty() => {}
                Some(Line { text, .. }) => happened.send(What::Complained { who, line: text }),
                None => happened.send(What::Exited { who }),
            }
        };
        let program = Program::start_watched(&mut tied_to_us(command), watch)?;
        self.happened.send(What::Spawned { who, pid: program.pid(), flags });
        drop(told);
        Ok(processes::registered(program))
    }

    fn kill_server(&mut self) -> io::Result<()> {
        let server = self.server.take().ok_or_else(|| io::Error::other("the server has ended"))?;
        kill(server)
    }

    fn kill_client(&mut self, name: &str) -> io::Result<()> {
        let Some(client) = self.clients.remove(name) else { return Ok(()) };
        // Before its input ends with its typist, or it might still end by itself.
        client.program.signal(Signal::SIGKILL)?;
        finish(client.into_program())
    }

    fn begin_anew(&mut self, flags: &[String]) -> io::Result<()> {
        let lab = self.setup.settings.lab_arguments();
        let [settings, others] = partition(flags);
        let settings = Settings::parse(&replaced(&lab, &settings), live_default);
        let settings = settings.map_err(|error| io::Error::other(error.to_string()))?;
        settings.check().map_err(io::Error::other)?;
        let names: Vec<_> = self.clients.keys().cloned().collect();
        names.iter().try_for_each(|name| self.kill_client(name))?;
        if self.is_cut {
            self.set_line(Loopback::Up)?;
        }
        self.server.take().map_or(Ok(()), kill)?;
        (self.settings, self.flags, self.fresh) = (settings, others, flags.to_vec());
        self.start_server()
    }

    fn set_line(&mut self, state: Loopback) -> io::Result<()> {
        if let Some(why) = &self.setup.no_network {
            return Err(io::Error::other(format!("there is no private network: {why}")));
        }
        try_set_loopback(state)?;
        self.is_cut = state == Loopback::Down;
        Ok(())
    }

    fn client(&mut self, name: &str) -> io::Result<&mut Client> {
        let nobody = || io::Error::other(format!("no client {name} of the lab runs"));
        self.clients.get_mut(name).ok_or_else(nobody)
    }

    fn program(&mut self, who: &Who) -> io::Result<&mut Program> {
        match who {
            Who::Client(name) => Ok(&mut self.client(name)?.program),
            Who::Server => {
                self.server.as_mut().ok_or_else(|| io::Error::other("the server has ended"))
            }
        }
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        let clients = self.clients.drain().map(|(_, client)| client.into_program());
        clients.chain(self.server.take()).for_each(|program| drop(kill(program)));
    }
}

/// Whether an event comes with each byte that passes. The next one of its kind says as much.
fn may_be_left_out(event: &Event) -> bool {
    matches!(event.name(), "touched" | "text" | "heartbeat")
}

/// Stops a program, and waits until it has stopped.
fn stop(program: &Program) -> io::Result<()> {
    // The kernel tells of a stop once, so nobody may wait for it twice.
    if proc::state(program.pid())?.is_some_and(|state| matches!(state, 'T' | 't')) {
        return Err(io::Error::other("it is stopped already"));
    }
    program.pause()
}

/// Kills a program and waits until all that it logged has been sent, and its end.
fn kill(program: Program) -> io::Result<()> {
    program.signal(Signal::SIGKILL)?;
    finish(program)
}

/// Waits for the end of a program and of its log, and forgets it.
fn finish(program: Program) -> io::Result<()> {
    let id = program.pid();
    let finished = program.finish();
    processes::forget(id);
    finished.map(drop)
}
