//! Whole pipelines of the frameworks, to the bit: their arithmetic is that of f32.

use super::{hash, lines, prepared, size, synthetic};
use archc_runtime::spec::{Filter, Preprocess};

const IMAGENET: Preprocess<'_> =
    Preprocess::Normalize { mean: &[0.485, 0.456, 0.406], std: &[0.229, 0.224, 0.225] };

/// The steps that a network's text has for a pipeline of the script, and the input's shape.
fn steps(pipeline: &str) -> (&'static [Preprocess<'static>], [usize; 3]) {
    use Preprocess::{Bgr, Crop, Normalize, ResizeBoth, ResizeShort, Scale};
    const BY_255: Preprocess<'_> = Scale(1.0 / 255.0);
    match pipeline {
        "torchvision" => (&[ResizeShort(64, Filter::Bilinear), Crop(56, 56), BY_255, IMAGENET], [56, 56, 3]),
        "lite" => (
            &[
                ResizeShort(64, Filter::Bicubic),
                Crop(56, 56),
                BY_255,
                Normalize { mean: &[0.5; 3], std: &[0.5; 3] },
            ],
            [56, 56, 3],
        ),
        "keras_tf" => (
            &[
                ResizeBoth(40, 48, Filter::Bilinear),
                Scale(1.0 / 127.5),
                Normalize { mean: &[1.0; 3], std: &[1.0; 3] },
            ],
            [40, 48, 3],
        ),
        "keras_caffe" => (
            &[
                ResizeShort(64, Filter::Bilinear),
                Crop(56, 56),
                Bgr,
                Normalize { mean: &[103.939, 116.779, 123.68], std: &[1.0; 3] },
            ],
            [56, 56, 3],
        ),
        "keras_torch" => (&[ResizeBoth(40, 48, Filter::Lanczos), BY_255, IMAGENET], [40, 48, 3]),
        "grey" => (&[ResizeBoth(28, 28, Filter::Box), BY_255], [28, 28, 1]),
        other => panic!("no pipeline {other}"),
    }
}

#[test]
fn inputs_equal_those_of_torchvision_and_keras_to_the_bit() {
    let mut count = 0;
    for line in lines(include_str!("preprocess.txt")) {
        let [pipeline, kind, before, expected, first @ ..] = line.as_slice() else { panic!("{line:?}") };
        let (steps, shape) = steps(pipeline);
        let image = synthetic(size(before), 3, kind);
        let found = prepared(&image, size(before), steps, shape).unwrap();
        let begins: Vec<f32> = first.iter().map(|x| x.parse().unwrap()).collect();
        assert_eq!(found[..3], begins, "{line:?}");
        let bytes: Vec<u8> = found.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(hash(&bytes), *expected, "{line:?}");
        count += 1;
    }
    assert_eq!(count, 18);
}
