//! The lab without a screen: a script, and the story as lines.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use super::{
    draw::Look,
    session::{Outcome, Progress, Session},
    snapshot,
    tell::Teller,
};

/// How long the lab waits at most before it looks whether the script has to go on.
const LONG: Duration = Duration::from_secs(1);

/// Plays the script of the session to its end. Writes the story to `out`, a line as soon as it is
/// told. The script's pictures have this look.
pub fn play(session: &mut Session, look: Look, out: &mut impl Write) -> io::Result<Outcome> {
    let mut teller = Teller::default();
    loop {
        let progress = session.go_on()?;
        teller.tell(&session.history.world, out)?;
        out.flush()?;
        session.flush()?;
        let deadline = match progress {
            Progress::Frame { file, size } => {
                let world = &session.history.world;
                let picture = snapshot::picture(world, session.now(), look, size);
                snapshot::write(&file, &picture)?;
                continue;
            }
            Progress::Waits(until) => until.unwrap_or_else(|| Instant::now() + LONG),
            Progress::Over(outcome) => return Ok(outcome),
        };
        session.follow(deadline)?;
    }
}
