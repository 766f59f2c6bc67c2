//! A session of the course, played by a shell.

use std::{env, fmt::Write as _, io, os::unix::fs::symlink, path::Path, process::Command};

use tests::{binaries::built, place::Place};

use super::{ROOT, page::Step, printed};

/// The address that the page uses. Here it may be taken, so a free one takes its place.
const ADDRESS: &str = "127.0.0.1:5105";

/// What the shell writes after the output of each command.
const MARK: char = '\u{1}';

/// What the commands print, compared with the page. Empty if it agrees.
pub(crate) fn differences(steps: &[Step]) -> io::Result<String> {
    let place = Place::new();
    let printed = play(steps, &place.address)?;
    let mut differences = String::new();
    for (Step { command, printed: page }, printed) in steps.iter().zip(printed) {
        if !printed::agrees(page, &printed, is_computed(command)) {
            let _ = write!(differences, "$ {command}\non the page:\n{page}\ntoday:\n{printed}\n");
        }
    }
    Ok(differences)
}

/// Whether nothing in the output is measured.
fn is_computed(command: &str) -> bool {
    ["lab predict ", "echo ", "answer="].iter().any(|start| command.starts_with(start))
}

/// Runs the commands in one shell, in a folder where the page's paths lead to the project's files.
/// Returns what each of them prints.
pub(crate) fn play(steps: &[Step], address: &str) -> io::Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let programs = folder.path().join("programs");
    std::fs::create_dir(&programs)?;
    for shared in ["docs", "tests"] {
        symlink(Path::new(ROOT).join(shared).canonicalize()?, folder.path().join(shared))?;
    }
    let built = built()?;
    let lab = Path::new(env!("CARGO_BIN_EXE_lab"));
    for (name, program) in [("lab", lab), ("server", built[0].1), ("client", built[1].1)] {
        symlink(program, programs.join(name))?;
    }
    let path = env::var("PATH").unwrap_or_default();

    let mut script = "exec 2>&1\n".to_owned();
    for Step { command, .. } in steps {
        let command = command.replace(ADDRESS, address);
        // The next command sees the exit code of this one.
        let _ = writeln!(script, "{command}\ncode=$?; printf '\\001'; (exit $code)");
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(folder.path()).envs(built);
    shell.env("PATH", format!("{}:{path}", programs.display())).env("NO_COLOR", "1");
    let output = shell.output()?;
    let output = String::from_utf8_lossy(&output.stdout).replace(address, ADDRESS);
    let printed: Vec<_> = output.split(MARK).map(str::to_owned).collect();
    assert_eq!(printed.len(), steps.len() + 1, "a mark after each command:\n{output}");
    Ok(printed)
}
