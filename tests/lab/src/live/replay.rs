//! A recording, seen again: at its own pace, held, or step by step.

use std::{
    io::{self, Write},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::{
    draw::{Characters, Look, Moment, draw},
    history::History,
    input::{Input, Key},
    keys::{self, Pressed},
    show::FRAME,
    tell::Teller,
    terminal::Screen,
    world::World,
};

/// A recording at one of its moments.
pub struct Replay {
    history: History,
    pub world: World,
    pub at: Duration,
}

impl Replay {
    /// A recording at its first moment.
    ///
    /// # Errors
    /// When it does not begin with the start of a run.
    pub fn new(inputs: Vec<Input>) -> Result<Self, String> {
        let history = History::recorded(inputs)?;
        let at = Duration::ZERO;
        Ok(Self { world: history.at(at), history, at })
    }

    /// How long the recording is.
    pub fn length(&self) -> Duration {
        self.history.end()
    }

    /// Goes to this moment, forwards or back.
    pub fn go_to(&mut self, moment: Duration) {
        if moment < self.at {
            self.world = self.history.at(moment);
        } else {
            let passed = self.history.inputs_after(self.at);
            for input in passed.take_while(|input| input.at <= moment) {
                self.world.take(input);
            }
        }
        self.at = moment;
    }

    fn step(&mut self, key: Key) {
        let moment = match key {
            Key::Left => self.history.before(self.at),
            _ => self.history.after(self.at),
        };
        self.go_to(moment.unwrap_or(self.at));
    }
}

/// Shows a recording on the screen until the learner quits.
pub fn show(mut replay: Replay, characters: Characters) -> io::Result<()> {
    let mut screen = Screen::open()?;
    let (sender, pressed) = mpsc::channel();
    keys::read(move |pressed| _ = sender.send(pressed))?;
    let length = replay.length();
    let (mut is_paused, mut before) = (false, Instant::now());
    loop {
        let moment = Moment::Replay { length, is_paused };
        let look = Look { characters, moment };
        screen.draw(|frame| draw(&replay.world, replay.at, look, frame))?;
        let limit = if is_paused { Duration::MAX } else { FRAME };
        let pressed = pressed.recv_timeout(limit);
        let passed = before.elapsed();
        before = Instant::now();
        if !is_paused {
            let moment = (replay.at + passed).min(length);
            replay.go_to(moment);
            is_paused = moment == length;
        }
        match pressed {
            Ok(Pressed::Quit | Pressed::Key(Key::Char('q'))) => return Ok(()),
            Ok(Pressed::Resized { .. }) => screen.resized(),
            Ok(Pressed::Key(Key::Char(' '))) => {
                if is_paused && replay.at == length {
                    replay.go_to(Duration::ZERO);
                }
                is_paused = !is_paused;
            }
            Ok(Pressed::Key(key @ (Key::Left | Key::Right))) => {
                is_paused = true;
                replay.step(key);
            }
            _ => {}
        }
    }
}

/// Tells the story of a recording as lines.
pub fn tell(replay: &Replay, out: &mut impl Write) -> io::Result<()> {
    let mut teller = Teller::default();
    let mut world = replay.history.earliest_world().clone();
    // The story keeps only its last lines, so they are told after each input.
    replay.history.inputs().try_for_each(|input| {
        world.take(input);
        teller.tell(&world, out)
    })
}
