//! The lab on the screen: ten frames a second at most, and the keys that are about time.

use std::{
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use chrono::Local;

use super::{
    draw::{Characters, Look, Moment, draw},
    input::{Key, What},
    keys::{self, Pressed},
    session::{Outcome, Progress, Session},
    snapshot,
    terminal::Screen,
    world::{World, keys::Mode},
};

/// Between two frames while something moves.
pub const FRAME: Duration = Duration::from_millis(100);

/// Between two frames while only the clock does.
const SECOND: Duration = Duration::from_secs(1);

/// Ctrl-C.
const QUIT: Key = Key::Char('\u{3}');

/// Shows the session until the learner quits.
pub fn show(session: &mut Session, characters: Characters) -> io::Result<()> {
    let mut screen = Screen::open()?;
    let mailbox = session.mailbox();
    keys::read(move |pressed| {
        let what = match pressed {
            Pressed::Quit => What::Key { key: QUIT },
            Pressed::Key(key) => What::Key { key },
            Pressed::Resized { columns, rows } => What::Resized { columns, rows },
        };
        mailbox.send(what);
    })?;
    let mut show = Show { session, characters, frozen: None };
    let mut next_frame = Instant::now();
    loop {
        let now = Instant::now();
        if now >= next_frame {
            let (world, at, look) = show.shown();
            screen.draw(|frame| draw(world, at, look, frame))?;
            next_frame = now + pace(world, at, look.moment);
            show.session.flush()?;
        }
        let deadline = show.go_on()?.map_or(next_frame, |until| until.min(next_frame));
        let mut happened = show.session.next(deadline);
        while let Some((at, what)) = happened {
            if matches!(what, What::Resized { .. }) {
                screen.resized();
            }
            if show.frozen.is_none() || matches!(what, What::Key { .. } | What::Resized { .. }) {
                next_frame = next_frame.min(now + FRAME);
            }
            match what {
                What::Key { key } if show.quits(key) => return Ok(()),
                What::Key { key } => show.press(at, key)?,
                _ => show.session.take((at, what))?,
            }
            let has_room = Instant::now() < next_frame;
            happened = if has_room { show.session.next(Instant::now()) } else { None };
        }
    }
}

struct Show<'a> {
    session: &'a mut Session,
    characters: Characters,
    frozen: Option<Frozen>,
}

/// A moment at which the learner has stopped the picture. The programs go on.
struct Frozen {
    at: Duration,
    world: World,
}

impl Show<'_> {
    /// What is on the screen: a world, its moment, and how it looks.
    fn shown(&self) -> (&World, Duration, Look) {
        let (world, at, moment) = match &self.frozen {
            Some(frozen) => (&frozen.world, frozen.at, Moment::Frozen),
            None => (&self.session.history.world, self.session.now(), Moment::Live),
        };
        (world, at, Look { characters: self.characters, moment })
    }

    /// Goes on with what is played. Returns until when it waits.
    fn go_on(&mut self) -> io::Result<Option<Instant>> {
        loop {
            let end = match self.session.go_on()? {
                Progress::Waits(until) => return Ok(until),
                Progress::Frame { file, size } => {
                    let (world, at) = (&self.session.history.world, self.session.now());
                    let look = Look { characters: self.characters, moment: Moment::Live };
                    snapshot::write(&file, &snapshot::picture(world, at, look, size))?;
                    continue;
                }
                Progress::Over(Outcome::Finished) => What::Playing { title: None },
                Progress::Over(Outcome::Failed(why)) => What::ScriptFailed { why },
            };
            self.session.happens(end)?;
        }
    }

    /// Whether the lab and not a list, a line or the help gets the key.
    fn is_free(&self) -> bool {
        self.frozen.is_some() || self.session.history.world.view.mode == Mode::Watching
    }

    fn quits(&self, key: Key) -> bool {
        key == QUIT || (key == Key::Char('q') && self.is_free())
    }

    fn press(&mut self, at: Instant, key: Key) -> io::Result<()> {
        match key {
            Key::Char('w') if self.is_free() => self.write_all(),
            Key::Char(' ') | Key::Left | Key::Right if self.is_free() => {
                self.step(key);
                Ok(())
            }
            _ if self.frozen.is_some() => Ok(()),
            _ => self.session.take((at, What::Key { key })),
        }
    }

    /// Freezes the screen, shows another moment, or shows the present again.
    fn step(&mut self, key: Key) {
        let history = &self.session.history;
        let at = match (&self.frozen, key) {
            (None, Key::Char(' ')) => Some(self.session.now()),
            (None, Key::Left) => history.before(self.session.now()),
            (Some(frozen), Key::Left) => history.before(frozen.at).or(Some(frozen.at)),
            (Some(frozen), Key::Right) => history.after(frozen.at).or(Some(frozen.at)),
            _ => None,
        };
        self.frozen = at.map(|at| {
            let mut world = history.at(at);
            world.view.done = None; // it was about a key of that moment
            Frozen { at, world }
        });
    }

    /// Writes the recording so far and a picture of what is shown, each to a file of its own, and
    /// says which.
    fn write_all(&mut self) -> io::Result<()> {
        let name = format!("lab-live-{}", Local::now().format("%Y%m%d-%H%M%S"));
        let [recording, drawn] = ["jsonl", "svg"].map(|end| PathBuf::from(format!("{name}.{end}")));
        let present = &self.session.history.world;
        let size = (present.columns, present.rows); // the screen may have another size since
        let (world, at, look) = self.shown();
        let picture = snapshot::picture(world, at, look, Some(size));
        let written = self.session.write_recording(&recording);
        let text = match written.and_then(|()| snapshot::write(&drawn, &picture)) {
            Ok(()) => format!("written: {} and {}", recording.display(), drawn.display()),
            Err(error) => format!("not written: {error}"),
        };
        match &mut self.frozen {
            Some(frozen) => frozen.world.view.done = Some(text),
            None => self.session.happens(What::Noticed { text })?,
        }
        Ok(())
    }
}

/// How soon the next frame is due if nothing comes.
pub fn pace(world: &World, at: Duration, moment: Moment) -> Duration {
    let moves = moment == Moment::Live
        && (world.cut.is_some() || world.clients.iter().any(|client| client.is_shown(at)));
    if moves { FRAME } else { SECOND }
}
