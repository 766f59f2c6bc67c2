//! The liveness rule on a socket of your own: it gives up on a server that does not answer.

use client::liveness::{HeartbeatRule, Liveness, Step};
use common::ready::{For::Reading, ready};
use common::{period::Period, wire::HEARTBEAT};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};
use std::{convert::Infallible, env, error::Error, process::ExitCode};

fn main() -> ExitCode {
    let Some(server) = env::args().nth(1).filter(|it| it.contains(':')) else {
        eprintln!("usage: liveness HOST:PORT");
        return ExitCode::from(2);
    };
    let Err(end) = watch(&server);
    eprintln!("{server}: {end}");
    ExitCode::FAILURE
}

fn watch(server: &str) -> Result<Infallible, Box<dyn Error>> {
    let (mut stream, _) = client::connect::connect(server).map_err(|error| error.reason)?;
    let second = Period::new(Duration::from_secs(1));
    let rule = HeartbeatRule { idle: second, retries: 2, interval: second };
    let (mut heard, mut sent) = (Instant::now(), Instant::now());
    let mut liveness = Liveness::new(rule, heard);
    loop {
        match liveness.step(heard, sent, Instant::now()) {
            Step::Wait(until) if !ready(&[&stream], Reading, Some(until))?[0] => {} // no byte came
            Step::Wait(_) if stream.read(&mut [0; 4096])? == 0 => Err("closed by the server")?,
            Step::Wait(_) => heard = Instant::now(),
            Step::Heartbeat(number) => {
                println!("heartbeat {number}, {:.1?} after the last byte", heard.elapsed());
                stream.write_all(HEARTBEAT)?;
                sent = Instant::now();
            }
            Step::Dead(silence) => Err(format!("dead: no byte for {:.1?}", silence.lasted))?,
        }
    }
}
