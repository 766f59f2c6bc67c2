//! A scene played: the healthy line first, then what is done to it, then what is noticed.

use std::time::Duration;

use super::{
    event::{Event, Side},
    plot::{Breakage, Plot, healing_cut, quarter},
    predict::{
        kernel,
        notice::{Notice, Noticed, rhythm},
    },
    settings::Settings,
    stage::{Deed, Stage},
    story::{LastWords, Story},
    verdict::{By, Observed, agrees, patience},
};
use tests::DEADLINE;

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

impl Outcome {
    /// Whether every prediction came true.
    #[must_use]
    pub fn is_as_predicted(&self) -> bool {
        self.witnesses.iter().all(|witness| witness.agrees)
    }
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
const WATCH: Duration = Duration::from_secs(8);

/// How long an acknowledgement may be on its way: Linux delays one by up to 40 ms.
const SETTLING: Duration = Duration::from_millis(60);

/// Plays a scene. Each event is shown to `show` as it happens.
///
/// # Panics
/// When a program cannot be started, the line cannot be cut, the plot does not go with the
/// settings, or the connection has ended before anything is done to it.
pub fn play(plot: Plot, settings: &Settings, show: &mut dyn FnMut(&Event)) -> Outcome {
    let predicted = plot.predicted(settings);
    let mut stage = Stage::set(settings, plot.wire(), show);
    let fault = match plot {
        Plot::KeptAlive => keep_alive(&mut stage, settings, &predicted),
        Plot::Healed => heal(&mut stage, settings),
        Plot::Broken(breakage) => destroy(breakage, &mut stage, settings, &predicted),
    };
    let watched = stage.story.now().saturating_sub(fault);
    let (story, exit_code) = stage.clear();
    judge(story, exit_code, predicted, fault, watched)
}

fn is_over(story: &Story) -> bool {
    story.client.is_some() || story.server.is_some()
}

/// Shows the healthy line, and comes a while after a heartbeat was answered. There is none
/// where the server evicts sooner, and with keepalive alone.
fn warm_up(stage: &mut Stage<'_>, settings: &Settings) {
    stage.type_in("hello\n");
    if rhythm(settings).is_some_and(|rhythm| rhythm < settings.timeout()) {
        let limit = settings.timeout() + DEADLINE;
        stage.follow(limit, |story| story.heartbeats > 0 || is_over(story));
    }
    stage.follow(quarter(settings), |_| false);
}

/// Does nothing, for longer than anybody bears silence. Returns the moment of the last byte
/// that is not a heartbeat's.
fn keep_alive(
    stage: &mut Stage<'_>,
    settings: &Settings,
    predicted: &[(Side, Vec<Noticed>)],
) -> Duration {
    let keepalive = settings.detect().keepalive().map(kernel::keepalive_verdict);
    let longest = settings.timeout().max(keepalive.unwrap_or_default());
    stage.type_in("hello\n");
    let last = stage.story.now();
    if predicted.iter().all(|(_, ways)| ways.is_empty()) {
        stage.follow(longest * 5 / 4, |story| story.client.is_some() && story.server.is_some());
    } else {
        watch(stage, predicted);
    }
    last
}

fn heal(stage: &mut Stage<'_>, settings: &Settings) -> Duration {
    let cut = healing_cut(settings).expect("the plot goes with the settings");
    warm_up(stage, settings);
    let fault = stage.story.now();
    stage.act(Deed::Cut, "network cut");
    stage.follow(cut, is_over);
    stage.act(Deed::Mend, "network mended");
    let heartbeats = stage.story.heartbeats;
    let longest = if rhythm(settings).is_some() { cut + DEADLINE } else { cut };
    stage.follow(longest, |story| story.heartbeats > heartbeats || is_over(story));
    stage.type_in("still there?\n");
    stage.follow(SETTLING, is_over);
    fault
}

/// Breaks something and watches. Returns the moment from which the rules count.
fn destroy(
    breakage: Breakage,
    stage: &mut Stage<'_>,
    settings: &Settings,
    predicted: &[(Side, Vec<Noticed>)],
) -> Duration {
    let Some((deed, text)) = breakage.deed() else {
        let start = stage.story.now(); // and a moment later the windows are full
        stage.flood("nobody reads what the client puts out, and lines flood in");
        watch(stage, predicted);
        return start;
    };
    warm_up(stage, settings);
    assert!(
        !is_over(&stage.story),
        "the connection had ended before anything was done to it; a longer --timeout lets it live"
    );
    if breakage != Breakage::CutWriting {
        let fault = stage.story.now();
        stage.act(deed, text);
        watch(stage, predicted);
        return fault;
    }
    stage.type_in("are you there?\n");
    stage.follow(SETTLING, |_| false);
    let last = stage.story.events.last().map_or_else(|| stage.story.now(), |event| event.at);
    stage.act(deed, text);
    stage.type_in("are you there?\n");
    watch(stage, predicted);
    last
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
