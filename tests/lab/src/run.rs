//! Runs a scene: first the healthy line, then what the lab does to it, then what is detected.

mod outage;

use std::{io, time::Duration};

use serde::{Deserialize, Serialize};
use tests::DEADLINE;

use crate::{
    compare::{Back, Comparison, patience},
    event::{Event, Role},
    in_seconds,
    observe::Observer,
    predict::{
        detection::longest_silence,
        fault::{Detection, Means},
    },
    programs::{Deed, Programs},
    scene::{NEVER, Plan, Scene, healing_cut, pause, undisturbed},
    settings::Settings,
};

pub struct Record {
    pub observer: Observer,
    pub summary: Summary,
}

/// What a run showed, in figures. `lab run --json` prints it, and the matrix reads it back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub scene: String,
    pub settings: Vec<String>,
    #[serde(rename = "watched_s", with = "in_seconds")]
    pub watched: Duration,
    pub ends: Vec<Comparison>,
    /// In the scenes that the session outlives: whether and when the client was back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
}

impl Summary {
    pub fn is_as_predicted(&self) -> bool {
        let is_back = self.back.as_ref().is_none_or(|back| back.as_predicted);
        is_back && !self.ends.is_empty() && self.ends.iter().all(|end| end.as_predicted)
    }
}

/// How long an acknowledgement may be on its way. Linux delays one by up to 40 ms.
const SETTLING: Duration = Duration::from_millis(60);

/// Runs a scene, and calls `show` with each event as it happens.
pub fn run(scene: &Scene, settings: &Settings, show: &mut dyn FnMut(&Event)) -> io::Result<Record> {
    let plan = scene.plan;
    let predicted = plan.predicted(settings);
    let mut programs = Programs::start(plan, settings, show)?;
    let fault = match plan {
        Plan::Nothing => {
            programs.type_in("hello\n");
            let last = programs.watch.observer.now();
            watch(&mut programs, &predicted, undisturbed(settings));
            last
        }
        Plan::StopReading => {
            let start = programs.watch.observer.now(); // the windows are full a moment later
            programs.flood("nobody reads the client's output, and lines flood in")?;
            watch(&mut programs, &predicted, NEVER);
            start
        }
        Plan::CutAndHeal => cut_and_heal(&mut programs, settings)?,
        Plan::Outage(outage) => outage::play(outage, &mut programs, settings, &predicted)?,
        _ => break_something(plan, &mut programs, settings, &predicted)?,
    };
    let watched = programs.watch.observer.now().saturating_sub(fault);
    let observer = programs.end();
    let ends = predicted.into_iter().map(|(role, predicted)| {
        Comparison::new(role, predicted, observer.last_words(role), fault, watched)
    });
    let is_back = || Back::new(plan.back(settings), &observer, fault, watched);
    let back = plan.outage().map(|_| is_back());
    let summary = Summary {
        scene: scene.name.to_owned(),
        settings: settings.lab_arguments(),
        watched,
        ends: ends.collect(),
        back,
    };
    Ok(Record { observer, summary })
}

fn is_over(observer: &Observer) -> bool {
    observer.client.is_some() || observer.server.is_some()
}

/// Shows the healthy line, and returns a while after a heartbeat was answered. No heartbeat comes
/// with keepalive alone, or if the server evicts before.
fn warm_up(programs: &mut Programs<'_>, settings: &Settings) {
    programs.type_in("hello\n");
    if longest_silence(settings).is_some_and(|silence| silence < settings.timeout()) {
        let limit = settings.timeout() + DEADLINE;
        programs.watch.follow(limit, |observer| observer.heartbeats > 0 || is_over(observer));
    }
    programs.watch.follow(pause(settings), |_| false);
}

fn cut_and_heal(programs: &mut Programs<'_>, settings: &Settings) -> io::Result<Duration> {
    let cut = healing_cut(settings).expect("the settings were checked");
    warm_up(programs, settings);
    let fault = programs.watch.observer.now();
    programs.act(Deed::Cut, "network cut")?;
    programs.watch.follow(cut, is_over);
    programs.act(Deed::Mend, "network mended")?;
    let heartbeats = programs.watch.observer.heartbeats;
    let longest = if settings.detect.uses_heartbeat() { cut + DEADLINE } else { cut };
    programs
        .watch
        .follow(longest, |observer| observer.heartbeats > heartbeats || is_over(observer));
    programs.type_in("still there?\n");
    programs.watch.follow(SETTLING, is_over);
    Ok(fault)
}

fn check_alive(observer: &Observer) -> io::Result<()> {
    if is_over(observer) {
        return Err(io::Error::other(
            "the connection had ended before anything was done to it; a longer --timeout keeps it",
        ));
    }
    Ok(())
}

/// Breaks something and watches. Returns the moment from which the rules count.
fn break_something(
    plan: Plan,
    programs: &mut Programs<'_>,
    settings: &Settings,
    predicted: &[(Role, Vec<Detection>)],
) -> io::Result<Duration> {
    warm_up(programs, settings);
    check_alive(&programs.watch.observer)?;
    let mut last = programs.watch.observer.now();
    if plan == Plan::CutWriting {
        programs.type_in("are you there?\n");
        programs.watch.follow(SETTLING, |_| false);
        last = programs.watch.observer.events.last().map_or(last, |event| event.at);
    }
    let (deed, text) = match plan {
        Plan::Kill(role) => (Deed::Kill(role), format!("{role} killed (SIGKILL)")),
        Plan::Stop(role) => (Deed::Stop(role), format!("{role} stopped (SIGSTOP)")),
        Plan::StopOneOfThree => {
            let text = format!("c{} stopped (SIGSTOP)", plan.view().broken());
            (Deed::Stop(Role::Client), text)
        }
        Plan::Reset => (Deed::Reset, "connection reset".to_owned()),
        _ => (Deed::Cut, "network cut".to_owned()),
    };
    programs.act(deed, &text)?;
    if plan == Plan::CutWriting {
        programs.type_in("are you there?\n");
    }
    let is_struck = |(role, _): &&(Role, _)| plan.fault(*role).is_some();
    let struck: Vec<_> = predicted.iter().filter(is_struck).cloned().collect();
    watch(programs, &struck, NEVER);
    Ok(last)
}

/// Watches until each end has detected something, or long enough to believe that it never will:
/// for `least`, or until everything that is predicted is overdue.
fn watch(programs: &mut Programs<'_>, predicted: &[(Role, Vec<Detection>)], least: Duration) {
    let patience = |way: &Detection| match way.by {
        Means::Retransmission => NEVER, // nobody waits for a quarter of an hour
        _ => patience(way.window()),
    };
    let ways = predicted.iter().flat_map(|(_, ways)| ways);
    let limit = ways.map(patience).fold(least, Duration::max);
    programs.watch.follow(limit, |observer| {
        predicted.iter().all(|(role, _)| observer.last_words(*role).is_some())
    });
}
