//! The scenes, and what the lab says about each before it plays it.

use super::{Plan, Scene};
use crate::event::Role;

/// The scenes. Those of the tour stand first.
pub const SCENES: [Scene; 10] = [
    Scene {
        name: "kept-alive",
        title: "An idle line, kept alive",
        text: "Nobody types for longer than the server allows silence. Only the client's \
               heartbeats pass. Each one puts the connection at the back of the server's queue, \
               so it never reaches the front.",
        with_keepalive: Some(
            "Nobody types, and with keepalive alone the programs send nothing either. Only the \
             kernels' probes pass. The programs do not see them and do not measure the silence.",
        ),
        plan: Plan::Nothing,
    },
    Scene {
        name: "client-stopped",
        title: "A client that hangs",
        text: "The client is stopped (SIGSTOP). It hangs, and its kernel does not report it. The \
               server counts from the last byte that came, and evicts the client at its timeout.",
        with_keepalive: Some(
            "The client is stopped (SIGSTOP). It hangs, but its kernel goes on answering \
             keepalive's probes, and the server itself has no timeout. It never detects anything.",
        ),
        plan: Plan::Stop(Role::Client),
    },
    Scene {
        name: "server-killed",
        title: "A server that is killed",
        text: "The server is killed (SIGKILL). Its kernel closes its connections, so the client \
               learns it at once, without a heartbeat.",
        with_keepalive: None,
        plan: Plan::Kill(Role::Server),
    },
    Scene {
        name: "server-stopped",
        title: "A server that hangs",
        text: "The server is stopped (SIGSTOP). Its kernel goes on acknowledging, so keepalive \
               would never detect anything. The heartbeats go unanswered, and the client gives \
               up. It knows that the server's kernel still answers.",
        with_keepalive: Some(
            "The server is stopped (SIGSTOP). Its kernel goes on answering keepalive's probes, \
             so the client never detects anything.",
        ),
        plan: Plan::Stop(Role::Server),
    },
    Scene {
        name: "cut-idle",
        title: "A network that is cut",
        text: "The line is cut while nothing is in flight. Nobody tells the two ends. Each counts \
               from the last byte: the client gives up, and reports that the other kernel is \
               silent too; the server evicts.",
        with_keepalive: Some(
            "The line is cut while nothing is in flight. Nobody tells the two ends. Each kernel's \
             probes go unanswered, and after the last one the kernel gives up.",
        ),
        plan: Plan::CutIdle,
    },
    Scene {
        name: "cut-healed",
        title: "A cut that heals in time",
        text: "The line is cut, a heartbeat is lost, and the line is mended before an end has \
               given up. TCP retransmits what was lost, the heartbeat is answered, and the \
               connection goes on.",
        with_keepalive: Some(
            "The line is cut, and mended before a kernel has given up. The next probe is \
             answered, and the connection goes on.",
        ),
        plan: Plan::CutAndHeal,
    },
    Scene {
        name: "client-killed",
        title: "A client that is killed",
        text: "The client is killed (SIGKILL). Its kernel closes the connection, so the server \
               learns it at once.",
        with_keepalive: None,
        plan: Plan::Kill(Role::Client),
    },
    Scene {
        name: "reset",
        title: "A connection that is reset",
        text: "Both ends receive a reset, as from a host that was restarted and does not know the \
               connection. Both learn it at once.",
        with_keepalive: None,
        plan: Plan::Reset,
    },
    Scene {
        name: "cut-writing",
        title: "A network that is cut while the client is sending",
        text: "Bytes are in flight when the line is cut. While they are, keepalive is silent: the \
               kernel retransmits for many minutes. The heartbeat is not.",
        with_keepalive: Some(
            "Bytes are in flight when the line is cut. While they are, the client's keepalive is \
             silent: its kernel retransmits for many minutes, unless a user timeout limits it. \
             The server has nothing in flight, so its keepalive detects the cut.",
        ),
        plan: Plan::CutWriting,
    },
    Scene {
        name: "not-reading",
        title: "A client that does not read",
        text: "Nobody reads the client's output, so it stops reading, its window closes, and the \
               server's replies wait. A server that waits to write reads nothing. It evicts the \
               client at its timeout.",
        with_keepalive: Some(
            "Nobody reads the client's output, so it stops reading, its window closes, and the \
             server's replies wait. The client's kernel answers each probe of the window, so the \
             server waits for ever, unless a user timeout limits it.",
        ),
        plan: Plan::StopReading,
    },
];
