//! A panic in one connection's thread. Nothing that a client sends provokes one, so here the log
//! panics when it gets the line about a certain client's heartbeat.

use std::{
    fmt,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use common::{detect::Detect, period::Period};
use server::{
    listen::listen,
    server::{Config, Server},
    stopper::Stop,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// A log that panics when it gets this line.
struct Panics(&'static str);

impl Subscriber for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Saying(self.0));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Saying(&'static str);

impl Visit for Saying {
    fn record_debug(&mut self, _: &Field, value: &dyn fmt::Debug) {
        assert_ne!(format!("{value:?}"), self.0, "the panic that this test wants");
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let client = TcpStream::connect(address).expect("the server accepts");
    client.set_read_timeout(Some(Duration::from_mins(1))).expect("a limit can be set");
    client
}

fn ask(client: &mut TcpStream, request: &[u8], reply: &[u8]) {
    client.write_all(request).expect("the server reads");
    let mut received = vec![0; reply.len()];
    client.read_exact(&mut received).expect("the server answers");
    assert_eq!(received, reply);
}

#[test]
fn a_panic_ends_its_connection_alone_and_is_counted() {
    tracing::subscriber::set_global_default(Panics("conn-2 heartbeat")).unwrap();
    let listeners = listen("127.0.0.1:0").unwrap();
    let address = listeners.addresses()[0];
    let timeout = Period::new(Duration::from_mins(1));
    let config = Config { timeout, probe: None, max_connections: 2, detect: Detect::Heartbeat };
    let (server, stopper) = Server::new(listeners, config);
    let running = thread::spawn(|| server.run());

    let mut other = connect(address);
    ask(&mut other, b"HeartBeat", b"OK");
    let mut panics = connect(address);
    ask(&mut panics, b"hello\n", b"HELLO\n");
    panics.write_all(b"HeartBeat").unwrap();
    assert_eq!(panics.read(&mut [0]).unwrap(), 0, "its connection is closed");
    ask(&mut other, b"HeartBeat", b"OK");

    // Its place, one of two, is free again.
    loop {
        let mut next = connect(address);
        let _ = next.write_all(b"next\n");
        if next.read(&mut [0; 5]).is_ok_and(|count| count > 0) {
            break;
        }
    }
    stopper.stop();
    let (totals, stop) = running.join().unwrap().unwrap();
    assert_eq!(stop, Stop::Asked);
    let totals = totals.to_string();
    assert!(totals.contains("1 panicked"), "{totals}");
}
