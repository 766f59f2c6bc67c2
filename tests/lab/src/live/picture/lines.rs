//! Box drawing without a font. Fonts differ in how far these characters reach, so their lines
//! would have gaps between rows.

use std::fmt::Write as _;

use crate::draw::svg::{COLUMN, ROW};

/// The lines of a character, from its middle outwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lines {
    /// To the left `l`, to the right `r`, up `u` and down `d`.
    arms: &'static str,
    stroke: Stroke,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stroke {
    Light,
    Heavy,
    Dashed,
}

impl Lines {
    /// `None` for a character that is left to the font.
    pub(super) fn of(character: char) -> Option<Self> {
        let (arms, stroke) = match character {
            '─' => ("lr", Stroke::Light),
            '━' => ("lr", Stroke::Heavy),
            '╌' => ("lr", Stroke::Dashed),
            '│' => ("ud", Stroke::Light),
            '┌' => ("rd", Stroke::Light),
            '┐' => ("ld", Stroke::Light),
            '└' => ("ru", Stroke::Light),
            '┘' => ("lu", Stroke::Light),
            '├' => ("rud", Stroke::Light),
            '┤' => ("lud", Stroke::Light),
            '┬' => ("lrd", Stroke::Light),
            '┴' => ("lru", Stroke::Light),
            '┼' => ("lrud", Stroke::Light),
            _ => return None,
        };
        Some(Self { arms, stroke })
    }

    /// So many of these characters side by side, as a path whose pixels are shifted by a half:
    /// a line of one pixel then fills whole pixels. The corner is at `x` and `y`.
    pub(super) fn path(self, [x, y]: [usize; 2], count: usize, style: &str) -> String {
        let (end, bottom) = (x + count * COLUMN - 1, y + ROW - 1);
        let (to_middle, middle) = (COLUMN / 2, y + ROW / 2);
        let [left, right, up, down] = ['l', 'r', 'u', 'd'].map(|arm| self.arms.contains(arm));
        let mut path = String::new();
        if left || right {
            let from = if left { x } else { x + to_middle };
            let to = if right { end } else { end - to_middle };
            let _ = write!(path, "M{from} {middle}H{to}");
        }
        if up || down {
            let from = if up { y } else { middle };
            let to = if down { bottom } else { middle };
            for place in 0..count {
                let _ = write!(path, "M{} {from}V{to}", x + place * COLUMN + to_middle);
            }
        }
        let stroke = match self.stroke {
            Stroke::Light => "",
            Stroke::Heavy => r#" stroke-width="3""#,
            Stroke::Dashed => r#" stroke-dasharray="2 2.5""#,
        };
        format!(
            r#"<path d="{path}" transform="translate(0.5 0.5)" stroke-linecap="square" {style}{stroke}/>{}"#,
            '\n'
        )
    }
}
