//! Arrays in NumPy's files: one in an `.npy`, several by name in an `.npz`, which is a zip of those. Shapes are known
//! before any numbers are read, and no more memory is taken than there are bytes or than was asked for.

use archc_runtime::weights::half;
use std::io::{self, Read, Seek};
use thiserror::Error;
use zip::ZipArchive;

/// Why a file is no array, or not one that is read.
#[derive(Debug, Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum NumpyError {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it does not begin as an .npy file does")]
    Magic,
    #[error("it is of version {0} of the .npy format; 1 to 3 are read")]
    Version(u8),
    #[error("its header is wrong: {0}")]
    Header(&'static str),
    #[error("its numbers are of the type `{0}`; save them as float32: `x.astype('float32')`")]
    Type(String),
    #[error("it is cut short: {expected} bytes of numbers were announced, and {found} are there")]
    Short { expected: u64, found: u64 },
    #[error("more follows behind its numbers")]
    Long,
    #[error("it is no .npz file: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("`{name}`: {error}")]
    Entry { name: String, error: Box<NumpyError> },
    #[error("it holds `{0}` twice")]
    Twice(String),
    #[error("it holds no arrays")]
    Empty,
}

/// An array whose numbers are still to be read.
#[derive(Debug)]
pub struct Npy<R> {
    header: Header,
    reader: R,
}

impl<R: Read> Npy<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// Where it is none, or the reader fails.
    pub fn new(mut reader: R) -> Result<Self, NumpyError> {
        Ok(Npy { header: Header::read(&mut reader)?, reader })
    }

    /// The array's dimensions.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// The numbers, row-major.
    ///
    /// # Errors
    /// Where they are not as many as announced or of another type than plain numbers, or the reader fails.
    pub fn read(self) -> Result<Vec<f64>, NumpyError> {
        let Npy { header, mut reader } = self;
        let element = Element::new(&header.element).ok_or(NumpyError::Type(header.element.clone()))?;
        let expected = header.size.checked_mul(element.size as u64);
        let expected = expected.ok_or(NumpyError::Header("its shape is larger than any file"))?;
        let mut bytes = Vec::new();
        let found = reader.by_ref().take(expected).read_to_end(&mut bytes)? as u64;
        if found < expected {
            return Err(NumpyError::Short { expected, found });
        }
        // For a part of a zip this also checks its sum.
        if reader.read(&mut [0])? != 0 {
            return Err(NumpyError::Long);
        }
        let numbers = bytes.chunks_exact(element.size).map(|b| element.number(b)).collect();
        Ok(if header.is_column_major { row_major(&header.shape, numbers) } else { numbers })
    }
}

/// Several arrays by name.
#[derive(Debug)]
pub struct Npz<R> {
    archive: ZipArchive<R>,
    arrays: Vec<(String, Vec<usize>)>,
    /// Of each array, its number in the archive.
    places: Vec<usize>,
}

impl<R: Read + Seek> Npz<R> {
    /// Reads the headers of all arrays.
    ///
    /// # Errors
    /// Where the file is no zip of arrays, or the reader fails.
    pub fn new(reader: R) -> Result<Self, NumpyError> {
        let mut npz = Npz { archive: ZipArchive::new(reader)?, arrays: Vec::new(), places: Vec::new() };
        let mut names = std::collections::BTreeSet::new();
        for place in 0..npz.archive.len() {
            let mut entry = npz.archive.by_index(place)?;
            let Some(name) = entry.name()?.strip_suffix(".npy").map(str::to_owned) else { continue };
            let header = Header::read(&mut entry).map_err(|e| inside(&name, e))?;
            if !names.insert(name.clone()) {
                return Err(NumpyError::Twice(name));
            }
            npz.arrays.push((name, header.shape));
            npz.places.push(place);
        }
        if npz.arrays.is_empty() { Err(NumpyError::Empty) } else { Ok(npz) }
    }

    /// The names and dimensions, in the file's order.
    pub fn arrays(&self) -> &[(String, Vec<usize>)] {
        &self.arrays
    }

    /// The numbers of an array, given its place in [`Npz::arrays`], row-major.
    ///
    /// # Errors
    /// As [`Npy::read`], with the array's name.
    ///
    /// # Panics
    /// Where there are fewer arrays.
    pub fn read(&mut self, index: usize) -> Result<Vec<f64>, NumpyError> {
        let (name, _) = &self.arrays[index];
        let entry = self.archive.by_index(self.places[index])?;
        Npy::new(entry).and_then(Npy::read).map_err(|e| inside(name, e))
    }
}

fn inside(name: &str, error: NumpyError) -> NumpyError {
    NumpyError::Entry { name: name.to_owned(), error: Box::new(error) }
}

/// What stands before the numbers.
#[derive(Clone, Debug, PartialEq)]
struct Header {
    /// As NumPy writes it: `<f4`.
    element: String,
    is_column_major: bool,
    shape: Vec<usize>,
    /// The product of the shape.
    size: u64,
}

impl Header {
    fn read(reader: &mut impl Read) -> Result<Header, NumpyError> {
        const MAGIC: &[u8; 6] = b"\x93NUMPY";
        /// Of plain arrays it is below 200 bytes.
        const LONGEST: u32 = 1 << 16;
        let mut start = [0; 8];
        match reader.read_exact(&mut start) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Err(NumpyError::Magic),
            other => other?,
        }
        if start[..6] != MAGIC[..] {
            return Err(NumpyError::Magic);
        }
        let mut length = [0; 4];
        let cut = |e: io::Error| match e.kind() {
            io::ErrorKind::UnexpectedEof => NumpyError::Header("it is cut short"),
            _ => NumpyError::Io(e),
        };
        match start[6] {
            1 => reader.read_exact(&mut length[..2]).map_err(cut)?,
            2 | 3 => reader.read_exact(&mut length).map_err(cut)?,
            version => return Err(NumpyError::Version(version)),
        }
        let length = u32::from_le_bytes(length);
        if length > LONGEST {
            return Err(NumpyError::Header("it is longer than that of any plain array"));
        }
        let mut text = vec![0; length as usize];
        reader.read_exact(&mut text).map_err(cut)?;
        let text = str::from_utf8(&text).map_err(|_| NumpyError::Header("it is no text"))?;
        Header::parse(text).map_err(NumpyError::Header)
    }

    /// A dictionary of Python with three keys: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
    fn parse(text: &str) -> Result<Header, &'static str> {
        let mut words = Words(text);
        let (mut element, mut is_column_major, mut shape) = (None, None, None);
        if !words.take("{") {
            return Err("it is no dictionary");
        }
        while !words.take("}") {
            let key = words.string().ok_or("a key is no string")?;
            if !words.take(":") {
                return Err("a key has no value");
            }
            match key {
                "descr" => element = Some(words.string().ok_or("its elements are records, not numbers")?),
                "fortran_order" => {
                    let value = if words.take("True") { Some(true) } else { None };
                    let value = value.or_else(|| words.take("False").then_some(false));
                    is_column_major = Some(value.ok_or("`fortran_order` is neither True nor False")?);
                }
                "shape" => shape = Some(words.tuple().ok_or("`shape` is no tuple of sizes")?),
                _ => return Err("it has an unknown key"),
            }
            if !words.take(",") && !words.0.trim_start().starts_with('}') {
                return Err("a value has no end");
            }
        }
        if !words.0.trim().is_empty() {
            return Err("something follows behind its dictionary");
        }
        let (Some(element), Some(is_column_major), Some(shape)) = (element, is_column_major, shape) else {
            return Err("`descr`, `fortran_order` or `shape` is missing");
        };
        let size = shape.iter().try_fold(1_u64, |size, &n| size.checked_mul(n as u64));
        let size = size.filter(|&n| n <= 1 << 48).ok_or("its shape is larger than any file")?;
        Ok(Header { element: element.to_owned(), is_column_major, shape, size })
    }
}

/// What is left of a header.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn take(&mut self, word: &str) -> bool {
        let rest = self.0.trim_start().strip_prefix(word);
        rest.map(|rest| self.0 = rest).is_some()
    }

    fn string(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let (string, rest) = text[1..].split_once(quote)?;
        self.0 = rest;
        Some(string)
    }

    fn tuple(&mut self) -> Option<Vec<usize>> {
        let (inside, rest) = self.0.trim_start().strip_prefix('(')?.split_once(')')?;
        self.0 = rest;
        // The comma behind the last is there for one, and may be for more.
        let inside = inside.trim();
        let inside = inside.strip_suffix(',').unwrap_or(inside);
        if inside.is_empty() {
            return Some(Vec::new());
        }
        inside.split(',').map(|n| n.trim().trim_end_matches('L').parse().ok()).collect()
    }
}

/// A type of number.
#[derive(Clone, Copy, Debug)]
struct Element {
    kind: u8,
    size: usize,
    is_big_endian: bool,
}

impl Element {
    /// `<f4`: the order of bytes, the kind, and how many bytes.
    fn new(text: &str) -> Option<Element> {
        let &[order, kind, size] = text.as_bytes() else { return None };
        let size = match size {
            b'1' | b'2' | b'4' | b'8' => usize::from(size - b'0'),
            _ => return None,
        };
        let is_known = match kind {
            b'f' => size > 1,
            b'i' | b'u' => true,
            b'b' => size == 1,
            _ => false,
        };
        let is_big_endian = match order {
            b'<' | b'|' => false,
            b'>' => true,
            b'=' => cfg!(target_endian = "big"),
            _ => return None,
        };
        is_known.then_some(Element { kind, size, is_big_endian })
    }

    fn number(self, bytes: &[u8]) -> f64 {
        // Little-endian, in the front of eight.
        let mut all = [0; 8];
        let bytes_in_order = bytes.iter().rev().chain(bytes);
        let from = if self.is_big_endian { 0 } else { bytes.len() };
        all.iter_mut().zip(bytes_in_order.skip(from).take(bytes.len())).for_each(|(to, &b)| *to = b);
        let bits = u64::from_le_bytes(all);
        let unused = 64 - 8 * self.size as u32;
        match (self.kind, self.size) {
            (b'f', 2) => f64::from(half(bits as u16)),
            (b'f', 4) => f64::from(f32::from_bits(bits as u32)),
            (b'f', _) => f64::from_bits(bits),
            (b'i', _) => ((bits << unused) as i64 >> unused) as f64,
            _ => bits as f64,
        }
    }
}

/// Numbers whose first index runs fastest, with the last running fastest.
fn row_major(shape: &[usize], numbers: Vec<f64>) -> Vec<f64> {
    let mut index = vec![0; shape.len()];
    let mut sorted = Vec::with_capacity(numbers.len());
    for _ in 0..numbers.len() {
        let place = index.iter().zip(shape).rev().fold(0, |place, (&i, &n)| place * n + i);
        sorted.push(numbers[place]);
        for (i, &n) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < n {
                break;
            }
            *i = 0;
        }
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    /// The bytes of an .npy file with this header and these bytes behind it.
    fn file(header: &str, bytes: &[u8]) -> Vec<u8> {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(bytes);
        file
    }

    fn header(element: &str, order: &str, shape: &str) -> String {
        format!("{{'descr': '{element}', 'fortran_order': {order}, 'shape': {shape}, }}   \n")
    }

    fn numbers(element: &str, bytes: &[u8], shape: &str) -> Vec<f64> {
        Npy::new(&file(&header(element, "False", shape), bytes)[..]).unwrap().read().unwrap()
    }

    fn wrong(bytes: &[u8]) -> String {
        match Npy::new(bytes).and_then(Npy::read) {
            Ok(_) => panic!("it is read"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_type_of_number() {
        assert_eq!(numbers("<f4", &1.5_f32.to_le_bytes(), "(1,)"), [1.5]);
        assert_eq!(numbers(">f4", &1.5_f32.to_be_bytes(), "(1, 1)"), [1.5]);
        assert_eq!(numbers("<f8", &0.1_f64.to_le_bytes(), "()"), [0.1]);
        assert_eq!(numbers("<f2", &[0, 0xc0], "(1,)"), [-2.0]);
        assert_eq!(numbers("|u1", &[0, 255], "(2,)"), [0.0, 255.0]);
        assert_eq!(numbers("|i1", &[127, 255], "(2,)"), [127.0, -1.0]);
        assert_eq!(numbers("<i8", &(-3_i64).to_le_bytes(), "(1,)"), [-3.0]);
        assert_eq!(numbers(">i2", &(-300_i16).to_be_bytes(), "(1,)"), [-300.0]);
        assert_eq!(numbers("|b1", &[1], "(1,)"), [1.0]);
        assert_eq!(numbers("<u4", &[], "(0, 3)"), [0.0; 0]);
    }

    #[test]
    fn columns_become_rows() {
        let bytes: Vec<u8> = (0..6_u8).collect();
        let bytes = file(&header("|u1", "True", "(2, 3)"), &bytes);
        let npy = Npy::new(&bytes[..]).unwrap();
        assert_eq!(npy.shape(), [2, 3]);
        assert_eq!(npy.read().unwrap(), [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]);
        assert_eq!(row_major(&[2, 1, 2], vec![0.0, 1.0, 2.0, 3.0]), [0.0, 2.0, 1.0, 3.0]);
    }

    #[test]
    fn wrong_files_say_why() {
        let whole = file(&header("<f4", "False", "(2,)"), &[0; 8]);
        assert!(wrong(b"").contains("does not begin as"));
        assert!(wrong(b"\x89PNG\r\n\x1a\n and more").contains("does not begin as"));
        assert!(wrong(b"\x93NUMPY\x04\x00").contains("version 4"));
        assert!(wrong(&whole[..40]).contains("cut short"));
        let short = wrong(&whole[..whole.len() - 3]);
        assert!(short.contains("8 bytes of numbers were announced, and 5 are there"), "{short}");
        assert!(wrong(&[&whole[..], &[0]].concat()).contains("more follows"));
        assert!(wrong(&file(&header("|O", "False", "(2,)"), &[0; 8])).contains("`|O`"));
        assert!(wrong(&file(&header("<f4", "False", "(2.5,)"), &[0; 8])).contains("tuple of sizes"));
        assert!(wrong(&file(&header("<f4", "Maybe", "(2,)"), &[0; 8])).contains("fortran_order"));
        let records = "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}";
        assert!(wrong(&file(records, &[0; 8])).contains("records"));
        for large in
            ["(4294967296, 4294967296, 4294967296)", "(99999999999999999999,)", "(281474976710656, 2)"]
        {
            assert!(wrong(&file(&header("<f8", "False", large), &[])).contains("shape"), "{large}");
        }
        assert!(wrong(&file(&header("<f8", "False", "(1000000000000,)"), &[0; 16])).contains("16 are there"));
        assert!(wrong(&file(&"(".repeat(60_000), &[])).contains("no dictionary"));
        assert!(wrong(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{").contains("longer than"));
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            // As `np.savez` writes them.
            let stored =
                zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            writer.start_file(*name, stored).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn arrays_have_names() {
        let one = file(&header("|u1", "False", "(1,)"), &[7]);
        let two = file(&header("|u1", "False", "(2, 1)"), &[8, 9]);
        let bytes = zip(&[("conv1/relu.npy", &one), ("notes.txt", b"no array"), ("b.npy", &two)]);
        let mut npz = Npz::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(npz.arrays(), [("conv1/relu".to_owned(), vec![1]), ("b".to_owned(), vec![2, 1])]);
        assert_eq!(npz.read(1).unwrap(), [8.0, 9.0]);
        assert_eq!(npz.read(0).unwrap(), [7.0]);
        let wrong =
            |bytes: &[u8]| Npz::new(Cursor::new(bytes)).err().map(|e| e.to_string()).unwrap_or_default();
        for length in [0, 30, bytes.len() / 2, bytes.len() - 1] {
            assert!(
                wrong(&bytes[..length]).contains("no .npz file"),
                "{length}: {}",
                wrong(&bytes[..length])
            );
        }
        assert!(wrong(&zip(&[("notes.txt", b"")])).contains("no arrays"));
        assert!(wrong(&zip(&[("a.npy", b"no array")])).starts_with("`a`: it does not begin"));
        let mut damaged = bytes.clone();
        let at = damaged.windows(one.len()).position(|w| w == one).unwrap();
        damaged[at + one.len() - 1] ^= 1;
        let error = Npz::new(Cursor::new(&damaged)).unwrap().read(0).unwrap_err().to_string();
        assert!(error.starts_with("`conv1/relu`: ") && error.contains("checksum"), "{error}");
    }
}
