//! The files `stat` and `status` of a process or a thread.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The file `stat`, whose fields proc(5) numbers from 1.
pub(super) struct Stat(PathBuf, String);

impl Stat {
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let path = folder.join("stat");
        Ok(Self(path.clone(), fs::read_to_string(path)?))
    }

    fn field(&self, number: usize) -> io::Result<&str> {
        // The second field is the name. It stands in brackets and may contain spaces.
        self.1
            .rsplit_once(") ")
            .and_then(|(_, fields)| fields.split_whitespace().nth(number - 3))
            .ok_or_else(|| unexpected(&self.0, &format!("field {number}")))
    }

    pub(super) fn number(&self, number: usize) -> io::Result<u64> {
        self.field(number)?.parse().map_err(io::Error::other)
    }

    pub(super) fn state(&self) -> io::Result<char> {
        self.field(3)?.chars().next().ok_or_else(|| unexpected(&self.0, "the state"))
    }
}

/// One number of the file `status`.
pub(super) fn status_number(folder: &Path, name: &str) -> io::Result<u64> {
    let path = folder.join("status");
    let status = fs::read_to_string(&path)?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| unexpected(&path, name))
}

pub(super) fn unexpected(path: &Path, missing: &str) -> io::Error {
    io::Error::other(format!("{} lacks {missing}", path.display()))
}
