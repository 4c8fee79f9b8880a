//! Any bytes as NumPy's array or archive of arrays: reading ends, without a panic, and gives as many numbers as the shape says.
#![no_main]

use archc_weights::numpy::{Npy, Npz};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;

/// Compressed arrays of more numbers are left unread: how much memory one takes is for whoever wants it.
const MOST: u64 = 1 << 22;

fn size(shape: &[usize]) -> Option<u64> {
    shape.iter().try_fold(1u64, |size, &side| size.checked_mul(side as u64))
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") {
        let Ok(mut archive) = Npz::new(Cursor::new(bytes)) else { return };
        let arrays = archive.arrays().to_vec();
        for (i, (name, shape)) in
            arrays.iter().enumerate().filter(|(_, (_, s))| size(s).is_some_and(|n| n <= MOST))
        {
            match archive.read(i) {
                Ok(numbers) => assert_eq!(Some(numbers.len() as u64), size(shape)),
                Err(error) => assert!(error.to_string().contains(name)),
            }
        }
    } else if let Ok(array) = Npy::new(bytes) {
        let size = size(array.shape());
        if let Ok(numbers) = array.read() {
            assert_eq!(Some(numbers.len() as u64), size);
        }
    }
});
