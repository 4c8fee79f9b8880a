//! Numbers as the bytes that they are.

/// Bytes as numbers in the machine's order; nothing where they do not start at a number's alignment, or are not whole
/// numbers.
pub(crate) fn as_numbers(bytes: &[u8]) -> Option<&[f32]> {
    // Safety: any four bytes are a number.
    let (before, numbers, behind) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && behind.is_empty()).then_some(numbers)
}

/// The bytes of numbers in the machine's order.
pub(crate) fn as_bytes(numbers: &[f32]) -> &[u8] {
    // Safety: any number is four bytes, and a byte needs no alignment.
    unsafe { numbers.align_to::<u8>().1 }
}

/// The bytes of numbers in the machine's order, to be written to.
pub(crate) fn as_bytes_mut(numbers: &mut [f32]) -> &mut [u8] {
    // Safety: as in `as_bytes`; and any four bytes are a number.
    unsafe { numbers.align_to_mut::<u8>().1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_bytes_are_the_same_memory() {
        let mut numbers = [1.5_f32, -2.0];
        let bytes = as_bytes(&numbers).to_vec();
        assert_eq!(bytes, [1.5_f32.to_ne_bytes(), (-2.0_f32).to_ne_bytes()].concat());
        assert_eq!(as_numbers(as_bytes(&numbers)), Some(&[1.5, -2.0][..]));
        as_bytes_mut(&mut numbers)[4..].copy_from_slice(&3.0_f32.to_ne_bytes());
        assert_eq!(numbers, [1.5, 3.0]);
        assert_eq!(as_numbers(&as_bytes(&numbers)[..6]), None);
        assert_eq!(as_numbers(&as_bytes(&numbers)[1..5]), None);
    }
}
