//! A page in English and in Chinese.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::markdown::{Section, anchor, sections};

/// The pages that exist in both languages: `README.md` and `README.zh-CN.md`, and so on.
const PAIRS: [&str; 3] = ["README", "docs/course", "docs/article"];

/// The line under a Chinese heading that ties its section to the English one.
const TIE: (&str, &str) = ("<!-- en: ", " -->");

/// What the tie of a section says that has no English one.
const NONE: &str = "none";

pub(crate) struct Pair {
    /// The files, from the workspace's folder.
    pub english_file: String,
    pub chinese_file: String,
    pub english: Vec<Section>,
    /// Those that have an English one.
    pub chinese: Vec<Section>,
    /// Those that only the Chinese page has.
    pub only_chinese: Vec<Section>,
}

pub(crate) fn pairs() -> Vec<Pair> {
    PAIRS.iter().map(|name| Pair::read(name)).collect()
}

impl Pair {
    fn read(name: &str) -> Self {
        let (english_file, chinese_file) = (format!("{name}.md"), format!("{name}.zh-CN.md"));
        let english = sections(&read(&english_file));
        let (only_chinese, chinese) =
            sections(&read(&chinese_file)).into_iter().partition(|it| tie(it) == Some(NONE));
        Self { english_file, chinese_file, english, chinese, only_chinese }
    }

    /// The first line of the English page, and that of the Chinese one.
    pub(crate) fn first_lines(&self) -> [String; 2] {
        let first_line = |file| read(file).lines().next().unwrap_or_default().to_owned();
        [first_line(&self.english_file), first_line(&self.chinese_file)]
    }

    /// Each English section with the Chinese one.
    pub(crate) fn sections(&self) -> impl Iterator<Item = (&Section, &Section)> {
        let same = self.english.len() == self.chinese.len();
        assert!(same, "{}: first, the headings must correspond", self.chinese_file);
        self.english.iter().zip(&self.chinese)
    }

    /// Where a link of the English page leads in the Chinese one: to the Chinese page, if there
    /// is one, and there to the heading that corresponds.
    pub(crate) fn translated_link(&self, link: &str) -> String {
        let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
        let here = in_workspace(&self.english_file);
        let target = if path.is_empty() { here } else { here.with_file_name(path) };
        let target = target.canonicalize().ok();
        let is_target = |pair: &Pair| {
            target.is_some() && in_workspace(&pair.english_file).canonicalize().ok() == target
        };
        let Some(pair) = pairs().into_iter().find(is_target) else { return link.to_owned() };
        let path = path.replace(".md", ".zh-CN.md");
        let heading = pair.sections().find(|(english, _)| anchor(&english.heading) == fragment);
        match heading {
            Some((_, chinese)) => format!("{path}#{}", anchor(&chinese.heading)),
            None => path,
        }
    }
}

/// What ties a Chinese section to an English one.
pub(crate) fn tie(chinese: &Section) -> Option<&str> {
    chinese.text.lines().find_map(|line| line.strip_prefix(TIE.0)?.strip_suffix(TIE.1))
}

/// The hash of an English section's words: FNV-1a, in 16 digits. Other line breaks change nothing.
pub(crate) fn hash(english: &Section) -> String {
    let words = english.text.split_whitespace().flat_map(|word| word.bytes().chain([b' ']));
    let mixed = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", words.fold(0xcbf2_9ce4_8422_2325, mixed))
}

fn in_workspace(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(in_workspace(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}
