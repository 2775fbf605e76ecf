//! A small drawing of one kind of growth, as SVG: readable on a light and on a dark page, and in black and white.

use std::{
    fmt::{self, Write as _},
    fs,
    path::Path,
};

use super::axis::{Axis, Point, counted};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;
/// Beside the drawing: numbers at the left, names of lines at the right.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 44.0;

/// Between the names of two lines at least.
const NAME_HEIGHT: f64 = 15.0;

/// Marks from bottom to top, about.
const MARKS: f64 = 5.0;

/// Beyond this a picture from zero shows only its largest point.
const LINEAR_MAX: f64 = 20.0;

/// Lines differ by dashes too.
const DASHES: [&str; 5] = ["none", "7 3", "2 3", "9 3 2 3", "4 2"];

/// The light page's colour and the dark one's.
const COLOURS: [(&str, &str); 5] = [
    ("#0550ae", "#6cb6ff"),
    ("#a40e26", "#ff7b72"),
    ("#116329", "#57ab5a"),
    ("#8250df", "#b392f0"),
    ("#7d4e00", "#daaa3f"),
];

/// Writes the picture of one kind of growth into a folder.
pub(super) fn write(axis: &Axis, folder: &Path) {
    fs::create_dir_all(folder).expect("the folder can be made");
    let picture = draw(axis).expect("text can be written");
    fs::write(folder.join(axis.file).with_extension("svg"), picture).expect("the folder can be written");
}

/// From values to places.
struct Scale {
    /// Of the smallest and the largest value, as they are counted here.
    range: (f64, f64),
    is_logarithmic: bool,
    places: (f64, f64),
}

impl Scale {
    fn place(&self, value: f64) -> f64 {
        let value = if self.is_logarithmic {
            value.max(0.1).log10()
        } else {
            value
        };
        let (least, most) = self.range;
        let share = if most > least {
            (value - least) / (most - least)
        } else {
            0.5
        };
        self.places.0 + share * (self.places.1 - self.places.0)
    }
}

fn draw(axis: &Axis) -> Result<String, fmt::Error> {
    let points = || axis.lines.iter().flat_map(|line| &line.points);
    let largest = points().map(|point| point.value).fold(0.0, f64::max);
    // What was too short for the clock has no place among powers of ten.
    let least = points().map(|point| point.value).fold(f64::MAX, f64::min).max(0.1);
    let is_logarithmic = largest > least * LINEAR_MAX;
    // A few marks, and the last one close above the largest value.
    let step = if is_logarithmic { 1.0 } else { nice(largest / MARKS) };
    let bottom = if is_logarithmic { least.log10().floor() } else { 0.0 };
    let top = if is_logarithmic {
        largest.log10().ceil()
    } else {
        (largest / step).ceil() * step
    };
    let across = Scale {
        range: (
            points().map(amount).fold(f64::MAX, f64::min).log10(),
            points().map(amount).fold(0.0, f64::max).log10(),
        ),
        is_logarithmic: true,
        places: (LEFT, WIDTH - RIGHT),
    };
    let up = Scale {
        range: (bottom, top),
        is_logarithmic,
        places: (HEIGHT - BOTTOM, TOP),
    };
    let mut svg = String::new();
    head(&mut svg, axis)?;
    for mark in 0..=((top - bottom) / step).round() as i32 {
        let at = bottom + step * f64::from(mark);
        let value = if is_logarithmic { 10_f64.powf(at) } else { at };
        let y = up.place(value);
        writeln!(svg, r#"<path class="grid" d="M{LEFT} {y:.1}H{}"/>"#, WIDTH - RIGHT)?;
        writeln!(
            svg,
            r#"<text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 6.0,
            y + 4.0,
            counted(value.round() as u64)
        )?;
    }
    let mut amounts: Vec<u64> = points().map(|point| point.amount).collect();
    amounts.sort_unstable();
    amounts.dedup();
    for value in amounts {
        let x = across.place(value.max(1) as f64);
        let y = HEIGHT - BOTTOM + 16.0;
        writeln!(
            svg,
            r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{}</text>"#,
            short(value)
        )?;
    }
    lines(&mut svg, axis, &across, &up)?;
    svg.push_str("</svg>\n");
    Ok(svg)
}

fn head(svg: &mut String, axis: &Axis) -> fmt::Result {
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img">"#
    )?;
    writeln!(svg, "<title>{} by {}</title>", axis.value, axis.amount)?;
    svg.push_str("<style>\ntext{font:11px sans-serif;fill:#1f2328}.grid{stroke:#d1d9e0}path,polyline{fill:none}\n");
    for (number, (light, _)) in COLOURS.iter().enumerate() {
        writeln!(svg, ".l{number}{{stroke:{light}}}.n{number}{{fill:{light}}}")?;
    }
    svg.push_str("@media(prefers-color-scheme:dark){text{fill:#d1d7e0}.grid{stroke:#3d444d}\n");
    for (number, (_, dark)) in COLOURS.iter().enumerate() {
        writeln!(svg, ".l{number}{{stroke:{dark}}}.n{number}{{fill:{dark}}}")?;
    }
    svg.push_str("}\n</style>\n");
    writeln!(svg, r#"<text x="4" y="14">{}</text>"#, axis.value)?;
    let (x, y) = (f64::midpoint(LEFT, WIDTH - RIGHT), HEIGHT - 8.0);
    writeln!(
        svg,
        r#"<text x="{x}" y="{y}" text-anchor="middle">{}</text>"#,
        axis.amount
    )
}

fn lines(svg: &mut String, axis: &Axis, across: &Scale, up: &Scale) -> fmt::Result {
    let mut names = Vec::new();
    for (number, line) in axis.lines.iter().enumerate() {
        let (colour, dash) = (number % COLOURS.len(), DASHES[number % DASHES.len()]);
        let place = |point: &Point| format!("{:.1},{:.1}", across.place(amount(point)), up.place(point.value));
        let places: Vec<_> = line.points.iter().map(place).collect();
        writeln!(
            svg,
            r#"<polyline class="l{colour}" stroke-width="2" stroke-dasharray="{dash}" points="{}"/>"#,
            places.join(" ")
        )?;
        for point in &line.points {
            let (x, y) = (across.place(amount(point)), up.place(point.value));
            writeln!(svg, r#"<circle class="n{colour}" cx="{x:.1}" cy="{y:.1}" r="2.5"/>"#)?;
        }
        let last = line.points.last().map_or(0.0, |point| up.place(point.value));
        names.push((last, colour, &line.name));
    }
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = 0.0;
    for (y, colour, name) in names {
        let y = f64::max(y, free);
        free = y + NAME_HEIGHT;
        let x = WIDTH - RIGHT + 8.0;
        writeln!(
            svg,
            r#"<text class="n{colour}" x="{x}" y="{:.1}">{name}</text>"#,
            y + 4.0
        )?;
    }
    Ok(())
}

/// Nothing has no place among powers of ten; it stands where one would.
fn amount(point: &Point) -> f64 {
    point.amount.max(1) as f64
}

/// The next number above that people count by.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-3).log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|step| *step >= value)
        .unwrap_or(value)
}

/// `10k` and `1M` take less room.
fn short(number: u64) -> String {
    match number {
        1_000_000.. if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        10_000.. if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        _ => counted(number),
    }
}
