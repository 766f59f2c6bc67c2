//! What the command lines of this workspace share: how they are parsed, the check of an
//! address, and the flags that choose how a dead peer is detected.

use clap::{
    ArgMatches, Args, Command, CommandFactory, FromArgMatches, Parser, ValueEnum,
    parser::ValueSource,
};

use crate::{
    address,
    detect::{Detect, HAS_USER_TIMEOUT, Keepalive},
    period::{KeepaliveSeconds, UserTimeoutSeconds},
};

/// Parses the command line; prints help or a usage error and exits where that is due.
///
/// A value may begin with a hyphen: `--idle -1s` is a wrong duration, and the error then
/// names the flag.
pub fn parse<C: Parser>() -> C {
    let matches = with_hyphen_values(C::command()).get_matches();
    C::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut C::command()).exit())
}

fn with_hyphen_values(command: Command) -> Command {
    command
        .mut_args(|arg| {
            let takes_a_value = arg.get_action().takes_values() && !arg.is_positional();
            if takes_a_value { arg.allow_hyphen_values(true) } else { arg }
        })
        .mut_subcommands(with_hyphen_values)
}

/// Ends the program with a usage error (exit code 2) about flags that contradict each other.
pub fn refuse<C: CommandFactory>(message: impl std::fmt::Display) -> ! {
    C::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}

/// Checks the shape of an address, `HOST:PORT`. Whether the host exists and the port is free
/// shows only when it is used.
///
/// # Errors
/// When the host or a port from 0 to 65535 is missing, or an IPv6 address is not in brackets.
pub fn host_and_port(text: &str) -> Result<String, String> {
    address::check(text).map(|()| text.to_owned())
}

/// Reads a number that is at least 1.
///
/// # Errors
/// When the text is no such number.
pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(error) => Err(format!("{error}; it takes a whole number from 1")),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The application's own: tells whether the service answers
    Heartbeat,
    /// The kernel's: tells whether the other end of the TCP connection answers (a host or a proxy)
    Keepalive,
    /// Both: tells a dead connection from a hung service
    Both,
}

#[derive(clap::Args)]
struct DetectFlags {
    /// How to notice that the other end is dead
    #[arg(long, value_name = "HOW", default_value_t = Mode::Heartbeat, value_enum)]
    detect: Mode,

    /// Send a keepalive probe on a line on which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value_t = Keepalive::IDLE, help_heading = KEEPALIVE)]
    keepalive_idle: KeepaliveSeconds,

    /// Time between keepalive probes
    #[arg(long, value_name = "DURATION", default_value_t = Keepalive::INTERVAL, help_heading = KEEPALIVE)]
    keepalive_interval: KeepaliveSeconds,

    /// End the connection after this many unanswered keepalive probes
    #[arg(long, value_name = "N", default_value_t = Keepalive::COUNT, value_parser = clap::value_parser!(u32).range(1..=127), help_heading = KEEPALIVE)]
    keepalive_count: u32,

    /// End the connection when bytes stay unacknowledged this long (overrides the count; Linux only)
    #[arg(long, value_name = "DURATION", help_heading = KEEPALIVE)]
    user_timeout: Option<UserTimeoutSeconds>,
}

const KEEPALIVE: &str = "TCP keepalive";

const KEEPALIVE_FLAGS: [&str; 4] =
    ["keepalive_idle", "keepalive_interval", "keepalive_count", "user_timeout"];

/// `--detect` and keepalive's figures, as one argument of a command line:
/// `#[command(flatten)] detect: Detect`.
impl Args for Detect {
    fn augment_args(command: Command) -> Command {
        DetectFlags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        DetectFlags::augment_args_for_update(command)
    }
}

impl FromArgMatches for Detect {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = DetectFlags::from_arg_matches(matches)?;
        let conflict = |message: String| {
            Err(clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, message))
        };
        let given = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        if flags.detect == Mode::Heartbeat
            && let Some(id) = KEEPALIVE_FLAGS.iter().find(|id| given(id))
        {
            return conflict(format!(
                "--{} needs TCP keepalive: add --detect keepalive or --detect both",
                id.replace('_', "-")
            ));
        }
        if flags.user_timeout.is_some() && !HAS_USER_TIMEOUT {
            return conflict("--user-timeout: this system has no TCP_USER_TIMEOUT".to_owned());
        }
        let keepalive = Keepalive {
            idle: flags.keepalive_idle.get(),
            interval: flags.keepalive_interval.get(),
            count: flags.keepalive_count,
            user_timeout: flags.user_timeout.map(UserTimeoutSeconds::get),
        };
        Ok(match flags.detect {
            Mode::Heartbeat => Self::Heartbeat,
            Mode::Keepalive => Self::Keepalive(keepalive),
            Mode::Both => Self::Both(keepalive),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
