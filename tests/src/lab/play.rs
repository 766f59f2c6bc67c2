//! A scene played: the healthy line first, then what is done to it, then what is noticed.

use std::time::Duration;

use super::{
    event::{Event, Side},
    predict::notice::{Notice, Noticed},
    scene::{Breakage, Plot},
    settings::Settings,
    stage::{Deed, Stage},
    story::{LastWords, Story, Wire},
    verdict::{By, Observed, agrees, patience},
};

/// What came of a scene.
#[derive(Debug)]
pub struct Outcome {
    /// All that happened.
    pub events: Vec<Event>,
    /// Each side's last words on the connection.
    pub last_words: [(Side, Option<LastWords>); 2],
    /// What each witness noticed, beside what was predicted.
    pub witnesses: Vec<Witness>,
    /// How long it was watched after the fault.
    pub watched: Duration,
}

/// A side, what it should have noticed, and what it did.
#[derive(Debug)]
pub struct Witness {
    /// Which side.
    pub side: Side,
    /// The ways in which it might notice; none for never.
    pub predicted: Vec<Noticed>,
    /// How it did.
    pub observed: Option<Observed>,
    /// Whether the prediction came true.
    pub agrees: bool,
}

impl Witness {
    /// By what it noticed: in the prediction's words, where it had any.
    #[must_use]
    pub fn by(&self) -> Option<String> {
        let by = self.observed.as_ref()?.by;
        let way = self.predicted.iter().map(|way| way.by).find(|&way| by.is(way));
        Some(way.map_or_else(|| by.to_string(), |way| way.to_string()))
    }
}

/// How long something is watched that is predicted never to be noticed.
pub const WATCH: Duration = Duration::from_secs(8);

/// How long an acknowledgement may be on its way: Linux delays one by up to 40 ms.
const SETTLING: Duration = Duration::from_millis(60);

/// Plays a scene. Each event is shown to `show` as it happens.
///
/// # Panics
/// When a program cannot be started, or the line cannot be cut.
pub fn play(plot: Plot, settings: &Settings, show: &mut dyn FnMut(&Event)) -> Outcome {
    let predicted = plot.predicted(settings);
    let mut stage = Stage::set(settings, plot.wire(), show);
    let by_heartbeat = settings.detect().by_heartbeat();
    let idle = if by_heartbeat { settings.rule().idle() } else { Duration::from_secs(1) };
    if plot.wire() != Wire::Flooded {
        stage.type_in("hello\n");
        stage.follow(idle * 5 / 4, |_| false); // a heartbeat's time, to see the healthy line
    }

    let mut fault = stage.story.now();
    match plot {
        Plot::KeptAlive => drop(stage.follow(settings.timeout() * 5 / 4, is_over)),
        Plot::Healed => heal(&mut stage, idle + settings.rule().interval() / 2),
        Plot::Broken(Breakage::NotReading) => {
            stage.story.between("nobody reads what the client puts out, and lines flood in");
            let taken = stage.flood();
            watch(&mut stage, &predicted);
            if let Some(last) = taken.try_iter().last() {
                fault = stage.story.since_start(last);
            }
        }
        Plot::Broken(breakage) => {
            if breakage == Breakage::CutWriting {
                stage.type_in("are you there?\n");
                stage.follow(SETTLING, |_| false);
                fault = stage.story.now();
            }
            if let Some((deed, text)) = breakage.deed() {
                stage.act(deed, text);
            }
            if breakage == Breakage::CutWriting {
                stage.type_in("are you there?\n");
            }
            watch(&mut stage, &predicted);
        }
    }
    let watched = stage.story.now().saturating_sub(fault);
    let (story, exit_code) = stage.clear();
    judge(story, exit_code, predicted, fault, watched)
}

fn is_over(story: &Story) -> bool {
    story.client.is_some() || story.server.is_some()
}

fn heal(stage: &mut Stage<'_>, after: Duration) {
    stage.act(Deed::Cut, "network cut");
    stage.follow(after, is_over);
    stage.act(Deed::Mend, "network mended");
    let answered = stage.story.answered;
    stage.follow(WATCH, |story| story.answered > answered || is_over(story));
    stage.type_in("still there?\n");
    stage.follow(SETTLING, is_over);
}

/// Watches until all that is predicted has been noticed, or long enough to believe that it
/// never will be.
fn watch(stage: &mut Stage<'_>, predicted: &[(Side, Vec<Noticed>)]) {
    let patience = |noticed: &Noticed| match noticed.by {
        Notice::Retransmission => WATCH, // nobody waits for a quarter of an hour
        _ => patience(noticed.window),
    };
    let ways = predicted.iter().flat_map(|(_, ways)| ways);
    let limit = ways.map(patience).fold(WATCH, Duration::max);
    stage.follow(limit, |story| {
        predicted.iter().all(|(side, _)| match side {
            Side::Client => story.client.is_some(),
            Side::Server => story.server.is_some(),
        })
    });
}

fn judge(
    story: Story,
    exit_code: Option<i32>,
    predicted: Vec<(Side, Vec<Noticed>)>,
    fault: Duration,
    watched: Duration,
) -> Outcome {
    let witnesses = predicted.into_iter().map(|(side, predicted)| {
        let words = match side {
            Side::Client => &story.client,
            Side::Server => &story.server,
        };
        let observed = words.as_ref().map(|words| {
            let by = match side {
                Side::Client => By::of_client(exit_code, &words.text),
                Side::Server => By::of_server(&words.text),
            };
            Observed::new(by, words, fault)
        });
        let agrees = agrees(&predicted, observed.as_ref(), watched);
        Witness { side, predicted, observed, agrees }
    });
    let witnesses = witnesses.collect();
    let last_words = [(Side::Client, story.client), (Side::Server, story.server)];
    Outcome { events: story.events, last_words, witnesses, watched }
}
