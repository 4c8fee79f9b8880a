//! Slices as arrays whose lengths are in their types.

/// Numbers of one image, `N` of them.
///
/// Panics where they are not as many.
pub fn array<const N: usize>(numbers: &[f32]) -> &[f32; N] {
    numbers.try_into().expect("as many numbers as the image")
}

/// Like [`array`], to be written to.
pub fn array_mut<const N: usize>(numbers: &mut [f32]) -> &mut [f32; N] {
    numbers.try_into().expect("as many numbers as the image")
}

/// Numbers of `BATCH` images, `N` of each.
///
/// Panics where they are not as many.
pub fn arrays<const N: usize, const BATCH: usize>(numbers: &[f32]) -> &[[f32; N]; BATCH] {
    match numbers.as_chunks() {
        (images, []) => images.try_into().expect("as many images as the batch"),
        _ => panic!("as many numbers as the images"),
    }
}

/// Like [`arrays`], to be written to.
pub fn arrays_mut<const N: usize, const BATCH: usize>(numbers: &mut [f32]) -> &mut [[f32; N]; BATCH] {
    match numbers.as_chunks_mut() {
        (images, []) => images.try_into().expect("as many images as the batch"),
        _ => panic!("as many numbers as the images"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_lie_one_after_another() {
        let mut numbers = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(arrays::<3, 2>(&numbers), &[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        arrays_mut::<2, 3>(&mut numbers)[2] = [0.0, 9.0];
        assert_eq!(numbers[4..], [0.0, 9.0]);
        array_mut::<6>(&mut numbers)[0] = 7.0;
        assert_eq!(array(&numbers), &[7.0, 2.0, 3.0, 4.0, 0.0, 9.0]);
    }

    #[test]
    #[should_panic(expected = "as many")]
    fn other_lengths_panic() {
        arrays::<4, 1>(&[0.0; 6]);
    }
}
