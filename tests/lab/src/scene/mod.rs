//! A scene: what the lab does to a connection, who is left to detect it, and what is predicted.

mod list;
mod outage;

use std::time::Duration;

use common::detect::Keepalive;

pub use self::{list::SCENES, outage::Outage};
use crate::{
    event::Role,
    predict::{
        detection::{detections, longest_silence},
        fault::{Detection, Fault, Means, Window},
        kernel,
    },
    settings::Settings,
    view::View,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    pub name: &'static str,
    pub title: &'static str,
    /// What the lab will do and what the rules say about it, in a few sentences.
    pub text: &'static str,
    pub plan: Plan,
}

/// The tour plays this many scenes, from the first on.
pub const TOUR: usize = 6;

impl Scene {
    pub fn by_name(name: &str) -> Option<&'static Self> {
        SCENES.iter().find(|scene| scene.name == name)
    }
}

/// What the lab does to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    Nothing,
    /// It cuts the line, and mends it before any end has given up.
    CutAndHeal,
    Kill(Role),
    Stop(Role),
    /// It stops the client in the middle of three, and shows the server's queue.
    StopOneOfThree,
    Reset,
    /// It cuts the line while nothing is in flight.
    CutIdle,
    /// It cuts the line while the client is sending.
    CutWriting,
    /// It stops reading the client's output, so the client stops reading too.
    StopReading,
    /// The client runs with `--reconnect`, and its session outlives this.
    Outage(Outage),
}

/// How long a scene is watched if it is predicted that nothing is detected.
pub(crate) const NEVER: Duration = Duration::from_secs(8);

/// Linux retransmits no sooner than this.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(200);

impl Plan {
    /// Whether it takes a network that can be cut.
    pub fn needs_namespace(self) -> bool {
        let cuts = [Self::CutAndHeal, Self::CutIdle, Self::CutWriting, Self::Outage(Outage::Cut)];
        cuts.contains(&self)
    }

    /// What it shows. A relay would go on accepting connections for a server that does not, so it has
    /// no place in an outage.
    pub fn view(self) -> View {
        match self {
            Self::StopReading => View::Flooded,
            Self::CutAndHeal | Self::CutIdle | Self::CutWriting | Self::Outage(_) => View::Direct,
            Self::StopOneOfThree => View::Queue,
            Self::Nothing | Self::Kill(_) | Self::Stop(_) | Self::Reset => View::Relayed,
        }
    }

    /// The outage that the session outlives, if this is one.
    pub fn outage(self) -> Option<Outage> {
        if let Self::Outage(outage) = self { Some(outage) } else { None }
    }

    /// The flags of a program in this scene, beside its address.
    pub fn arguments(self, settings: &Settings, role: Role) -> Vec<String> {
        let reconnect = (role == Role::Client && self.outage().is_some()).then_some("--reconnect");
        let mut arguments = settings.arguments(role);
        arguments.extend(reconnect.map(str::to_owned));
        arguments
    }

    /// The drawing tells of a stretch without an event if it is longer than this. With too many
    /// messages to show, it never does.
    pub fn silence_to_tell(self) -> Duration {
        if self == Self::StopReading { Duration::MAX } else { Duration::from_millis(600) }
    }

    /// The programs that are left to detect something.
    pub fn survivors(self) -> &'static [Role] {
        match self {
            Self::Kill(Role::Client) | Self::Stop(Role::Client) | Self::StopReading => {
                &[Role::Server]
            }
            Self::Kill(Role::Server)
            | Self::Stop(Role::Server)
            | Self::Outage(Outage::Restart | Outage::Hang) => &[Role::Client],
            _ => &[Role::Client, Role::Server],
        }
    }

    /// What this is to a survivor. `None` where nothing breaks for good.
    pub fn fault(self, survivor: Role) -> Option<Fault> {
        Some(match (self, survivor) {
            // Of three clients, two are healthy.
            (Self::Nothing | Self::CutAndHeal, _) | (Self::StopOneOfThree, Role::Client) => {
                return None;
            }
            (Self::Kill(_), _) => Fault::Killed,
            (Self::Stop(_) | Self::StopOneOfThree, _) => Fault::Stopped,
            (Self::Reset, _) => Fault::Reset,
            (Self::CutWriting, Role::Client) => Fault::CutWriting,
            // The server has answered everything, and sends nothing by itself.
            (Self::CutIdle, _) | (Self::CutWriting, Role::Server) => Fault::CutIdle,
            (Self::StopReading, _) => Fault::NotReading,
            (Self::Outage(outage), _) => outage.fault(),
        })
    }

    /// What each survivor should detect. A fault that does not last is not detected.
    pub fn predicted(self, settings: &Settings) -> Vec<(Role, Vec<Detection>)> {
        let timeout = settings.timeout();
        let detections = |role| match self.fault(role) {
            Some(fault) => detections(settings, role, fault),
            // The first sign of life of a healthy client comes after it was evicted.
            None if self == Self::Nothing && longest_silence(settings) == Some(timeout) => {
                let by = if role == Role::Client { Means::EndOfStream } else { Means::Timeout };
                vec![Detection::at(by, timeout)]
            }
            None => Vec::new(),
        };
        self.survivors().iter().map(|&role| (role, detections(role))).collect()
    }

    /// When the client should be back, counted from the fault. `None` if it is never away.
    pub fn back(self, settings: &Settings) -> Option<Window> {
        self.outage().and_then(|outage| outage.back(settings))
    }

    /// Whether the scene can be played with these settings.
    pub fn check(self, settings: &Settings) -> Result<(), String> {
        match self {
            Self::CutAndHeal => healing_cut(settings).map(drop),
            Self::StopOneOfThree => queue_moves(settings),
            _ => Ok(()),
        }
    }

    /// About how long the scene takes with these settings.
    pub fn duration(self, settings: &Settings) -> Duration {
        let healthy = longest_silence(settings).unwrap_or_default() + pause(settings);
        let latest = self
            .predicted(settings)
            .into_iter()
            .filter_map(|(_, ways)| ways.iter().map(|way| way.latest).max());
        match self {
            Self::Nothing => undisturbed(settings),
            Self::CutAndHeal => healthy + healing_cut(settings).unwrap_or_default() * 2,
            Self::StopReading => latest.max().unwrap_or(NEVER),
            Self::Outage(_) => {
                let back = self.back(settings).map_or(NEVER, |back| back.latest);
                pause(settings) + back
            }
            _ => healthy + latest.max().map_or(NEVER, |latest| latest.min(NEVER)),
        }
    }
}

/// How long the scene in which nothing is done is watched: longer than any rule allows silence.
pub(crate) fn undisturbed(settings: &Settings) -> Duration {
    let keepalive = settings.detect.keepalive().map(kernel::keepalive_verdict);
    settings.timeout().max(keepalive.unwrap_or_default()) * 5 / 4
}

/// How long the lab waits after the last byte before it does something: a quarter of the time in
/// which the next byte is due. With keepalive alone it is a quarter of the time between two
/// probes, but never hours.
pub(crate) fn pause(settings: &Settings) -> Duration {
    let keepalive = settings.detect.keepalive().map(kernel::keepalive_period);
    let between_probes = keepalive.unwrap_or_default().min(Duration::from_secs(4));
    longest_silence(settings).unwrap_or(between_probes) / 4
}

/// Whether there is a queue, and the heartbeats of healthy clients move it.
fn queue_moves(settings: &Settings) -> Result<(), String> {
    match longest_silence(settings) {
        None => Err("with --detect keepalive the server keeps no timeout queue".to_owned()),
        Some(silence) if silence == settings.timeout() => {
            Err("no heartbeat would move the queue: set --idle shorter than --timeout".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// How long the line is cut, counted from a [`pause`] after the last byte: long enough for
/// something to be lost, and short enough for its retransmission to arrive before an end has
/// given up.
pub(crate) fn healing_cut(settings: &Settings) -> Result<Duration, String> {
    let pause = pause(settings);
    let ways = [Role::Client, Role::Server].map(|role| detections(settings, role, Fault::CutIdle));
    let verdict = ways.iter().flatten().map(|way| way.latest).min();
    let verdict = verdict.unwrap_or_default().saturating_sub(pause);
    let (lost, again) = match (longest_silence(settings), settings.detect.keepalive()) {
        // Lost bytes are retransmitted after twice as long each time.
        (Some(silence), _) => (silence.saturating_sub(pause), 2 * FIRST_RETRANSMISSION),
        // The last probe is sent an interval before the verdict.
        (None, Some(Keepalive { idle, interval, .. })) => (idle.saturating_sub(pause), interval),
        (None, None) => (Duration::ZERO, Duration::ZERO),
    };
    let room = verdict.saturating_sub(lost).saturating_sub(again);
    if room.is_zero() {
        return Err(format!(
            "no cut would heal in time: the first message is lost {:.1}s after the cut, and the \
             first end gives up after {:.1}s; set more --retries, or a longer --timeout or \
             --keepalive-count",
            lost.as_secs_f64(),
            verdict.as_secs_f64(),
        ));
    }
    Ok(lost + room / 3)
}
