//! Connects to HOST:PORT, and says after five seconds what state the connection is in. It sends no
//! byte: the kernel asks the other end's kernel (TCP keepalive).

use common::diagnosis::Finding;
use common::kernel::{Evidence, GaveUp, Side};
use common::ready::{For::Reading, ready};
use common::{address::resolve, detect::Keepalive, socket::connect_within, words::Count};
use std::time::{Duration, Instant};
use std::{env, error::Error, io::Read as _, process::ExitCode};

fn main() -> ExitCode {
    let Some(server) = env::args().nth(1).filter(|it| it.contains(':')) else {
        eprintln!("usage: diagnose HOST:PORT");
        return ExitCode::from(2);
    };
    let said = diagnose(&server).map(|state| println!("{state}"));
    let Err(error) = said else { return ExitCode::SUCCESS };
    eprintln!("{server}: {error}");
    ExitCode::FAILURE
}

fn diagnose(server: &str) -> Result<String, Box<dyn Error>> {
    let (second, patience) = (Duration::from_secs(1), Duration::from_secs(5));
    let mut stream = connect_within(&resolve(server)?, patience)?;
    Keepalive { idle: second, interval: second, count: 9, user_timeout: None }.apply(&stream)?;
    eprintln!("connected to {server}");
    let (mut heard, mut bytes) = (Instant::now(), 0);
    let end = heard + patience;
    while Instant::now() < end && ready(&[&stream], Reading, Some(end))?[0] {
        match stream.read(&mut [0; 4096]) {
            Ok(0) => return Ok("the connection was closed from the other side".to_owned()),
            Ok(count) => (heard, bytes) = (Instant::now(), bytes + count as u64),
            Err(error) => return Ok(GaveUp::from_error(&error).ok_or(error)?.to_string()),
        }
    }
    let evidence = Evidence::ask(&stream, Side::Connecting).ok_or("no evidence on this system")?;
    let found = Finding::new(evidence, heard.elapsed()).about_the_connection();
    Ok(format!("{} came; {found}", Count(bytes, "byte")))
}
