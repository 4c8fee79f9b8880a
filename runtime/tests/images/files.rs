//! Files of all kinds: what Pillow's `convert("RGB")` makes of them, and errors for those that are cut, damaged or huge.

use super::{hash, largest, lines, prepared, size};
use archc_runtime::image::{ImageError, decode, preprocess, read};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images/files").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// The colours of a file.
fn colours(name: &str, [rows, columns]: [usize; 2]) -> Vec<u8> {
    let decoded = read(&path(name)).unwrap();
    let mut numbers = vec![0.0; rows * columns * 3];
    preprocess(decoded.pixels().unwrap(), &[], [rows, columns, 3], &mut numbers).unwrap();
    numbers.iter().map(|&x| x as u8).collect()
}

#[test]
fn files_without_loss_have_the_colours_that_pillow_finds() {
    let mut count = 0;
    for line in lines(include_str!("files.txt")) {
        let &[name, dimensions, expected] = line.as_slice() else { panic!("{line:?}") };
        assert_eq!(hash(&colours(name, size(dimensions))), expected, "{name}");
        count += 1;
    }
    assert_eq!(count, 13);
}

/// Decoders of JPEG differ where they round. At the right edge they also differ in what they enlarge halved planes of
/// colours from: Pillow's from the image, this one from the block's padding too.
#[test]
fn files_with_loss_have_them_but_for_rounding() {
    let [rows, columns] = [45, 60];
    for (name, most, at_the_edge) in [
        ("420.jpg", 3, 11),
        ("progressive.jpg", 2, 2),
        ("grey.jpg", 2, 2),
        ("cmyk.jpg", 2, 2),
        // As it lies in the file, though its EXIF data say that it is to be turned.
        ("turned.jpg", 3, 11),
        ("lossy.webp", 0, 0),
    ] {
        let found = colours(name, [rows, columns]);
        let expected = colours(&format!("{name}.png"), [rows, columns]);
        for (place, (a, b)) in found.iter().zip(&expected).enumerate() {
            let (row, column) = (place / 3 / columns, place / 3 % columns);
            let most = if column == columns - 1 { at_the_edge } else { most };
            assert!(a.abs_diff(*b) <= most, "{name}, row {row}, column {column}: {a} and {b}");
        }
    }
}

#[test]
fn a_missing_file_and_a_folder_are_named() {
    for place in [path("no_such.png"), path("")] {
        let error = read(&place).unwrap_err();
        assert!(matches!(&error, ImageError::File { error, .. } if matches!(**error, ImageError::Read(_))));
        assert!(error.to_string().starts_with(&place.display().to_string()), "{error}");
    }
}

#[test]
fn other_formats_are_told_from_damaged_files() {
    for other in [&b""[..], b"GIF89a", b"BM", b"II*\0", b"text", &[0; 100]] {
        let error = decode(other).unwrap_err().to_string();
        assert!(error.contains("neither PNG nor JPEG nor WebP"), "{error}");
    }
}

/// Every beginning of a file is an error, except where only the container's last bytes are missing, and no panic.
#[test]
fn files_cut_short_are_errors() {
    for (name, spare) in [
        ("rgb.png", 16),
        ("rgb_16.png", 16),
        ("420.jpg", 0),
        ("progressive.jpg", 0),
        ("turned.jpg", 0),
        ("lossless_alpha.webp", 16),
        ("lossy.webp", 16),
    ] {
        let whole = bytes(name);
        for length in 0..whole.len() - spare {
            let found = decode(&whole[..length]);
            assert!(found.is_err(), "{name}: {length} of {} bytes", whole.len());
        }
    }
}

/// A changed byte ends in an error or in an image of the size that the file says.
#[test]
fn damaged_files_do_no_harm() {
    // JPEG's and WebP's frames begin with the size, which another test is about.
    for (name, frame) in [
        ("palette_transparent.png", 16..24),
        ("rgba_16.png", 16..24),
        ("420.jpg", 158..170),
        ("progressive.jpg", 158..170),
        ("lossy.webp", 20..30),
    ] {
        let whole = bytes(name);
        for place in (0..whole.len()).step_by(5).filter(|place| !frame.contains(place)) {
            let mut damaged = whole.clone();
            damaged[place] ^= [0x01, 0x80, 0xFF][place / 5 % 3];
            if let Ok(decoded) = decode(&damaged) {
                decoded.pixels().unwrap();
            }
        }
    }
}

/// Files that claim to be huge are refused before memory is taken for them.
#[test]
fn huge_sizes_are_refused() {
    let png = |width: u32, height: u32| {
        let mut file = bytes("rgb.png");
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&crc.to_be_bytes());
        file
    };
    assert!(decode(&png(18, 13)).is_ok(), "the hash of a chunk is right");
    for (width, height) in
        [(65_536, 65_536), (1 << 30, 1), (1, 1 << 30), (18, 70_000), (20_000, 20_000), (0, 9), (9, 0)]
    {
        let error = decode(&png(width, height)).unwrap_err();
        assert!(matches!(error, ImageError::Format { .. }), "{width}x{height}: {error}");
    }
    for (name, marker) in [("420.jpg", 0xC0), ("progressive.jpg", 0xC2)] {
        let mut jpeg = bytes(name);
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
        jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
        assert!(matches!(decode(&jpeg), Err(ImageError::Format { .. })), "{name}");
    }
    // 14 bits for each side, which begin behind a chunk's head and a signature; lossy frames have 16 for each.
    for (name, place, last) in
        [("lossless.webp", 21, 0x0F), ("lossless_alpha.webp", 21, 0x0F), ("lossy.webp", 26, 0x3F)]
    {
        let mut webp = bytes(name);
        webp[place..place + 3].copy_from_slice(&[0xFF; 3]);
        webp[place + 3] |= last;
        assert!(matches!(decode(&webp), Err(ImageError::Format { .. })), "{name}");
    }
    // A canvas of 24 bits for each side around a frame of 60x45.
    let lossy = bytes("lossy.webp");
    let canvas = |sides: [u8; 6]| {
        let head: [&[u8]; 5] = [&lossy[..12], b"VP8X", &[10, 0, 0, 0], &[0; 4], &sides];
        [&head.concat(), &lossy[12..]].concat()
    };
    assert!(decode(&canvas([59, 0, 0, 44, 0, 0])).is_ok(), "the container is right");
    for sides in [[0xFF; 6], [0xFF, 0xFF, 0, 0xFF, 0xFF, 0], [0, 0, 1, 0, 0, 0]] {
        assert!(matches!(decode(&canvas(sides)), Err(ImageError::Format { .. })), "{sides:?}");
    }
    let most = largest::request();
    assert!(most < 1 << 20, "{most} bytes at once");
    // An image that is long without being large.
    let error = prepared(
        &[0; 60_000],
        [60_000, 1],
        &[archc_runtime::spec::Preprocess::ResizeShort(224, archc_runtime::spec::Filter::Bilinear)],
        [224, 224, 1],
    );
    assert!(matches!(error, Err(ImageError::TooLarge { from: [60_000, 1], .. })));
}

/// The hash of PNG's chunks.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| step(crc)))
}
