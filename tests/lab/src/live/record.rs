//! Recordings: files of inputs, one JSON object per line.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    path::Path,
};

use super::input::{Input, What};

/// Writes a recording while the lab runs.
pub struct Recorder(BufWriter<File>);

impl Recorder {
    /// Begins a recording. A file that is there is replaced.
    ///
    /// # Errors
    /// When the file cannot be written; the error names it.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::create(path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        Ok(Self(BufWriter::new(file)))
    }

    /// Adds an input. It is in the file after [`flush`](Self::flush), or when the buffer is full.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn write(&mut self, input: &Input) -> io::Result<()> {
        let mut line = serde_json::to_vec(input)?;
        line.push(b'\n');
        self.0.write_all(&line) // one write, so that only whole lines reach the file
    }

    /// Puts everything into the file. What has not been flushed is lost if the lab is killed.
    ///
    /// # Errors
    /// When the file takes no more.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The inputs of a recording. If its last line was cut off, as when the disk was full, the last
/// input is one that says so.
///
/// # Errors
/// When the file cannot be read or is no recording. The message names the file, the line and what
/// is wrong there.
pub fn read(path: &Path) -> Result<Vec<Input>, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&text).map_err(|message| format!("{}: {message}", path.display()))
}

fn parse(text: &[u8]) -> Result<Vec<Input>, String> {
    if text.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mut inputs: Vec<Input> = Vec::new();
    for (number, line) in (1..).zip(text.split_inclusive(|&byte| byte == b'\n')) {
        let input: Input = match serde_json::from_slice(line) {
            Ok(input) => input,
            Err(_) if number > 1 && !line.ends_with(b"\n") => cut_off(number, &inputs),
            Err(error) => return Err(format!("line {number}: {}", reason(&error, number))),
        };
        check(&input, inputs.last()).map_err(|wrong| format!("line {number}: {wrong}"))?;
        inputs.push(input);
    }
    Ok(inputs)
}

fn check(input: &Input, before: Option<&Input>) -> Result<(), String> {
    match before {
        None if !matches!(input.what, What::Started(_)) => {
            Err("the first input of a recording is `started`".to_owned())
        }
        Some(before) if input.at < before.at => {
            let [before, at] = [before.at, input.at].map(|at| at.as_secs_f64());
            Err(format!("its time, {at} s, lies before that of the line above, {before} s"))
        }
        _ => Ok(()),
    }
}

fn cut_off(number: usize, inputs: &[Input]) -> Input {
    let at = inputs.last().map(|input| input.at).unwrap_or_default();
    let text = format!("the recording ends here: its line {number} was cut off");
    Input { at, what: What::Said { text } }
}

/// The error without serde's own position, whose line is always 1.
fn reason(error: &serde_json::Error, number: usize) -> String {
    let error = error.to_string();
    let reason = error.rsplit_once(" at line ").map_or(error.as_str(), |(reason, _)| reason);
    let what = if number == 1 { "this is no recording of `lab live`" } else { "this is no input" };
    format!("{what}: {reason}")
}
