//! The timeout queue in an echo server of your own: it evicts a client after 3 s of silence.

use common::{socket::shut_down, verdict::Verdict};
use server::{reaper, timeout_queue};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};
use std::{env, net, process::ExitCode, sync::Arc, thread};

fn main() -> ExitCode {
    let Some(address) = env::args().nth(1).filter(|it| it.contains(':')) else {
        eprintln!("usage: timeout_queue ADDRESS:PORT");
        return ExitCode::from(2);
    };
    let bound = net::TcpListener::bind(&address).inspect_err(|why| eprintln!("{address}: {why}"));
    let Ok(listener) = bound else { return ExitCode::FAILURE };
    let _ = listener.local_addr().inspect(|local| eprintln!("listening on {local}"));
    let clients: &_ = Box::leak(Box::new(timeout_queue::TimeoutQueue::new(Duration::from_secs(3))));
    let sleep = |until| crossbeam_channel::at(until).recv().ok();
    let evict = |it: timeout_queue::Expired<(u64, Arc<net::TcpStream>)>| {
        eprintln!("client {} was silent for {:.1?}", it.item.0, it.silent);
        shut_down(&it.item.1); // wakes its thread
    };
    let judge = |_: &_, _| Verdict::Dead; // or, if bytes of its client wait to be read, Alive
    thread::spawn(move || reaper::run(clients, Instant::now(), sleep, judge, evict));
    for (id, accepted) in (1..).zip(listener.incoming()) {
        let pause = |_: &_| thread::sleep(Duration::from_millis(100)); // descriptors may have run out
        let Ok(stream) = accepted.map(Arc::new).inspect_err(pause) else { continue };
        clients.insert(id, (id, Arc::clone(&stream)), Instant::now());
        let _ = thread::Builder::new().spawn(move || {
            let (mut stream, mut block) = (&*stream, [0; 4096]);
            while let Ok(count @ 1..) = stream.read(&mut block) {
                clients.touch(id, Instant::now());
                let _ = stream.write_all(&block[..count]);
            }
            clients.remove(id);
        }); // a client without a thread is evicted
    }
    ExitCode::SUCCESS
}
