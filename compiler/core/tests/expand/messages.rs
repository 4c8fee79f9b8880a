//! How whole messages read.

use crate::support::file;

#[test]
fn a_sum_that_does_not_fit() {
    let text = "\
block unit(width, stride) {
    residual relu {
        conv 3x3 width stride=stride pad=1 bn
    }
}
net N {
    input 32x32x3
    conv 3x3 64
    unit(64, 1)
    unit(128, 2)
}
";
    let expected = "\
error[E0304]: 16x16x128 and 32x32x64 cannot be added
  --> main.arch:2:5
   |
 2 |     residual relu {
   |     ^^^^^^^^ the two sides of this sum differ
 3 |         conv 3x3 width stride=stride pad=1 bn
   |         ---------------------------------- this gives 16x16x128
...
10 |     unit(128, 2)
   |     ------------ in this call of `unit`, with stride=2, width=128
   |
   = note: the first is 16x16x128 from `unit2.residual1.conv1`
   = note: the other is 32x32x64 from `unit1.residual1.add`
   = help: a projection makes the other fit: `conv 1x1 128 stride=2 bn`, in a residual's `shortcut { .. }`

";
    assert_eq!(file(text).text(), expected);
}
