//! Resizing equals Pillow's, to the bit.

use super::{hash, lines, prepared, size, synthetic};
use archc_runtime::spec::{Filter, Preprocess};

#[test]
fn resizing_equals_pillow_to_the_bit() {
    let mut count = 0;
    for line in lines(include_str!("resize.txt")) {
        let &[filter, numbers, kind, channels, before, after, expected, first] = line.as_slice() else {
            panic!("{line:?}");
        };
        let filter = match filter {
            "box" => Filter::Box,
            "bilinear" => Filter::Bilinear,
            "bicubic" => Filter::Bicubic,
            _ => Filter::Lanczos,
        };
        let (channels, before, after) = (channels.parse().unwrap(), size(before), size(after));
        let image = synthetic(before, channels, kind);
        let resize = Preprocess::ResizeBoth(after[0], after[1], filter);
        let shape = [after[0], after[1], channels];
        let found: Vec<u8> = if numbers == "u8" {
            let found = prepared(&image, before, &[resize], shape).unwrap();
            found.iter().map(|&x| x as u8).collect()
        } else {
            let scale = Preprocess::Scale(1.0 / 255.0);
            let found = prepared(&image, before, &[scale, resize], shape).unwrap();
            found.iter().flat_map(|x| x.to_le_bytes()).collect()
        };
        let begins: String = found.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((begins.as_str(), hash(&found).as_str()), (first, expected), "{line:?}");
        count += 1;
    }
    assert!(count > 80, "{count} cases");
}
