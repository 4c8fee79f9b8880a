//! What a comparison found, as a table and as JSON.

use super::difference::{Difference, Place};
use super::layout::dimensions;
use crate::error::Error;
use archc_core::ir::Shape;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// What a comparison found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) network: String,
    /// `generated code` or `interpreter`.
    pub(crate) with: &'static str,
    /// The file of reference arrays.
    pub(crate) file: String,
    pub(crate) tolerance: f64,
    /// In the network's order.
    pub(crate) rows: Vec<Row>,
    /// Names of arrays that belong to no operation.
    pub(crate) unknown: Vec<String>,
    /// What the user should know of the comparison as a whole.
    pub(crate) notes: Vec<String>,
}

/// An array of the file that belongs to an operation.
#[derive(Debug)]
pub(crate) struct Row {
    /// The array's name; none where the file has one only.
    pub(crate) reference: Option<String>,
    /// The operation's full name: where it was compared, that of the value.
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) result: Result,
    /// The operation's tensors of weights, and those of what is computed with it.
    pub(crate) weights: Vec<String>,
}

#[derive(Debug)]
pub(crate) enum Result {
    Compared {
        difference: Difference,
        /// How the array was taken, where not as the value of the operation that has its name.
        note: Option<String>,
    },
    /// The array has these dimensions, which the value cannot have.
    Shape(Vec<usize>),
    /// The value is not in memory: it is computed together with this operation.
    Inside(String),
    /// No output needs it.
    Unused,
}

impl Row {
    fn differs(&self, tolerance: f64) -> bool {
        match &self.result {
            // What is not a number is beyond everything.
            Result::Compared { difference, .. } => difference.error > tolerance,
            Result::Shape(_) => true,
            Result::Inside(_) | Result::Unused => false,
        }
    }

    fn is_compared(&self) -> bool {
        matches!(self.result, Result::Compared { .. } | Result::Shape(_))
    }
}

impl Report {
    /// The first array that differs: its place among the rows.
    fn first(&self) -> Option<usize> {
        self.rows.iter().position(|row| row.differs(self.tolerance))
    }

    /// Whether anything was compared.
    pub(crate) fn is_empty(&self) -> bool {
        !self.rows.iter().any(Row::is_compared)
    }

    /// The error that says which layer differs first, if one does.
    pub(crate) fn error(&self) -> Option<Error> {
        let first = self.first()?;
        let row = self.rows.get(first)?;
        let reference = match &row.reference {
            Some(name) => format!("`{name}` of {}", self.file),
            None => self.file.clone(),
        };
        let several = self.rows.iter().filter(|row| row.is_compared()).count() > 1;
        let which = if several { " is the first layer that differs" } else { " differs" };
        let mut message = format!("`{}`{which}", row.name);
        match &row.result {
            Result::Shape(found) => {
                message += &format!(": it is {}, and {reference} is {}", row.shape, dimensions(found));
            }
            Result::Compared { difference, .. } => {
                let Difference { error, ulp, beyond, .. } = difference;
                let steps = ulp.map_or(String::new(), |n| format!(", {n} ULP"));
                message += &format!(" from {reference}: {error:.1e} of its largest number{steps}");
                if let Some(Place { index, ours, expected }) = difference.first {
                    let [row_, column, channel] = place(index, row.shape);
                    message += &format!(
                        "\n  --> row {row_}, column {column}, channel {channel}: {} instead of {}\n  \
                         note: {beyond} of {} numbers are off by more than {:e} of the largest",
                        number(ours),
                        number(expected),
                        row.shape.size(),
                        self.tolerance
                    );
                }
            }
            Result::Inside(_) | Result::Unused => {}
        }
        let before: Vec<&Row> = self.rows.iter().take(first).filter(|row| row.is_compared()).collect();
        let help = match (before.last(), several) {
            (Some(last), _) => {
                let (count, s) = (before.len(), if before.len() == 1 { " before it agrees" } else { "s before it agree" });
                message += &format!("\n  note: {count} layer{s}, the last of them `{}`", last.name);
                let weights = match row.weights.as_slice() {
                    [] => String::new(),
                    all => format!("the weights ({}), or ", list(all)),
                };
                format!("what is wrong lies behind that: {weights}an attribute such as stride, padding or eps")
            }
            (None, true) => "no layer before it was compared: the input may have been prepared in another way (the order of \
                             channels, their scale), or its weights are others"
                .to_owned(),
            (None, false) => {
                "an .npz of all layers' values tells which differs first; `archc verify --help` has how to write one".to_owned()
            }
        };
        Some(Error::with_help(message, help))
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(["Layer", "Shape", "Error", "ULP", "", "Reference"]);
        for row in &self.rows {
            let Shape { height, width, channels } = row.shape;
            let (error, ulp, verdict) = match &row.result {
                Result::Compared { difference, .. } => (
                    format!("{:.1e}", difference.error),
                    difference.ulp.map_or("-".to_owned(), |n| n.to_string()),
                    if row.differs(self.tolerance) { "differs".to_owned() } else { "equal".to_owned() },
                ),
                Result::Shape(found) => (String::new(), String::new(), format!("is {}", dimensions(found))),
                Result::Inside(host) => (String::new(), String::new(), format!("inside `{host}`")),
                Result::Unused => (String::new(), String::new(), "unused".to_owned()),
            };
            let note = match &row.result {
                Result::Compared { note: Some(note), .. } => format!(" ({note})"),
                _ => String::new(),
            };
            table.add_row([
                row.name.clone(),
                format!("{height}x{width}x{channels}"),
                error,
                ulp,
                verdict,
                row.reference.clone().unwrap_or_else(|| self.file.clone()) + &note,
            ]);
        }
        for column in table.column_iter_mut().skip(1).take(3) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let rows: String = table.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        let head = format!("{}, {}, against {}", self.network, self.with, self.file);
        let mut text = format!("{head}\n\n{rows}\n");
        if !self.unknown.is_empty() {
            let layers = if self.unknown.len() == 1 { "1 array belongs" } else { "arrays belong" };
            let count =
                if self.unknown.len() == 1 { String::new() } else { format!("{} ", self.unknown.len()) };
            text += &format!("{count}{layers} to no operation: {}\n", list(&self.unknown));
        }
        for note in &self.notes {
            text += &format!("{note}\n");
        }
        text + &self.sum()
    }

    /// How many agree, and how well; nothing where one differs, since the error tells more.
    fn sum(&self) -> String {
        let compared: Vec<(&Row, f64)> = self
            .rows
            .iter()
            .filter_map(|row| match &row.result {
                Result::Compared { difference, .. } => Some((row, difference.error)),
                Result::Shape(_) | Result::Inside(_) | Result::Unused => None,
            })
            .collect();
        let worst = compared.iter().max_by(|a, b| a.1.total_cmp(&b.1));
        match worst {
            Some((row, error)) if self.first().is_none() => format!(
                "{} equal to {:e}; the largest error is {error:.1e}, at `{}`\n",
                if compared.len() == 1 {
                    "1 layer is".to_owned()
                } else {
                    format!("{} layers are", compared.len())
                },
                self.tolerance,
                row.name
            ),
            _ => String::new(),
        }
    }

    /// For programs: one line.
    pub(crate) fn json(&self) -> std::result::Result<String, Error> {
        let report = Json {
            network: &self.network,
            with: self.with,
            tolerance: self.tolerance,
            equal: self.first().is_none(),
            first_difference: self.first().and_then(|at| self.rows.get(at)).map(|row| row.name.as_str()),
            layers: self.rows.iter().map(|row| JsonRow::new(row, self.tolerance)).collect(),
            unknown: &self.unknown,
            notes: &self.notes,
        };
        serde_json::to_string(&report).map(|line| line + "\n").map_err(|e| Error::new(e.to_string()))
    }
}

/// Row, column and channel of a number.
fn place(index: usize, shape: Shape) -> [usize; 3] {
    let (pixel, channel) = (index / shape.channels, index % shape.channels);
    [pixel / shape.width, pixel % shape.width, channel]
}

/// As many digits as an f32 number has.
fn number(x: f64) -> String {
    format!("{:?}", x as f32)
}

fn list(names: &[String]) -> String {
    /// More would hide what follows; `--json` has all.
    const MOST: usize = 12;
    let shown: Vec<String> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.join(", ") + &more
}

#[derive(Serialize)]
struct Json<'a> {
    network: &'a str,
    with: &'a str,
    tolerance: f64,
    equal: bool,
    first_difference: Option<&'a str>,
    layers: Vec<JsonRow<'a>>,
    unknown: &'a [String],
    notes: &'a [String],
}

#[derive(Serialize)]
struct JsonRow<'a> {
    name: &'a str,
    reference: Option<&'a str>,
    shape: [usize; 3],
    /// `equal`, `differs`, `shape`, `inside` or `unused`.
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    /// Null where one of two numbers is not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    relative_error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ulp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beyond: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<JsonPlace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_shape: Option<&'a [usize]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inside: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonPlace {
    /// Row, column, channel.
    at: [usize; 3],
    ours: f64,
    expected: f64,
}

impl<'a> JsonRow<'a> {
    fn new(row: &'a Row, tolerance: f64) -> JsonRow<'a> {
        let Shape { height, width, channels } = row.shape;
        let mut json = JsonRow {
            name: &row.name,
            reference: row.reference.as_deref(),
            shape: [height, width, channels],
            result: if row.differs(tolerance) { "differs" } else { "equal" },
            note: None,
            relative_error: None,
            ulp: None,
            beyond: None,
            first: None,
            found_shape: None,
            inside: None,
        };
        match &row.result {
            Result::Compared { difference, note } => {
                json.note = note.as_deref();
                json.relative_error = Some(difference.error);
                json.ulp = difference.ulp;
                json.beyond = Some(difference.beyond);
                json.first = difference.first.map(|p| JsonPlace {
                    at: place(p.index, row.shape),
                    ours: p.ours,
                    expected: p.expected,
                });
            }
            Result::Shape(found) => {
                json.result = "shape";
                json.found_shape = Some(found);
            }
            Result::Inside(host) => {
                json.result = "inside";
                json.inside = Some(host);
            }
            Result::Unused => json.result = "unused",
        }
        json
    }
}
