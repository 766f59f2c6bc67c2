//! The parts of a Markdown page, as far as the tests of the documentation need them.

/// A heading and what stands under it, up to the next heading of any level.
#[derive(Debug, Clone)]
pub struct Section {
    /// Without the `#`.
    pub heading: String,
    /// How many `#` it has.
    pub level: usize,
    /// The line of the heading, counted from 1.
    pub line: usize,
    /// The heading's line and all that follows.
    pub text: String,
}

/// A block of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The word behind the fence.
    pub language: &'a str,
    /// The lines.
    pub text: &'a str,
    /// What stands between the block before and this one.
    pub before: &'a str,
}

/// The sections of a page. What stands before the first heading is left out.
pub fn sections(page: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut in_code = false;
    for (index, line) in page.lines().enumerate() {
        in_code ^= line.starts_with("```");
        if line.starts_with('#') && !in_code {
            let heading = line.trim_start_matches('#');
            let level = line.len() - heading.len();
            let heading = heading.trim().to_owned();
            sections.push(Section { heading, level, line: index + 1, text: String::new() });
        }
        if let Some(section) = sections.last_mut() {
            section.text.push_str(line);
            section.text.push('\n');
        }
    }
    sections
}

/// What stands outside the code blocks.
pub fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The blocks of code.
///
/// # Panics
/// If a fence has no line of its own.
pub fn blocks(text: &str) -> impl Iterator<Item = Block<'_>> {
    let mut parts = text.split("```");
    std::iter::from_fn(move || {
        let (before, block) = (parts.next()?, parts.next()?);
        let (language, text) = block.split_once('\n').expect("a fence has a line of its own");
        Some(Block { language, text, before })
    })
}

/// The code within the sentences of some prose.
pub fn inline_code(prose: &str) -> impl Iterator<Item = &str> {
    prose.split('`').skip(1).step_by(2)
}

/// The targets of the links in some prose.
pub fn links(prose: &str) -> impl Iterator<Item = &str> {
    prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// The anchor of a heading, as GitHub makes it.
pub fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
