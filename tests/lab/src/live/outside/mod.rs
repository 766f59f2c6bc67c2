//! The world outside: the real programs, the kernel and the wire. It carries out deeds, and sends
//! what comes of them, and everything else that happens, as inputs.

mod client;
mod programs;

use std::{
    collections::HashMap,
    env, io,
    net::SocketAddr,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use self::programs::Programs;
use super::{
    input::{Deed, Segment, Sight, Start, What, Who},
    kernel::Sampler,
    mailbox::Mailbox,
    reset::{Ends, reset},
    tap::Tap,
    world::{World, client::Client},
};
use crate::settings::Settings;

/// How often the kernel is asked.
pub const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// The numbers of so many connections are kept.
const MOST: usize = 4096;

pub struct Outside {
    programs: Programs,
    sampler: Sampler,
    /// When the kernel was last asked. `None` if it must be asked at once.
    sampled: Option<Instant>,
    /// Whether the kernel did not answer when it was last asked.
    is_blind: bool,
    /// The numbers on the wire, from which a reset is made, by the port at the client's end.
    ends: HashMap<u16, Ends>,
    /// The connection that is being reset, by its port, and how often that may still be tried.
    resetting: Option<(u16, u8)>,
    server: SocketAddr,
    happened: Mailbox,
}

/// A reset whose numbers are old is not obeyed, so in a flood of bytes it is tried again with each
/// segment, so often.
const RESETS: u8 = 50;

/// How the lab is started.
pub struct Setup {
    pub settings: Settings,
    /// Flags that every client gets, such as `--reconnect`.
    pub client_flags: Vec<String>,
    /// Why there is no private network, if there is none.
    pub no_network: Option<String>,
}

impl Outside {
    /// Starts the server, and watches the kernel and the wire. What happens is sent to `happened`.
    /// Moments are counted from `start`.
    pub fn open(setup: Setup, start: Instant, happened: Mailbox) -> io::Result<(Self, Start)> {
        let listen = if setup.no_network.is_none() { PRIVATE_SERVER } else { "127.0.0.1:0" };
        let mut input = Start {
            settings: setup.settings.lab_arguments(),
            server: String::new(),
            join: command("lab", "client"),
            no_network: setup.no_network.clone(),
            no_diag: None,
            no_tap: None,
            columns: 80,
            rows: 24,
        };
        let programs = Programs::start(setup, listen, happened.clone())?;
        let server: SocketAddr = programs.address.parse().map_err(io::Error::other)?;
        if input.no_network.is_some() {
            input.join = command("client", &format!("--server {server}"));
        }
        input.server = server.to_string();
        let (sampler, no_diag) = Sampler::new(server, start);
        input.no_diag = no_diag;
        match Tap::open() {
            Ok(tap) => watch(tap, server.port(), happened.clone()),
            Err(error) => input.no_tap = Some(format!("packet sockets are refused: {error}")),
        }
        let outside = Self {
            programs,
            sampler,
            sampled: None,
            is_blind: false,
            ends: HashMap::new(),
            resetting: None,
            server,
            happened,
        };
        Ok((outside, input))
    }

    /// Carries out a deed in this world.
    pub fn carry_out(&mut self, deed: Deed, world: &World) {
        self.send(What::Begun { deed: deed.clone() });
        let done = match &deed {
            Deed::Reset { client } => self.reset(client, world),
            _ => self.programs.carry_out(&deed),
        };
        let what = match done {
            Ok(()) => What::Done { deed },
            Err(error) => What::Failed { deed, why: error.to_string() },
        };
        self.send(what);
    }

    fn reset(&mut self, client: &str, world: &World) -> io::Result<()> {
        if let Some(why) = &world.start.no_tap {
            return Err(io::Error::other(format!("the numbers on the wire are not known: {why}")));
        }
        let client = world.clients.iter().find(|it| it.name == client && it.conn.is_some());
        let port = client.and_then(Client::port);
        let known = port.and_then(|port| Some((port, self.ends.get(&port)?)));
        let (port, ends) = known.ok_or_else(|| io::Error::other("it has no connection"))?;
        self.resetting = Some((port, RESETS));
        reset(self.server, port, ends)
    }

    /// Takes notice of an input that has come.
    pub fn saw(&mut self, what: &What) {
        match what {
            What::Segment(segment) => self.passed(segment),
            // Whose connection this is, the kernel knows.
            What::Logged { who: Who::Server, event } if event.name() == "connected" => {
                self.sampled = None;
            }
            _ => {}
        }
    }

    fn passed(&mut self, segment: &Segment) {
        if self.ends.len() > MOST && !self.ends.contains_key(&segment.port) {
            self.ends.clear(); // the next segment of a connection tells its numbers again
        }
        let ends = self.ends.entry(segment.port).or_default();
        ends.observe(segment);
        self.resetting = match self.resetting {
            Some((port, left)) if port == segment.port && !segment.rst => {
                let goes_on = !segment.syn && left > 0 && reset(self.server, port, ends).is_ok();
                goes_on.then(|| (port, left - 1))
            }
            other => other,
        };
    }

    /// Asks the kernel, if it is time. Returns when it will be time again.
    pub fn sample(&mut self, now: Instant) -> Instant {
        let due = self.sampled.map_or(now, |sampled| sampled + SAMPLE_EVERY);
        if now < due {
            return due;
        }
        self.sampled = Some(now);
        self.programs.let_go_of_ended();
        self.programs.forget_logs();
        let sampled = self.sampler.sample(now);
        let is_blind = sampled.is_err();
        match sampled {
            Ok(None) => {}
            Ok(Some(sample)) => self.send(What::Kernel(sample)),
            Err(_) if self.is_blind => {}
            Err(error) => {
                self.send(What::Blind { sight: Sight::Kernel, why: error.to_string() });
            }
        }
        self.is_blind = is_blind;
        now + SAMPLE_EVERY
    }

    fn send(&self, what: What) {
        self.happened.send(what);
    }
}

/// Where the server listens in a private network, in which every port is free.
pub const PRIVATE_SERVER: &str = "127.0.0.1:5005";

/// So many columns have room on the smallest screen.
const ROOM: usize = 46;

/// A command that starts one of our programs, with its path from this folder if there is room.
fn command(program: &str, arguments: &str) -> String {
    let path = || {
        let (ourselves, folder) = (env::current_exe().ok()?, env::current_dir().ok()?);
        let path = match program {
            "lab" => ourselves,
            _ => ourselves.with_file_name(program),
        };
        Some(match path.strip_prefix(folder) {
            Ok(name) if name.components().count() == 1 => Path::new(".").join(name),
            Ok(path) => path.to_owned(),
            Err(_) => path,
        })
    };
    let command = path().map(|path| format!("{} {arguments}", path.display()));
    command.filter(|it| it.len() <= ROOM).unwrap_or_else(|| format!("{program} {arguments}"))
}

fn watch(tap: Tap, port: u16, happened: Mailbox) {
    thread::spawn(move || {
        let error = tap.run(port, |segment| happened.offer(What::Segment(segment)));
        happened.send(What::Blind { sight: Sight::Wire, why: error.to_string() });
    });
}
