//! The constants at the head of a kernel: shapes, places and attributes.

use archc_runtime::layout::{Element, View};
use std::fmt;

/// Lines of CUDA C that define constants.
#[derive(Clone, Debug, Default)]
pub(super) struct Constants(String);

impl Constants {
    pub(super) fn int(mut self, name: &str, value: usize) -> Constants {
        self.0 += &format!("    constexpr int {name} = {value};\n");
        self
    }

    pub(super) fn bool(mut self, name: &str, value: bool) -> Constants {
        self.0 += &format!("    constexpr bool {name} = {value};\n");
        self
    }

    /// Rows and columns of something.
    pub(super) fn pair(self, name: &str, [rows, columns]: [usize; 2]) -> Constants {
        self.int(&format!("{name}_H"), rows).int(&format!("{name}_W"), columns)
    }

    /// Numbers that the constants' compiler reads back as the same.
    pub(super) fn float(mut self, name: &str, value: f32) -> Constants {
        self.0 += &format!("    constexpr float {name} = {value:?}f;\n");
        self
    }

    /// A function of one number.
    pub(super) fn function(mut self, name: &str, body: &str) -> Constants {
        self.0 += &format!("    auto {name} = [](float v) {{ {body} }};\n");
        self
    }

    /// A value's shape, and where its numbers lie: from one image, row and pixel to the next, and the first number.
    pub(super) fn view(self, name: &str, view: &View) -> Constants {
        let part = |what: &str| format!("{name}_{what}");
        self.int(&part("H"), view.height)
            .int(&part("W"), view.width)
            .int(&part("C"), view.channels)
            .int(&part("IMAGE"), view.image_size())
            .int(&part("ROW"), view.layout.pitch * view.layout.block)
            .int(&part("PIXEL"), view.layout.block)
            .int(&part("FIRST"), view.index(0, 0, 0))
    }
}

/// The type of an element in memory.
pub(super) fn element(element: Element) -> &'static str {
    // Halves as their bits: kernels include no header.
    if element == Element::F32 { "float" } else { "unsigned short" }
}

impl fmt::Display for Constants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
