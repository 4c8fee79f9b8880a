//! From an image file to a network's input, by the steps of its `preprocess`; the runtime does it, as in generated crates.

use crate::error::Error;
use archc_core::ir::Shape;
use archc_core::ir::preprocess::{Filter, Preprocess, Step};
use archc_runtime::image::{ImageError, preprocess, read as decode};
use archc_runtime::spec;
use std::path::Path;

/// Reads an image and turns it into the numbers that the network takes: rows, columns, channels.
pub(crate) fn read(path: &Path, steps: Option<&Preprocess>, input: Shape) -> Result<Vec<f32>, Error> {
    let Some(steps) = steps else {
        return Err(Error::with_help(
            "the network does not say how an image becomes its input",
            "add a line such as `preprocess { resize 256 bilinear  crop 224  scale 1/255 }` behind `input`",
        ));
    };
    let decoded = decode(path).map_err(|e| Error::new(e.to_string()))?;
    let failed = |e: ImageError| Error::new(format!("{}: {e}", path.display()));
    let steps: Vec<spec::Preprocess<'_>> = steps.steps.iter().map(step).collect();
    let mut numbers = vec![0.0; input.size()];
    let shape = [input.height, input.width, input.channels];
    let pixels = decoded.pixels().map_err(failed)?;
    preprocess(pixels, &steps, shape, &mut numbers).map_err(failed)?;
    Ok(numbers)
}

/// A step as the runtime has it.
fn step(step: &Step) -> spec::Preprocess<'_> {
    match step {
        Step::ResizeShort(side, f) => spec::Preprocess::ResizeShort(*side, filter(*f)),
        Step::ResizeBoth(rows, columns, f) => spec::Preprocess::ResizeBoth(*rows, *columns, filter(*f)),
        Step::Crop(rows, columns) => spec::Preprocess::Crop(*rows, *columns),
        Step::Bgr => spec::Preprocess::Bgr,
        Step::Scale(factor) => spec::Preprocess::Scale(*factor),
        Step::Normalize { mean, std } => spec::Preprocess::Normalize { mean, std },
    }
}

fn filter(filter: Filter) -> spec::Filter {
    match filter {
        Filter::Box => spec::Filter::Box,
        Filter::Bilinear => spec::Filter::Bilinear,
        Filter::Bicubic => spec::Filter::Bicubic,
        Filter::Lanczos => spec::Filter::Lanczos,
    }
}
