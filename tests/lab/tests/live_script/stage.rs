//! A stage on which a script is played without programs: its inputs are made by hand, and its
//! clock is set.

use std::time::Duration;

use lab::live::{
    input::{Deed, Input, Start, What, Who},
    player::{Next, Player},
    script::Script,
    world::World,
};
use tests::event::Event;

pub(crate) fn world() -> World {
    let settings = "--idle 3s --retry-interval 1s --retries 2 --timeout 10s";
    let start = Start {
        settings: settings.split(' ').map(str::to_owned).collect(),
        server: "127.0.0.1:5005".to_owned(),
        join: String::new(),
        no_network: None,
        no_diag: None,
        no_tap: None,
        columns: 80,
        rows: 24,
    };
    World::new(start).expect("these are settings")
}

pub(crate) struct Stage {
    pub(crate) player: Player,
    pub(crate) world: World,
    now: Duration,
}

impl Stage {
    pub(crate) fn new(script: &str) -> Self {
        let script = Script::parse(script).expect("a script");
        Self { player: Player::new(script), world: world(), now: Duration::ZERO }
    }

    /// Lets time pass until this moment.
    pub(crate) fn at(&mut self, seconds: f64) -> &mut Self {
        self.now = Duration::from_secs_f64(seconds);
        self
    }

    /// An input comes.
    pub(crate) fn comes(&mut self, what: What) -> &mut Self {
        let input = Input { at: self.now, what };
        self.world.take(&input);
        self.player.saw(&input, &self.world);
        self
    }

    pub(crate) fn logs(&mut self, who: &str, event: &str) -> &mut Self {
        let event = Event::parse(event).expect("an event");
        self.comes(What::Logged { who: Who::from(who.to_owned()), event })
    }

    /// The server accepts `c1`, whose kernel's port the lab knows.
    pub(crate) fn accepts_c1(&mut self) -> &mut Self {
        let who = Who::Client("c1".to_owned());
        self.comes(What::Spawned { who, pid: 100, flags: Vec::new() });
        self.world.clients[0].ports.push(40_000);
        self.logs("server", r#"{"event":"connected","conn":7,"peer":"127.0.0.1:40000"}"#)
    }

    pub(crate) fn next(&mut self) -> Next {
        self.player.next(self.now)
    }

    /// The script asks for a deed, and it is done at once.
    pub(crate) fn does(&mut self) -> Deed {
        let Next::Do(deed) = self.next() else { panic!("it does nothing") };
        self.comes(What::Done { deed: deed.clone() });
        deed
    }

    pub(crate) fn waits_until(&mut self, seconds: f64) {
        assert_eq!(self.next(), Next::Wait(Some(Duration::from_secs_f64(seconds))));
    }

    pub(crate) fn fails(&mut self) -> String {
        let Next::Failed(why) = self.next() else { panic!("it has not failed") };
        why
    }
}
