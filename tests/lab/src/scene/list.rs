//! The scenes, and what the lab says about each before it plays it.

use super::{Outage, Plan, Scene};
use crate::event::Role;

/// The scenes. Those of the tour stand first.
pub const SCENES: [Scene; 14] = [
    Scene {
        name: "kept-alive",
        title: "An idle line, kept alive",
        text: "Nobody types for longer than the server allows silence. Each heartbeat of the \
               client puts the connection at the back of the server's queue, so it never reaches \
               the front. With keepalive alone only the kernels' probes pass.",
        plan: Plan::Nothing,
    },
    Scene {
        name: "client-stopped",
        title: "A client that hangs",
        text: "The client is stopped (SIGSTOP). It hangs, and its kernel does not report it but \
               goes on answering keepalive's probes. The server counts from the last byte that \
               came, and evicts the client at its timeout. With keepalive alone it has none.",
        plan: Plan::Stop(Role::Client),
    },
    Scene {
        name: "server-killed",
        title: "A server that is killed",
        text: "The server is killed (SIGKILL). Its kernel closes its connections, so the client \
               learns it at once, without a heartbeat.",
        plan: Plan::Kill(Role::Server),
    },
    Scene {
        name: "server-stopped",
        title: "A server that hangs",
        text: "The server is stopped (SIGSTOP). Its kernel goes on acknowledging, so keepalive \
               never detects anything. Heartbeats go unanswered, and a client that sends them \
               gives up. It knows that the other end of its TCP connection still acknowledges.",
        plan: Plan::Stop(Role::Server),
    },
    Scene {
        name: "cut-idle",
        title: "A network that is cut",
        text: "The line is cut while nothing is in flight. Each end counts from the last byte: \
               the client gives up, and reports that the other kernel is silent too; the server \
               evicts. With keepalive each kernel gives up when its probes go unanswered.",
        plan: Plan::CutIdle,
    },
    Scene {
        name: "cut-healed",
        title: "A cut that heals in time",
        text: "The line is cut, a heartbeat or a keepalive probe is lost, and the line is mended \
               before an end has given up. TCP retransmits a lost heartbeat, the next probe is \
               answered, and the connection goes on.",
        plan: Plan::CutAndHeal,
    },
    Scene {
        name: "three-clients",
        title: "Who is evicted next",
        text: "The clients c1, c2 and c3 are in the server's timeout queue. Its log calls their \
               connections conn-1, conn-2 and conn-3. Each byte that the server reads moves its \
               client to the back. The client at the front has been silent the longest, so it is \
               the next to be evicted. c2 is stopped (SIGSTOP) and stays where it is, while the \
               heartbeats of the others move them behind it.",
        plan: Plan::StopOneOfThree,
    },
    Scene {
        name: "client-killed",
        title: "A client that is killed",
        text: "The client is killed (SIGKILL). Its kernel closes the connection, so the server \
               learns it at once.",
        plan: Plan::Kill(Role::Client),
    },
    Scene {
        name: "reset",
        title: "A connection that is reset",
        text: "Both ends receive a reset, as from a NAT that has forgotten the connection. Both \
               learn at once that it is gone, and not why.",
        plan: Plan::Reset,
    },
    Scene {
        name: "cut-writing",
        title: "A network that is cut while the client is sending",
        text: "Bytes are in flight when the line is cut. Keepalive is silent then: the kernel \
               retransmits for many minutes or the user timeout. The heartbeat goes on.",
        plan: Plan::CutWriting,
    },
    Scene {
        name: "not-reading",
        title: "A client that does not read",
        text: "Nobody reads the client's output, so it stops reading, its window closes, and the \
               server's replies wait. A server that waits to write reads nothing. It evicts the \
               client at its timeout. With keepalive alone it waits for ever, unless a user \
               timeout limits it.",
        plan: Plan::StopReading,
    },
    Scene {
        name: "server-restarted",
        title: "A server that is restarted",
        text: "The server is killed (SIGKILL), and started again at the same address a second \
               later. The client runs with --reconnect. It keeps what is typed meanwhile, is \
               refused when it tries too early, and pauses at random before each attempt.",
        plan: Plan::Outage(Outage::Restart),
    },
    Scene {
        name: "second-server",
        title: "A server that hangs, and a second one",
        text: "The client runs with --reconnect and knows two servers. The first one is stopped \
               (SIGSTOP), and a line to it is not answered. When the client gives up, it turns to \
               the second server at once and sends the line again, and the line is answered.",
        plan: Plan::Outage(Outage::Hang),
    },
    Scene {
        name: "cut-outlasted",
        title: "A cut that the session outlasts",
        text: "The line is cut until both ends have given up, and then mended. The client runs \
               with --reconnect. An attempt in the cut gets no answer. TCP asks again after a \
               second or more, so the attempt succeeds soon after the line is mended.",
        plan: Plan::Outage(Outage::Cut),
    },
];
