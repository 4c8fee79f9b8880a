//! Classifies the 10,000 test images of Fashion-MNIST and compares each class with PyTorch's.
//!
//! ```text
//! fashion-mnist DATA
//! ```
//!
//! `DATA` is the folder that `scripts/fashion-mnist.sh` fills.

mod idx;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

archc_runtime::include_model!(lenet5);

const SIDE: usize = 28;

fn main() -> ExitCode {
    let Some(data) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: fashion-mnist DATA\n  DATA: the folder that scripts/fashion-mnist.sh fills");
        return ExitCode::from(2);
    };
    match evaluate(&data) {
        Ok(report) => {
            println!("{report}");
            ExitCode::from(u8::from(report.differing > 0))
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(1)
        }
    }
}

/// What came out.
struct Report {
    images: usize,
    right: usize,
    ties: usize,
    differing: usize,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Report { images, right, ties, differing } = self;
        writeln!(f, "{images} images, {right} right: accuracy {:.4}", *right as f64 / *images as f64)?;
        write!(f, "{differing} of PyTorch's classes differ ({ties} images are ties within 1e-6 and may)")
    }
}

fn evaluate(data: &Path) -> Result<Report, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: PathBuf| std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()));
    let expected = read(root.join("tests/data/lenet5/classes.bin"))?;
    let ties = read(root.join("tests/data/lenet5/ties.txt"))?;
    let ties: Vec<usize> =
        String::from_utf8_lossy(&ties).lines().filter_map(|l| l.trim().parse().ok()).collect();

    let images = idx::read(&data.join("t10k-images-idx3-ubyte.gz"), SIDE * SIDE)?;
    let labels = idx::read(&data.join("t10k-labels-idx1-ubyte.gz"), 1)?;
    if images.len() != labels.len() || images.len() != expected.len() {
        let counts = [images.len(), labels.len(), expected.len()];
        return Err(format!(
            "{counts:?} images, labels and expected classes; there should be as many of each"
        ));
    }

    let model =
        lenet5::Model::load(root.join("archs/weights/lenet5.safetensors")).map_err(|e| e.to_string())?;
    let mut session = model.session();
    let mut report = Report { images: images.len(), right: 0, ties: ties.len(), differing: 0 };
    for (index, image) in images.iter().enumerate() {
        for (x, &byte) in session.input_mut().iter_mut().zip(image) {
            *x = f32::from(byte) / 255.0;
        }
        session.run();
        let class = largest(session.output());
        report.right += usize::from(class == usize::from(labels[index][0]));
        report.differing += usize::from(class != usize::from(expected[index]) && !ties.contains(&index));
    }
    Ok(report)
}

fn largest(numbers: &[f32]) -> usize {
    (0..numbers.len()).max_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(b.cmp(&a))).unwrap_or(0)
}
