//! The workspace's own binaries: built once, and started on port 0.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use escargot::CargoBuild;

use crate::program::Program;

/// Where a built binary is.
///
/// Cargo does not build another package's binaries for a test, so it is asked to, once,
/// in the profile of the test itself.
///
/// # Panics
/// If the binary does not build.
#[must_use]
pub fn binary(name: &str) -> &'static Path {
    static SERVER: LazyLock<PathBuf> = LazyLock::new(|| build("server"));
    static CLIENT: LazyLock<PathBuf> = LazyLock::new(|| build("client"));
    static LAB: LazyLock<PathBuf> = LazyLock::new(|| build("lab"));
    static LOAD: LazyLock<PathBuf> = LazyLock::new(|| build("load"));
    match name {
        "server" => &SERVER,
        "client" => &CLIENT,
        "lab" => &LAB,
        "load" => &LOAD,
        other => panic!("the workspace has no binary {other}"),
    }
}

/// Where a server to compare with is; built behind a feature, so that nothing else has to.
///
/// # Panics
/// If it does not build.
#[must_use]
pub fn peer(name: &str) -> PathBuf {
    finish(name, package("load").features("peers"))
}

fn build(name: &str) -> PathBuf {
    let given = env::var_os(variable(name)).map(PathBuf::from);
    given.or_else(|| neighbour(name)).unwrap_or_else(|| finish(name, package(name)))
}

/// The binary in the folder of the running one, for a lab or a load without the source tree.
/// Under `cargo run` and `cargo test` a neighbour may be out of date, so there Cargo builds it.
fn neighbour(name: &str) -> Option<PathBuf> {
    if env::var_os("CARGO").is_some() {
        return None;
    }
    let neighbour =
        env::current_exe().ok()?.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX));
    neighbour.is_file().then_some(neighbour)
}

/// What tells a program on this harness where its parent has built the binaries.
#[must_use]
pub fn built() -> [(String, &'static Path); 2] {
    ["server", "client"].map(|name| (variable(name), binary(name)))
}

fn variable(name: &str) -> String {
    format!("TESTS_BINARY_{name}")
}

fn package(name: &str) -> CargoBuild {
    CargoBuild::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .package(name)
        .current_release()
}

fn finish(name: &str, build: CargoBuild) -> PathBuf {
    build
        .bin(name)
        .run()
        .unwrap_or_else(|error| panic!("{name} does not build: {error}"))
        .path()
        .to_owned()
}

/// A command for one of the binaries.
#[must_use]
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.env_remove("NO_COLOR");
    command
}

/// A server that listens on a free port of loopback.
pub struct Server {
    /// The process.
    pub program: Program,
    /// Where it listens.
    pub address: String,
}

impl Server {
    /// Starts a server with these arguments beside `--listen`.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        Self::from_command(command("server").args(["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts a server by a command of one's own, which must make it listen.
    ///
    /// # Panics
    /// If it does not say where it listens.
    #[must_use]
    pub fn from_command(command: &mut Command) -> Self {
        Self::from_program(Program::start(command))
    }

    /// Takes a server that was started to listen.
    ///
    /// # Panics
    /// If it does not say where it listens.
    #[must_use]
    pub fn from_program(mut program: Program) -> Self {
        let line = program.wait_for("listening on ");
        let (_, address) = line.split_once("listening on ").expect("the line was waited for");
        Self { program, address: address.to_owned() }
    }

    /// Stops it as Ctrl-C does, and waits for its end.
    #[cfg(unix)]
    #[must_use]
    pub fn stop(self) -> crate::program::Finished {
        self.program.signal(nix::sys::signal::Signal::SIGINT);
        self.program.finish()
    }
}

/// Starts a client of `server` with these arguments, and waits until it is connected.
#[must_use]
pub fn client(server: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Program {
    let mut client = start_client(server, arguments);
    client.wait_for("connected to ");
    client
}

/// Starts a client of `server` with these arguments.
#[must_use]
pub fn start_client(server: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) -> Program {
    Program::start(command("client").args(["--server", server]).args(arguments))
}
