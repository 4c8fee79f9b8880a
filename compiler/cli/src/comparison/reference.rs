//! Reference arrays in files: one in an `.npy`, several in an `.npz`.

use super::layout::{Fit, Layout, Misfit, dimensions, fit};
use crate::error::Error;
use archc_core::ir::Shape;
use archc_weights::numpy::{Npy, Npz, NumpyError};
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

/// An open file of arrays.
pub(crate) enum Arrays {
    One(Npy<BufReader<File>>),
    Named(Npz<BufReader<File>>),
}

/// Opens a file, whatever its name ends in.
pub(crate) fn open(path: &Path) -> Result<Arrays, Error> {
    let file = |path| File::open(path).map_err(|e| in_file(path, e.into()));
    let mut start = [0; 2];
    // A file that is shorter is none of both, which its reader tells.
    let is_zip = file(path)?.read_exact(&mut start).is_ok() && start == *b"PK";
    let reader = BufReader::new(file(path)?);
    let arrays = if is_zip { Npz::new(reader).map(Arrays::Named) } else { Npy::new(reader).map(Arrays::One) };
    arrays.map_err(|e| in_file(path, e))
}

/// An error of a file.
pub(crate) fn in_file(path: &Path, error: NumpyError) -> Error {
    let is_incomplete = matches!(error, NumpyError::Short { .. } | NumpyError::Zip(_) | NumpyError::Magic);
    let message = format!("{}: {error}", path.display());
    match is_incomplete {
        true => {
            Error::with_help(message, "write it anew by `np.save(path, x)` or `np.savez(path, **layers)`")
        }
        false => Error::new(message),
    }
}

/// Reads the one array of a file as a value of this shape. Where the shape leaves two layouts, `layout` decides.
pub(crate) fn read_value(
    path: &Path,
    npy: Npy<BufReader<File>>,
    what: &str,
    shape: Shape,
    layout: Option<Layout>,
) -> Result<Vec<f64>, Error> {
    let found = dimensions(npy.shape());
    let layout = match fit(npy.shape(), shape, shape) {
        Ok(Fit::Same) => Layout::Nhwc,
        Ok(Fit::Only(layout)) => layout,
        Ok(Fit::Either) => layout.ok_or_else(|| ambiguous(&path.display().to_string(), &found))?,
        Err(Misfit::Batch(n)) => {
            return Err(Error::with_help(
                format!("{} holds {n} images, {found}", path.display()),
                "verify compares one: save `x[:1]`",
            ));
        }
        Err(Misfit::Shape) => {
            return Err(Error::with_help(
                format!("{} is {found}, and {what} is {shape}", path.display()),
                "the array holds one image: rows, columns, channels, or channels first; a first dimension of 1 may stand before",
            ));
        }
    };
    Ok(layout.to_ours(npy.read().map_err(|e| in_file(path, e))?, shape))
}

/// The error of an array whose layout is not known.
pub(crate) fn ambiguous(name: &str, dimensions: &str) -> Error {
    Error::with_help(
        format!("{name} is {dimensions}, which does not tell whether channels are first or last"),
        "say it by `--layout nhwc`, as in Keras, or `--layout nchw`, as in PyTorch",
    )
}
