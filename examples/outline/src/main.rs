//! Says which garment an image shows, and draws its outline in characters:
//!
//! ```text
//! outline IMAGE
//! ```
//!
//! Two networks and their weights are part of the program. One tells garments apart, the other finds edges.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

archc_runtime::include_model!(lenet5);
archc_runtime::include_model!(edges);

/// Weights inside the program. Large ones stay in files: `Model::load("weights.safetensors")`.
const LENET5: &[u8] = include_bytes!("../../../archs/weights/lenet5.safetensors");
const EDGES: &[u8] = include_bytes!("../archs/edges.safetensors");

const ROWS: usize = lenet5::Model::INPUT[0];
const COLUMNS: usize = lenet5::Model::INPUT[1];

/// A grey image, from 0 to 1, row by row.
type Image = [f32; ROWS * COLUMNS];

// What the networks need is known when the program is compiled: both look at the same image, in little memory.
const _: () = assert!(ROWS == edges::Model::INPUT[0] && COLUMNS == edges::Model::INPUT[1]);
const _: () = assert!(lenet5::Model::ARENA_BYTES + edges::Model::ARENA_BYTES <= 512 << 10);

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: outline IMAGE");
        return ExitCode::from(2);
    };
    match answer(&path) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(1)
        }
    }
}

fn answer(path: &Path) -> Result<String, Box<dyn Error>> {
    Ok(format!("{}\n{}", classify(path)?, outline(&read(path)?)?))
}

/// `Ankle boot, 100.0 %`, for an image of any size and colour: the network's `preprocess` says what becomes of it.
fn classify(path: &Path) -> Result<String, Box<dyn Error>> {
    let mut session = lenet5::Model::from_bytes(LENET5)?.session();
    let classes = session.classify(path)?;
    let best = classes.first().ok_or("the network has no classes")?;
    Ok(format!("{}, {:.1} %", best.name(), 100.0 * best.score))
}

/// The image as the other network takes it.
fn read(path: &Path) -> Result<Image, Box<dyn Error>> {
    let mut session = edges::Model::from_bytes(EDGES)?.session();
    session.load_image(path)?;
    Ok(*session.input_mut())
}

/// A line of text for each row, two characters for each pixel, darker where an edge is.
fn outline(image: &Image) -> Result<String, Box<dyn Error>> {
    const SHADES: [char; 5] = [' ', '.', ':', 'o', '#'];
    let strengths = edge_strengths(image)?;
    let shade = |strength: f32| SHADES[((strength * 4.0) as usize).min(SHADES.len() - 1)];
    let line = |row: &[f32]| {
        let text: String = row.iter().flat_map(|&strength| [shade(strength); 2]).collect();
        format!("{}\n", text.trim_end())
    };
    Ok(strengths.chunks(COLUMNS).map(line).collect())
}

fn edge_strengths(image: &Image) -> Result<Image, Box<dyn Error>> {
    let model = edges::Model::from_bytes(EDGES)?;
    Ok(*model.session().infer(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_an_edge_on_both_sides_and_nowhere_else() {
        let mut image = [0.0; ROWS * COLUMNS];
        let at = |row: usize, column: usize| row * COLUMNS + column;
        for row in 0..ROWS {
            image[at(row, 10)..at(row, COLUMNS)].fill(1.0);
        }
        let strengths = edge_strengths(&image).unwrap();
        // Away from the border, where the zeros around the image are an edge too.
        for row in 1..ROWS - 1 {
            for column in 1..COLUMNS - 1 {
                let expected = if column == 9 || column == 10 { 1.0 } else { 0.0 };
                assert_eq!(strengths[at(row, column)], expected, "row {row}, column {column}");
            }
        }
    }

    #[test]
    fn edges_are_drawn_dark() {
        let mut image = [0.0; ROWS * COLUMNS];
        image[ROWS / 2 * COLUMNS..].fill(1.0);
        let drawing = outline(&image).unwrap();
        let lines: Vec<&str> = drawing.lines().collect();
        assert_eq!(lines.len(), ROWS);
        assert_eq!(lines[2], "");
        assert!(lines[ROWS / 2].contains("####"), "{drawing}");
    }
}
