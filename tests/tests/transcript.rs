//! The transcript in the README is what the programs say today: its story is played again, and all
//! but times, ports and process ids is compared. With `-- --nocapture` the new one is printed.
#![cfg(target_os = "linux")] // the evidence in it comes from Linux

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    process::Child,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
};

use nix::{
    pty::openpty,
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};
use tests::{DEADLINE, binaries::command, measured::masked};

/// A program on a terminal, and what the terminal shows.
struct Terminal {
    program: Child,
    keyboard: File,
    lines: Receiver<String>,
    shown: Vec<String>,
}

impl Terminal {
    fn start(name: &str, flags: &[&str]) -> Self {
        let terminal = openpty(None, None).expect("there is a terminal");
        let slave = || terminal.slave.try_clone().expect("a descriptor");
        let mut command = command(name).expect("it builds");
        command.args(flags).env("NO_COLOR", "1");
        command.stdin(slave()).stdout(slave()).stderr(slave());
        let program = command.spawn().expect("it starts");
        let keyboard = File::from(terminal.master);
        let screen = BufReader::new(keyboard.try_clone().expect("a descriptor"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            let lines = screen.lines().map_while(Result::ok);
            lines.map(|line| line.trim_end().to_owned()).try_for_each(|line| sender.send(line))
        });
        Self { program, keyboard, lines, shown: Vec::new() }
    }

    fn type_in(&mut self, line: &str) {
        self.keyboard.write_all(line.as_bytes()).expect("the terminal takes a line");
    }

    /// Waits for a line that contains this.
    fn until(&mut self, text: &str) -> &str {
        loop {
            let line = self.lines.recv_timeout(DEADLINE);
            self.shown.push(line.unwrap_or_else(|_| panic!("no {text:?}: {:#?}", self.shown)));
            if self.shown.last().is_some_and(|line| line.contains(text)) {
                return self.shown.last().expect("there is one");
            }
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.program.id().try_into().expect("a process id"))
    }

    fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("it runs");
    }

    /// Waits for the end. Returns what was shown, and the exit code at the end of it.
    fn end(mut self) -> Vec<String> {
        let end = loop {
            match self.lines.recv_timeout(DEADLINE) {
                Ok(line) => self.shown.push(line),
                Err(end) => break end,
            }
        };
        assert_eq!(end, RecvTimeoutError::Disconnected, "it does not end: {:#?}", self.shown);
        let status = self.program.wait().expect("it has ended");
        self.shown.push(status.code().expect("no signal has ended it").to_string());
        std::mem::take(&mut self.shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// What the README shows of a program: its flags and its lines, with the exit code at the end.
fn transcript(name: &str) -> (Vec<String>, Vec<String>) {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = fs::read_to_string(readme).expect("the README is there");
    let start = format!("$ cargo run -q --release --bin {name} -- ");
    let (_, block) = readme.split_once(&start).expect("the transcript begins with a command");
    let (block, _) = block.split_once("\n```").expect("the block ends");
    let (flags, lines) = block.split_once('\n').expect("lines follow");
    let flags = flags.split(' ').map(str::to_owned).collect();
    (flags, lines.lines().filter_map(of_the_program).collect())
}

/// The line without what the shell wrote, if anything is left.
fn of_the_program(line: &str) -> Option<String> {
    let line = line.trim_start_matches("$ ").trim_start_matches("^C");
    let of_the_shell = ["", "fg", "echo $?"].contains(&line)
        || line.starts_with("cargo run ")
        || line.starts_with("[1]");
    (!of_the_shell).then(|| line.to_owned())
}

/// Plays the story that the README tells.
fn play(server_flags: &[String], client_flags: &[String]) -> [Vec<String>; 2] {
    fn flags<'a>(own: &'a [String], address: [&'a str; 2]) -> Vec<&'a str> {
        own.iter().map(String::as_str).chain(address).collect()
    }
    let mut server = Terminal::start("server", &flags(server_flags, ["--listen", "127.0.0.1:0"]));
    let listens = server.until("listening on ").to_owned();
    let (_, address) = listens.split_once("listening on ").expect("it was waited for");
    let address = address.split(' ').next().expect("the address");

    let mut client = Terminal::start("client", &flags(client_flags, ["--server", address]));
    client.until("connected to ");
    client.type_in("hello\n");
    client.until("HELLO");
    for _ in 0..2 {
        client.until("heartbeat sent");
        client.until("heartbeat answered");
    }
    client.type_in("goodbye\n");
    client.until("GOODBYE");
    server.until("goodbye");
    server.signal(Signal::SIGSTOP);
    waitpid(server.pid(), Some(WaitPidFlag::WUNTRACED)).expect("it stops");
    let client = client.end();
    server.signal(Signal::SIGCONT);
    server.until("closed from the client's side");
    server.signal(Signal::SIGINT);
    [client, server.end()]
}

#[test]
fn the_programs_say_today_what_the_readme_shows() {
    let [(client_flags, client), (server_flags, server)] = ["client", "server"].map(transcript);
    let shown = [client, server].map(|lines| masked(&lines.join("\n")));
    let mut played = [String::new(), String::new()];
    for _ in 0..3 {
        // On a busy machine an answer may be late, and a retry too many is sent.
        let lines = play(&server_flags, &client_flags);
        println!("{}", lines.each_ref().map(|lines| lines.join("\n")).join("\n\n"));
        played = lines.map(|lines| masked(&lines.join("\n")));
        if played == shown {
            return;
        }
    }
    let [played, shown] = [played, shown].map(|programs| programs.join("\n\n"));
    panic!("the README shows this:\n{shown}\n\nand the programs say this:\n{played}");
}
