//! The ideas: experiments that set themselves up. Each is a [script](super::script), which
//! `--script` plays, too.
//!
//! The windows of their expectations are what `lab predict` says of the settings. They begin a
//! little earlier, since the lab reads a log later than it is written, and they end 2 s later,
//! since a busy machine is late.

/// An experiment.
pub struct Idea {
    pub name: &'static str,
    pub title: &'static str,
    pub script: &'static str,
}

macro_rules! ideas {
    ($($name:literal: $title:literal,)*) => {
        &[$(Idea {
            name: $name,
            title: $title,
            script: include_str!(concat!("ideas/", $name, ".txt")),
        },)*]
    };
}

/// What is healthy stands first, then hangs and deaths, cuts, keepalive, and sessions.
pub const IDEAS: &[Idea] = ideas![
    "kept-alive": "An idle connection, kept alive by heartbeats",
    "probe-asks": "A server that asks a silent client",
    "eviction-order": "Who is evicted next?",
    "healthy-evicted": "Settings that evict healthy clients",
    "client-stopped": "A client that hangs",
    "short-hang": "A hang that nobody notices",
    "client-killed": "A client that is killed",
    "not-reading": "A client that does not read",
    "server-stopped": "A server that hangs",
    "stopped-server-grace": "A server that was stopped reads before it evicts",
    "backlog": "A connection that the server has never heard of",
    "server-killed": "A server that is killed",
    "reset": "A connection that is reset",
    "cut-idle": "A network that is cut",
    "cut-healed": "A cut that heals in time",
    "cut-writing": "A network that is cut while the client is sending",
    "keepalive-hung": "Keepalive alone never notices a hang",
    "keepalive-silenced": "Bytes in flight silence keepalive",
    "user-timeout": "A limit for bytes in flight",
    "server-restarted": "A session that outlives its server",
    "cut-outlasted": "A session that outlasts a cut",
];
