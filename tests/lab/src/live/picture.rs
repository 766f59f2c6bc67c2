//! A screen as a picture for a page: the same rows and columns, on white.

mod lines;

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};
use textwrap::core::display_width;

use self::lines::Lines;
use crate::draw::svg::{COLUMN, MARGIN, ROW, document, text_at};

/// The picture of a screen, as SVG. Programs read the title and the description to those who
/// cannot see it.
pub fn svg(screen: &Buffer, title: &str, description: &str) -> String {
    let (columns, rows) = (usize::from(screen.area.width), usize::from(screen.area.height));
    let mut content = String::new();
    for (row, cells) in screen.content.chunks(columns.max(1)).enumerate() {
        content.extend(runs(cells).iter().map(|run| run.draw(row)));
    }
    let size = [columns * COLUMN + 2 * MARGIN, rows * ROW + 2 * MARGIN];
    document(size, size, [title, description], &content)
}

/// Neighbouring characters of one kind that look alike.
struct Run {
    column: usize,
    look: Look,
    kind: Kind,
    text: String,
}

/// Each kind is placed by itself, since fonts give different kinds different widths.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// Takes two columns.
    Wide,
    Lines(Lines),
    /// Fills so many percent of its place. It is drawn without a font, as lines are.
    Block(u8),
}

impl Kind {
    fn of(text: &str) -> Self {
        let character = text.chars().next().unwrap_or(' ');
        match character {
            '█' => Self::Block(100),
            '▓' => Self::Block(75),
            '▒' => Self::Block(50),
            '░' => Self::Block(25),
            _ if display_width(text) > 1 => Self::Wide,
            _ => Lines::of(character).map_or(Self::Text, Self::Lines),
        }
    }
}

fn runs(cells: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    while let Some(cell) = cells.get(column) {
        let (look, text) = (Look::of(cell), cell.symbol());
        let kind = Kind::of(text);
        match runs.last_mut() {
            Some(run) if (run.look, run.kind) == (look, kind) => run.text.push_str(text),
            _ => runs.push(Run { column, look, kind, text: text.to_owned() }),
        }
        column += display_width(text).max(1); // a wide character hides the cell beside it
    }
    runs
}

impl Run {
    fn draw(&self, row: usize) -> String {
        let (corner, columns) =
            ([MARGIN + self.column * COLUMN, MARGIN + row * ROW], display_width(&self.text));
        let rect = |style: &str| {
            let ([x, y], width) = (corner, columns * COLUMN);
            format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{ROW}" {style}/>{}"#, '\n')
        };
        let paper = self.look.paper.map(|paper| rect(&format!(r#"fill="{paper}""#)));
        let ink = match self.kind {
            Kind::Text | Kind::Wide if self.text.trim().is_empty() => String::new(),
            Kind::Text | Kind::Wide => {
                text_at([self.column, row], &self.text, &self.look.style("fill"))
            }
            Kind::Lines(lines) => lines.path(corner, columns, &self.look.style("stroke")),
            Kind::Block(percent) => {
                let (fill, opacity) = (self.look.style("fill"), f32::from(percent) / 100.0);
                rect(&format!(r#"{fill} fill-opacity="{opacity}""#))
            }
        };
        paper.unwrap_or_default() + &ink
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    ink: &'static str,
    paper: Option<&'static str>,
    is_bold: bool,
    is_dim: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let (ink, paper) = (colour(cell.fg), colour(cell.bg));
        let (ink, paper) = match cell.bg {
            Color::Reset if has(Modifier::REVERSED) => ("white", Some(ink)),
            Color::Reset => (ink, None),
            _ if has(Modifier::REVERSED) => (paper, Some(ink)),
            _ => (ink, Some(paper)),
        };
        Self { ink, paper, is_bold: has(Modifier::BOLD), is_dim: has(Modifier::DIM) }
    }

    /// The attributes of what is drawn in this look, with its colour as this one.
    fn style(self, attribute: &str) -> String {
        let bold = if self.is_bold { r#" font-weight="bold""# } else { "" };
        let dim = if self.is_dim { r#" opacity="0.7""# } else { "" };
        format!(r#"{attribute}="{}"{bold}{dim}"#, self.ink)
    }
}

/// The colour in a picture. Those that are pale in a terminal are dark enough here to be read on
/// white.
fn colour(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#b00020",
        Color::LightRed => "#c8102e",
        Color::Green => "#1d6b26",
        Color::LightGreen => "#247a2e",
        Color::Yellow => "#7a5200",
        Color::LightYellow => "#8a5d00",
        Color::Blue => "#1a4fa3",
        Color::LightBlue => "#1f5fc4",
        Color::Magenta => "#80267f",
        Color::LightMagenta => "#9a2f99",
        Color::Cyan => "#00567a",
        Color::LightCyan => "#006a94",
        Color::Gray => "#57606a",
        Color::DarkGray => "#6a737d",
        _ => "black",
    }
}
