//! Images: what Pillow, torchvision's arithmetic and Keras's make of them, and files that are none.
//! `scripts/pillow_images.py` wrote the expectations.

mod files;
mod largest;
mod pipelines;
mod resize;

use archc_runtime::image::{ImageError, Pixels, preprocess};
use archc_runtime::spec::Preprocess;

/// The lines of a text but for comments, as words.
fn lines(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(' ').collect())
}

/// `3x4`: rows and columns.
fn size(word: &str) -> [usize; 2] {
    let (rows, columns) = word.split_once('x').unwrap();
    [rows.parse().unwrap(), columns.parse().unwrap()]
}

/// FNV-1a of 64 bits, as hexadecimal digits.
fn hash(bytes: &[u8]) -> String {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    format!("{:016x}", bytes.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// The images of the script's `synthetic`.
fn synthetic([rows, columns]: [usize; 2], channels: usize, kind: &str) -> Vec<u8> {
    let value = |y: usize, x: usize, c: usize| {
        let [y, x, c] = [y, x, c].map(|n| n as u32);
        if kind == "2" {
            return (x * 3 + y * 5 + c * 40) as u8;
        }
        let mixed = y.wrapping_mul(73_856_093) ^ x.wrapping_mul(19_349_663) ^ c.wrapping_mul(83_492_791);
        let mixed = ((mixed ^ mixed >> 13).wrapping_mul(0x5BD1_E995) >> 24) as u8;
        if kind == "0" { mixed } else { mixed / 128 * 255 }
    };
    let places = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
    places.flat_map(|(y, x)| (0..channels).map(move |c| value(y, x, c))).collect()
}

/// An image through the steps, to a size.
fn prepared(
    bytes: &[u8],
    [rows, columns]: [usize; 2],
    steps: &[Preprocess<'_>],
    shape: [usize; 3],
) -> Result<Vec<f32>, ImageError> {
    let pixels = match bytes.len() == rows * columns {
        true => Pixels::grey(bytes, columns, rows)?,
        false => Pixels::rgb(bytes, columns, rows)?,
    };
    let mut input = vec![f32::NAN; shape.iter().product()];
    preprocess(pixels, steps, shape, &mut input)?;
    Ok(input)
}
