//! The IDX format of the MNIST family: a magic number, dimensions as big-endian u32, then bytes.

use std::io::Read as _;
use std::path::Path;

/// The items of a gzipped file of bytes, `size` bytes each.
pub(crate) fn read(path: &Path, size: usize) -> Result<Vec<Vec<u8>>, String> {
    let failed = |e: String| format!("{}: {e}", path.display());
    let file =
        std::fs::File::open(path).map_err(|e| failed(format!("{e}; run scripts/fashion-mnist.sh first")))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
    items(&bytes, size).map_err(failed)
}

fn items(bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, String> {
    let [0, 0, 8, dimensions, rest @ ..] = bytes else {
        return Err("it is no IDX file of bytes".to_owned());
    };
    let (header, data) =
        rest.split_at_checked(4 * usize::from(*dimensions)).ok_or("its header is cut short")?;
    let mut lengths = header.as_chunks::<4>().0.iter().map(|&b| u32::from_be_bytes(b) as usize);
    let count = lengths.next().ok_or("it has no dimensions")?;
    let item: usize = lengths.product();
    if item != size || count.checked_mul(size) != Some(data.len()) {
        return Err(format!(
            "it holds {} bytes for {count} items of {item}, where {size} were expected",
            data.len()
        ));
    }
    Ok(data.chunks_exact(size).map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_and_damage_is_an_error() {
        let file = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
        assert_eq!(items(&file, 3), Ok(vec![vec![1, 2, 3], vec![4, 5, 6]]));
        assert!(items(&file[..17], 3).is_err());
        assert!(items(&file[..6], 3).is_err());
        assert!(items(&file, 2).is_err());
        assert!(items(&[1, 2], 1).is_err());
    }
}
