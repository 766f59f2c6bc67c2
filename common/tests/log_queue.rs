//! The log's queue, with a stderr that takes nothing for a while.

use std::{
    io::{self, Write},
    sync::mpsc::{self, Receiver, Sender},
};

use common::log::queue::Lines;

/// A stderr that takes nothing until it is told to.
struct Paused(Receiver<()>, Sender<Vec<u8>>);

impl Write for Paused {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        let _ = self.1.send(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_pauses_holds_up_nobody_and_the_lost_lines_are_counted() {
    let (resume, paused) = mpsc::channel();
    let (written, lines) = mpsc::channel();
    let mut log = Lines::start(Paused(paused, written)).unwrap();
    while log.lost() < 1000 {
        log.write_all(b"waits\n").unwrap();
    }
    assert!(lines.try_recv().is_err(), "a line was taken before the reader went on");

    drop(resume); // it takes everything from now on
    log.drain();
    let lost = log.lost();
    log.write_all(b"the last\n").unwrap();
    log.drain();
    assert_eq!(log.lost(), lost, "the queue has no room although it was drained");
    assert_eq!(lines.try_iter().last().as_deref(), Some(&b"the last\n"[..]));
}
