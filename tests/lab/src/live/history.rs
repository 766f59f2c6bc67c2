//! What has come so far, from a run or from a recording, so that any moment can be seen again.

use std::{
    collections::VecDeque,
    io::{self, Write},
    mem,
    time::Duration,
};

use super::{
    input::{Input, What},
    world::{World, keys::Wish},
};

/// A part has at most so many inputs, and about so many bytes. To see a moment again takes at most
/// the inputs of one part.
const PART: (usize, usize) = (1000, 1 << 20);

/// How many bytes of inputs a run keeps. The worlds before the parts take less.
pub const KEPT: usize = 64 << 20;

pub struct History {
    older: VecDeque<Part>,
    latest: Part,
    /// The bytes of all parts.
    bytes: usize,
    /// How many are kept at most.
    limit: usize,
    /// Whether the first input that is kept is the start of the run.
    is_whole: bool,
    /// The world after the last input.
    pub world: World,
}

/// Inputs that came one after the other, at least one.
struct Part {
    /// The world before the first of them.
    before: World,
    inputs: Vec<Input>,
    bytes: usize,
}

impl History {
    /// The history of a run, which begins with this input. It keeps so many bytes of inputs, as a
    /// recording has them. The earliest moments of a longer run are forgotten.
    ///
    /// # Errors
    /// When the input is not the start of a run.
    pub fn new(first: Input, limit: usize) -> Result<Self, String> {
        let What::Started(start) = &first.what else {
            return Err("the first input is not the start of a run".to_owned());
        };
        let world = World::new(start.clone())?;
        let bytes = size(&first);
        let latest = Part { before: world.clone(), inputs: vec![first], bytes };
        let older = VecDeque::new();
        Ok(Self { older, latest, bytes, limit, is_whole: true, world })
    }

    /// The history that a recording tells, all of it.
    ///
    /// # Errors
    /// When it does not begin with the start of a run.
    pub fn recorded(inputs: Vec<Input>) -> Result<Self, String> {
        let mut inputs = inputs.into_iter();
        let first = inputs.next().ok_or("the recording is empty")?;
        let mut history = Self::new(first, usize::MAX)?;
        inputs.for_each(|input| drop(history.take(input)));
        Ok(history)
    }

    /// Takes an input. Threads read the clock before they send, so an input may have a moment
    /// before that of the last one. It gets that moment then, and so all are in order.
    pub fn take(&mut self, mut input: Input) -> Option<Wish> {
        input.at = input.at.max(self.end());
        if self.latest.inputs.len() >= PART.0 || self.latest.bytes >= PART.1 {
            let next = Part { before: self.world.clone(), inputs: Vec::new(), bytes: 0 };
            self.older.push_back(mem::replace(&mut self.latest, next));
        }
        let wish = self.world.take(&input);
        let bytes = size(&input);
        self.latest.inputs.push(input);
        self.latest.bytes += bytes;
        self.bytes += bytes;
        while self.bytes > self.limit
            && let Some(oldest) = self.older.pop_front()
        {
            self.bytes -= oldest.bytes;
            self.is_whole = false;
        }
        wish
    }

    /// The last input.
    pub fn last(&self) -> Option<&Input> {
        self.latest.inputs.last()
    }

    /// The moment of the last input.
    pub fn end(&self) -> Duration {
        self.last().map_or(Duration::ZERO, |input| input.at)
    }

    /// The world as it was at this moment.
    pub fn at(&self, moment: Duration) -> World {
        let part = self.parts().rev().find(|part| part.begin() <= moment);
        let part = part.unwrap_or(self.earliest());
        let mut world = part.before.clone();
        for input in part.inputs.iter().take_while(|input| input.at <= moment) {
            world.take(input);
        }
        world
    }

    /// The inputs after this moment, in order.
    pub fn inputs_after(&self, moment: Duration) -> impl Iterator<Item = &Input> {
        let over = move |part: &&Part| part.inputs.last().is_some_and(|last| last.at <= moment);
        let inputs = self.parts().skip_while(over).flat_map(|part| &part.inputs);
        inputs.skip_while(move |input| input.at <= moment)
    }

    /// The last moment before this one at which something happened.
    pub fn before(&self, moment: Duration) -> Option<Duration> {
        let earlier = self.parts().rev().filter(|part| part.begin() < moment);
        let mut inputs = earlier.flat_map(|part| part.inputs.iter().rev());
        inputs.find(|input| input.at < moment && happens(input)).map(|input| input.at)
    }

    /// The first moment after this one at which something happened.
    pub fn after(&self, moment: Duration) -> Option<Duration> {
        self.inputs_after(moment).find(|input| happens(input)).map(|input| input.at)
    }

    /// Everything since the start, if that is still known.
    pub fn whole(&self) -> Option<impl Iterator<Item = &Input>> {
        self.is_whole.then(|| self.inputs())
    }

    /// The world before the first input that is kept.
    pub fn earliest_world(&self) -> &World {
        &self.earliest().before
    }

    /// All inputs that are kept, in order.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.parts().flat_map(|part| &part.inputs)
    }

    fn earliest(&self) -> &Part {
        self.older.front().unwrap_or(&self.latest)
    }

    fn parts(&self) -> impl DoubleEndedIterator<Item = &Part> {
        self.older.iter().chain([&self.latest])
    }
}

impl Part {
    fn begin(&self) -> Duration {
        self.inputs.first().map_or(Duration::ZERO, |input| input.at)
    }
}

/// Whether the input is something that a person would step to.
fn happens(input: &Input) -> bool {
    !matches!(
        input.what,
        What::Kernel(_) | What::Key { .. } | What::Resized { .. } | What::Noticed { .. }
    )
}

/// How many bytes the input has in a recording.
fn size(input: &Input) -> usize {
    let mut bytes = Count(0);
    let _ = serde_json::to_writer(&mut bytes, input); // a count takes everything
    bytes.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
