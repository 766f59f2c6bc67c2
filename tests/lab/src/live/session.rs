//! A run of the lab: inputs come in, go into the history and the recording, and what they ask for
//! is carried out.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use super::{
    history::{History, KEPT},
    ideas::IDEAS,
    input::{Deed, Input, What},
    mailbox::{Happened, Inputs, Mailbox, mailbox},
    outside::{Outside, Setup},
    player::{Next, Player},
    record::Recorder,
    script::Script,
    world::keys::Wish,
};

pub struct Session {
    start: Instant,
    outside: Outside,
    inputs: Inputs,
    mailbox: Mailbox,
    /// The deed that is being done. Keys that come meanwhile may be about what it changes, so they
    /// wait.
    doing: Option<Deed>,
    keys: VecDeque<Happened>,
    recorder: Option<Recorder>,
    pub history: History,
    player: Option<Player>,
}

/// How far a script has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It waits for an input, and until this moment at most. Without a script nothing is waited for.
    Waits(Option<Instant>),
    /// The script wants a picture of the screen in this file. Then it goes on.
    Frame {
        file: PathBuf,
        /// Columns and rows. `None` for those of the screen.
        size: Option<(u16, u16)>,
    },
    Over(Outcome),
}

/// How the script that was played came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Finished,
    /// An expectation failed, or a deed could not be carried out.
    Failed(String),
}

impl Session {
    /// Starts the server and watches. Everything is recorded in `record`, if that is given.
    pub fn open(
        setup: Setup,
        record: Option<&Path>,
        (columns, rows): (u16, u16),
    ) -> io::Result<Self> {
        let mut recorder = record.map(Recorder::create).transpose()?;
        let start = Instant::now();
        let (mailbox, inputs) = mailbox();
        let (outside, mut started) = Outside::open(setup, start, mailbox.clone())?;
        (started.columns, started.rows) = (columns, rows);
        let first = Input { at: Duration::ZERO, what: What::Started(started) };
        if let Some(recorder) = &mut recorder {
            recorder.write(&first)?;
        }
        let history = History::new(first, KEPT).map_err(io::Error::other)?;
        Ok(Self {
            start,
            outside,
            inputs,
            mailbox,
            doing: None,
            keys: VecDeque::new(),
            recorder,
            history,
            player: None,
        })
    }

    /// Where more inputs can be sent.
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// The time since the start.
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn play(&mut self, script: Script) {
        self.player = Some(Player::new(script));
    }

    /// Waits for the next input, until `deadline` at most.
    pub fn next(&mut self, deadline: Instant) -> Option<Happened> {
        loop {
            let sample = self.outside.sample(Instant::now());
            let wait = deadline.min(sample).saturating_duration_since(Instant::now());
            if let Some(count) = self.inputs.left_out() {
                return Some((Instant::now(), What::LeftOut { count }));
            }
            match self.inputs.next(wait) {
                Ok(happened) => return Some(happened),
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(_) => return None,
            }
        }
    }

    /// Takes everything that has come by now. If that is nothing, waits for an input, until
    /// `deadline` at most.
    pub fn follow(&mut self, deadline: Instant) -> io::Result<()> {
        let now = Instant::now();
        let mut next = self.next(deadline);
        while let Some(happened) = next {
            let is_late = happened.0 > now;
            self.take(happened)?;
            next = if is_late { None } else { self.inputs.next(Duration::ZERO).ok() };
        }
        Ok(())
    }

    /// Takes an input, and does what it asks for.
    pub fn take(&mut self, happened: Happened) -> io::Result<()> {
        if self.doing.is_some() && matches!(happened.1, What::Key { .. }) {
            self.keys.push_back(happened);
            return Ok(());
        }
        self.take_now(happened)?;
        while self.doing.is_none()
            && let Some(key) = self.keys.pop_front()
        {
            self.take_now(key)?;
        }
        Ok(())
    }

    fn take_now(&mut self, (at, what): Happened) -> io::Result<()> {
        if let What::Done { deed } | What::Failed { deed, .. } = &what
            && self.doing.as_ref() == Some(deed)
        {
            self.doing = None;
        }
        self.outside.saw(&what);
        let at = at.saturating_duration_since(self.start);
        let wish = self.history.take(Input { at, what });
        if let Some(input) = self.history.last() {
            if let Some(recorder) = &mut self.recorder {
                recorder.write(input)?;
            }
            if let Some(player) = &mut self.player {
                player.saw(input, &self.history.world);
            }
        }
        match wish {
            None => {}
            Some(Wish::Do(deed)) => {
                self.player.iter_mut().for_each(|player| player.asked(&deed));
                self.carry_out(deed);
            }
            Some(Wish::StopPlaying) => {
                self.player = None;
                self.happens(What::Playing { title: None })?;
                let text = "the experiment is stopped; what it has done stays as it is".to_owned();
                self.happens(What::Noticed { text })?;
            }
            Some(Wish::Play(idea)) => {
                let idea = &IDEAS[idea];
                self.play(Script::parse(idea.script).map_err(io::Error::other)?);
                self.happens(What::Playing { title: Some(idea.title.to_owned()) })?;
            }
        }
        Ok(())
    }

    /// Goes on with the script, as far as it goes now.
    pub fn go_on(&mut self) -> io::Result<Progress> {
        loop {
            let now = self.now();
            let Some(player) = &mut self.player else { return Ok(Progress::Waits(None)) };
            match player.next(now) {
                Next::Do(deed) => self.carry_out(deed),
                Next::Press(key) => self.happens(What::Key { key })?,
                Next::Say(text) => self.happens(What::Said { text })?,
                Next::Choose(client) => self.happens(What::Chosen { client })?,
                Next::Frame { file, size } => return Ok(Progress::Frame { file, size }),
                Next::Wait(until) => {
                    return Ok(Progress::Waits(until.map(|until| self.start + until)));
                }
                Next::Finished => return Ok(self.over(Outcome::Finished)),
                Next::Failed(why) => return Ok(self.over(Outcome::Failed(why))),
            }
        }
    }

    /// Writes everything that has come so far to a file.
    ///
    /// # Errors
    /// When the file takes no more, or when the beginning of the run is forgotten.
    pub fn write_recording(&self, file: &Path) -> io::Result<()> {
        let Some(mut inputs) = self.history.whole() else {
            return Err(io::Error::other("this run is too long; --record writes it as it goes"));
        };
        let mut recorder = Recorder::create(file)?;
        inputs.try_for_each(|input| recorder.write(input))?;
        recorder.flush()
    }

    /// Gives what has been recorded to the system.
    pub fn flush(&mut self) -> io::Result<()> {
        self.recorder.as_mut().map_or(Ok(()), Recorder::flush)
    }

    /// Takes an input that happens now.
    pub fn happens(&mut self, what: What) -> io::Result<()> {
        self.take((Instant::now(), what))
    }

    fn carry_out(&mut self, deed: Deed) {
        self.doing = Some(deed.clone());
        self.outside.carry_out(deed, &self.history.world);
    }

    fn over(&mut self, outcome: Outcome) -> Progress {
        self.player = None;
        Progress::Over(outcome)
    }
}
