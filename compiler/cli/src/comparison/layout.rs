//! How the dimensions of an array hold a value: as rows, columns, channels, or with the channels first.

use archc_core::ir::Shape;
use archc_weights::Framework;

/// The order of dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Layout {
    /// Rows, columns, channels, as in Keras
    Nhwc,
    /// Channels, rows, columns, as in PyTorch
    Nchw,
}

impl Layout {
    /// The one that a framework's arrays have.
    pub(crate) fn of(framework: Framework) -> Layout {
        match framework {
            Framework::Keras => Layout::Nhwc,
            Framework::Torch => Layout::Nchw,
        }
    }

    /// The numbers of an array of a plane in the order rows, columns, channels.
    pub(crate) fn to_ours(self, numbers: Vec<f64>, plane: Shape) -> Vec<f64> {
        match self {
            Layout::Nhwc => numbers,
            Layout::Nchw => {
                let size = plane.plane();
                let pixels = (0..size).flat_map(|pixel| (0..plane.channels).map(move |c| c * size + pixel));
                pixels.filter_map(|place| numbers.get(place).copied()).collect()
            }
        }
    }
}

/// In which layouts an array can hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// In this one.
    Only(Layout),
    /// In both, and they are the same.
    Same,
    /// In both.
    Either,
}

/// Why an array cannot hold a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It holds several.
    Batch(usize),
    /// It has another shape.
    Shape,
}

/// In which layouts an array of these dimensions holds a value, with or without a first dimension of 1 for the batch. `plane`
/// is the value's shape; or where the value is a flattened plane, that one's.
pub(crate) fn fit(dimensions: &[usize], value: Shape, plane: Shape) -> Result<Fit, Misfit> {
    let is_same = plane.channels == 1 || plane.is_vector();
    let either = if is_same { Fit::Same } else { Fit::Either };
    let Shape { height, width, channels } = value;
    let single = match *dimensions {
        [1, ref rest @ ..] if matches!(rest.len(), 1 | 3) => rest,
        [n, ref rest @ ..] if rest.len() == 3 => {
            return Err(single_fit(rest, value).map_or(Misfit::Shape, |_| Misfit::Batch(n)));
        }
        [n, c] if value.is_vector() && c == channels => return Err(Misfit::Batch(n)),
        ref all => all,
    };
    match single_fit(single, value) {
        Some(_) if is_same || value.is_vector() => Ok(either),
        Some([true, false]) => Ok(Fit::Only(Layout::Nhwc)),
        Some([false, true]) => Ok(Fit::Only(Layout::Nchw)),
        Some(_) => Ok(either),
        // A plane of one channel as a matrix.
        None if channels == 1 && *dimensions == [height, width] => Ok(Fit::Same),
        None => Err(Misfit::Shape),
    }
}

/// Whether the dimensions of one value are rows, columns, channels, and whether they are channels, rows, columns.
fn single_fit(dimensions: &[usize], value: Shape) -> Option<[bool; 2]> {
    let Shape { height, width, channels } = value;
    let is_vector = value.is_vector() && *dimensions == [channels];
    let nhwc = is_vector || *dimensions == [height, width, channels];
    let nchw = is_vector || *dimensions == [channels, height, width];
    (nhwc || nchw).then_some([nhwc, nchw])
}

/// Dimensions as NumPy writes them.
pub(crate) fn dimensions(shape: &[usize]) -> String {
    let all: Vec<String> = shape.iter().map(ToString::to_string).collect();
    format!("({}{})", all.join(", "), if shape.len() == 1 { "," } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_tell_the_layout() {
        let fit = |dimensions: &[usize], shape| super::fit(dimensions, shape, shape);
        let plane = Shape::new(4, 5, 3);
        for batch in [&[1][..], &[]] {
            let of = |rest: &[usize]| fit(&[batch, rest].concat(), plane);
            assert_eq!(of(&[4, 5, 3]), Ok(Fit::Only(Layout::Nhwc)));
            assert_eq!(of(&[3, 4, 5]), Ok(Fit::Only(Layout::Nchw)));
            assert_eq!(of(&[3, 5, 4]), Err(Misfit::Shape));
            assert_eq!(of(&[60]), Err(Misfit::Shape));
        }
        assert_eq!(fit(&[2, 3, 4, 5], plane), Err(Misfit::Batch(2)));
        assert_eq!(fit(&[2, 3, 4, 6], plane), Err(Misfit::Shape));
        assert_eq!(fit(&[1, 1, 4, 5, 3], plane), Err(Misfit::Shape));
        assert_eq!(fit(&[3, 3, 3], Shape::new(3, 3, 3)), Ok(Fit::Either));
        let vector = Shape::vector(7);
        for dimensions in [&[7][..], &[1, 7], &[1, 1, 7], &[7, 1, 1], &[1, 7, 1, 1], &[1, 1, 1, 7]] {
            assert_eq!(fit(dimensions, vector), Ok(Fit::Same), "{dimensions:?}");
        }
        assert_eq!(fit(&[2, 7], vector), Err(Misfit::Batch(2)));
        assert_eq!(fit(&[], vector), Err(Misfit::Shape));
        let grey = Shape::new(4, 5, 1);
        for dimensions in [&[4, 5][..], &[1, 4, 5], &[4, 5, 1], &[1, 1, 4, 5], &[1, 4, 5, 1]] {
            assert_eq!(fit(dimensions, grey), Ok(Fit::Same), "{dimensions:?}");
        }
        // A plane of one row.
        assert_eq!(fit(&[1, 5, 3], Shape::new(1, 5, 3)), Ok(Fit::Only(Layout::Nhwc)));
        // A flattened plane has an order, though its shape does not tell.
        assert_eq!(super::fit(&[1, 60], Shape::vector(60), plane), Ok(Fit::Either));
    }

    #[test]
    fn channels_first_become_channels_last() {
        let numbers: Vec<f64> = (0..12).map(f64::from).collect();
        let plane = Shape::new(1, 4, 3);
        let ours = [0.0, 4.0, 8.0, 1.0, 5.0, 9.0, 2.0, 6.0, 10.0, 3.0, 7.0, 11.0];
        assert_eq!(Layout::Nchw.to_ours(numbers.clone(), plane), ours);
        assert_eq!(Layout::Nhwc.to_ours(numbers.clone(), plane), numbers);
    }
}
