//! The workspace's programs: built once, and started on a free port.

use std::{
    env,
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use escargot::CargoBuild;

use crate::{
    event::any,
    peer::{Listener, Peer},
    program::Program,
};

const MANIFEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");

/// The path of the `server` or the `client`.
///
/// Cargo does not build another package's binaries for a test. So cargo is called once, for the
/// profile of the caller, unless [`built`] has told this process where the binaries are. A
/// program that was not started by Cargo takes those in its own folder.
///
/// # Errors
/// When the binary does not build.
pub fn binary(name: &str) -> io::Result<&'static Path> {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    static CLIENT: OnceLock<PathBuf> = OnceLock::new();
    let path = match name {
        "server" => &SERVER,
        "client" => &CLIENT,
        other => return Err(io::Error::other(format!("the harness knows no program {other}"))),
    };
    if let Some(path) = path.get() {
        return Ok(path);
    }
    let found = match env::var_os(variable(name)).map(PathBuf::from).or_else(|| neighbour(name)) {
        Some(found) => found,
        None => build(name, name, &[])?,
    };
    Ok(path.get_or_init(|| found))
}

/// The binary in the folder of the running one. Under `cargo run` and `cargo test` it may be out
/// of date, so there Cargo builds it.
fn neighbour(name: &str) -> Option<PathBuf> {
    if env::var_os("CARGO").is_some() {
        return None;
    }
    let neighbour =
        env::current_exe().ok()?.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX));
    neighbour.is_file().then_some(neighbour)
}

/// Environment variables that tell another program on this harness where the binaries are.
///
/// # Errors
/// When a binary does not build.
pub fn built() -> io::Result<[(String, &'static Path); 2]> {
    Ok([(variable("server"), binary("server")?), (variable("client"), binary("client")?)])
}

/// Whether the programs are those of Windows: on Windows, or under Wine (`.ci/windows`).
#[must_use]
pub fn are_of_windows() -> bool {
    cfg!(windows) || env::var_os("TESTS_WINE").is_some()
}

/// Whether the programs are those of Linux, which know the kernel's figures of a connection.
#[must_use]
pub fn are_of_linux() -> bool {
    cfg!(target_os = "linux") && !are_of_windows()
}

pub(crate) fn variable(name: &str) -> String {
    format!("TESTS_BINARY_{name}")
}

/// Builds a binary of a package with these features, and returns its path.
///
/// # Errors
/// When it does not build.
pub fn build(package: &str, name: &str, features: &[&str]) -> io::Result<PathBuf> {
    let cargo = CargoBuild::new().package(package).bin(name).features(features.join(" "));
    run(name, cargo)
}

/// The path of an example of a package, which is built without the command line of the libraries.
/// Inside a namespace it is the one that was built outside.
///
/// # Errors
/// When it does not build.
pub fn example(package: &str, name: &str) -> io::Result<PathBuf> {
    match env::var_os(variable(name)) {
        Some(built) => Ok(built.into()),
        None => run(name, CargoBuild::new().package(package).example(name).no_default_features()),
    }
}

fn run(name: &str, cargo: CargoBuild) -> io::Result<PathBuf> {
    let run = cargo.manifest_path(MANIFEST).current_release().run();
    let built = run.map_err(|error| io::Error::other(format!("cannot build {name}: {error}")))?;
    Ok(built.path().to_owned())
}

/// A command for one of the programs, without arguments. Its log is text.
///
/// # Errors
/// When the binary does not build.
pub fn command(name: &str) -> io::Result<Command> {
    let mut command = Command::new(binary(name)?);
    command.env_remove("NO_COLOR");
    Ok(command)
}

/// A command for one of the programs with `--log json`.
///
/// # Errors
/// When the binary does not build.
pub fn json_command(name: &str) -> io::Result<Command> {
    let mut command = command(name)?;
    command.args(["--log", "json"]);
    Ok(command)
}

/// A server that listens on a free port of loopback.
pub struct Server {
    pub program: Program,
    /// Where it listens, as `ADDRESS:PORT`.
    pub address: String,
}

impl Server {
    /// Starts our server with these arguments beside `--listen`.
    ///
    /// # Errors
    /// When it does not start to listen.
    pub fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut command = json_command("server")?;
        Self::from_command(command.args(["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts a server by a command, which must make it listen.
    ///
    /// # Errors
    /// When it does not start to listen.
    pub fn from_command(command: &mut Command) -> io::Result<Self> {
        Self::from_program(Program::start(command)?)
    }

    /// Takes a server that has been started, and waits until it listens.
    ///
    /// # Errors
    /// When it does not start to listen.
    pub fn from_program(mut program: Program) -> io::Result<Self> {
        let address = program.wait_for_address()?;
        Ok(Self { program, address })
    }

    /// Stops the server as Ctrl-C does, and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    #[cfg(unix)]
    pub fn stop(self) -> io::Result<crate::finished::Finished> {
        self.program.signal(nix::sys::signal::Signal::SIGINT)?;
        self.program.finish()
    }

    /// Checks that the server answers a new client.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn expect_answer(&self) {
        Peer::connect(&self.address).ask(b"still there?\n", b"STILL THERE?\n");
    }
}

/// Starts a client of `server` with these arguments, and waits until it is connected.
///
/// # Errors
/// When it does not connect.
pub fn client(server: &str, arguments: &[impl AsRef<OsStr>]) -> io::Result<Program> {
    let mut client = start_client(server, arguments)?;
    client.wait_for("connected", any)?;
    Ok(client)
}

/// Starts a client of `server` with these arguments.
///
/// # Errors
/// When it does not start.
pub fn start_client(server: &str, arguments: &[impl AsRef<OsStr>]) -> io::Result<Program> {
    Program::start(json_command("client")?.args(["--server", server]).args(arguments))
}

/// Starts a client whose stdout nobody reads.
///
/// # Errors
/// When it does not start.
pub fn start_unread_client(server: &str, arguments: &[&str]) -> io::Result<Program> {
    Program::start_unread(json_command("client")?.args(["--server", server]).args(arguments))
}

/// A connected client whose server is a raw peer.
///
/// # Errors
/// When the client does not connect.
pub fn client_of_peer(arguments: &[impl AsRef<OsStr>]) -> io::Result<(Program, Peer)> {
    let listener = Listener::bind();
    let client = client(&listener.address(), arguments)?;
    Ok((client, listener.accept()))
}
