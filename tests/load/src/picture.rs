//! What the plots have in common: the file, the font and the colour.

use std::{error::Error, fs, path::Path};

use plotters::{
    coord::Shift,
    prelude::{
        DrawingArea, FontDesc, IntoDrawingArea as _, IntoFont as _, RGBColor, SVGBackend, WHITE,
    },
};

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

pub(crate) const BLUE: RGBColor = RGBColor(70, 130, 180);

/// The sizes of letters.
pub(crate) const CAPTION: u32 = 24;
pub(crate) const WORDS: u32 = 20;

pub(crate) fn font(size: u32) -> FontDesc<'static> {
    ("sans-serif", size).into_font()
}

/// Draws on a white area of this size in pixels, and writes it to an SVG file with this title.
pub(crate) fn picture(
    file: &Path,
    size: (u32, u32),
    title: &str,
    draw: impl FnOnce(&Area<'_>) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        area.fill(&WHITE)?;
        draw(&area)?;
        area.present()?;
    }
    let svg = svg.replacen(">\n", &format!(" role=\"img\">\n<title>{title}</title>\n"), 1);
    fs::write(file, svg)
        .map_err(|error| format!("cannot write the plot {}: {error}", file.display()).into())
}
