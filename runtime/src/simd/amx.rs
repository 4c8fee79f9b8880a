//! AMX: eight tiles of up to 16 rows of 64 bytes, and products of tiles whose numbers are pairs of bf16.
//!
//! Compiled code uses no tiles by itself, so that they keep what they hold between the pieces of assembly here.

use crate::isa::Isa;
use core::arch::asm;
use core::marker::PhantomData;

/// Bytes of a tile's row.
pub(crate) const LINE: usize = 64;

/// Bytes of a tile of 16 rows.
pub(crate) const TILE: usize = 16 * LINE;

/// The proof that this process may use AMX.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amx(());

impl Amx {
    /// Where the instruction set has it.
    pub(crate) fn of(isa: Isa) -> Option<Amx> {
        isa.has_amx().then_some(Amx(()))
    }

    /// Gives this thread tiles for products of two tiles of inputs, with so many rows (1 to 16), and two of weights.
    pub(crate) fn tiles(self, rows: [usize; 2]) -> Tiles {
        let mut tiles = Tiles { borrow: PhantomData };
        tiles.set_rows(rows);
        tiles
    }
}

/// A thread's tiles: `tmm0` to `tmm3` hold the sums of two tiles of inputs times two of weights, `tmm4` and `tmm5` inputs, `tmm6`
/// and `tmm7` weights. Dropping it gives them back, so that the system need not keep them any more.
#[derive(Debug)]
pub(crate) struct Tiles {
    /// They are this thread's.
    borrow: PhantomData<*mut ()>,
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // Safety: an `Amx` made this.
        unsafe { asm!("tilerelease", options(nomem, nostack, preserves_flags)) }
    }
}

/// The four products of two tiles of inputs and two of weights.
macro_rules! four {
    () => {
        "tdpbf16ps tmm0, tmm4, tmm6
         tdpbf16ps tmm1, tmm4, tmm7
         tdpbf16ps tmm2, tmm5, tmm6
         tdpbf16ps tmm3, tmm5, tmm7"
    };
}

/// The two products of two tiles of inputs and one of weights, to the first or the second sums.
macro_rules! two {
    (first) => {
        "tdpbf16ps tmm0, tmm4, tmm6
         tdpbf16ps tmm2, tmm5, tmm6"
    };
    (second) => {
        "tdpbf16ps tmm1, tmm4, tmm6
         tdpbf16ps tmm3, tmm5, tmm6"
    };
}

/// Both tiles of inputs, at this byte of their pixels.
macro_rules! inputs {
    ($at:literal) => {
        concat!(
            "tileloadd tmm4, [{first} + {pixel} + ",
            $at,
            "]\n tileloadd tmm5, [{second} + {pixel} + ",
            $at,
            "]"
        )
    };
}

/// A tile of weights, or two, at these bytes of a step's.
macro_rules! weights {
    ($at:literal) => {
        concat!("tileloadd tmm6, [{weights} + {line} + ", $at, "]")
    };
    ($at:literal, $then:literal) => {
        concat!(
            "tileloadd tmm6, [{weights} + {line} + ",
            $at,
            "]\n tileloadd tmm7, [{weights} + {line} + ",
            $then,
            "]"
        )
    };
}

/// Asks for the next KiB of the next step's inputs and weights.
macro_rules! fetch {
    () => {
        concat!(fetch!(@ "ahead"), fetch!(@ "behind"))
    };
    (@ $from:literal) => {
        concat!(fetch!(@ $from; 0 64 128 192 256 320 384 448 512 576 640 704 768 832 896 960), "add {", $from, "}, 1024\n")
    };
    (@ $from:literal; $($at:literal)*) => {
        concat!($("prefetcht0 [{", $from, "} + ", $at, "]\n"),*)
    };
}

/// What a loop over steps of 32 inputs reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Steps {
    /// The first pixel of the first tile.
    pub(crate) inputs: *const u8,
    /// Bytes from it to the first pixel of the second.
    pub(crate) second: usize,
    /// Bytes from each of them to that which a step reads: one number for each step, and one more, which may be anything.
    pub(crate) table: *const u64,
    /// Parts of each step, each a tile or two.
    pub(crate) weights: *const u8,
    /// How many steps; at least one.
    pub(crate) count: usize,
}

/// A function that goes through the steps. The lines of assembly are those of one.
macro_rules! steps {
    ($(#[$docs:meta])* $name:ident, $parts:literal parts, $bytes:literal bytes of weights: $($line:expr),*) => {
        $(#[$docs])*
        ///
        /// # Safety
        /// The inputs of every step and pixel must be readable, and the steps' weights and table.
        unsafe fn $name(&mut self, steps: &Steps) {
            let Steps { inputs, second, table, weights, count } = *steps;
            debug_assert!(count > 0);
            // Safety: an `Amx` made this; the rest is the caller's promise. What is asked for need not be there.
            unsafe {
                asm!(
                    "2:",
                    "mov {first}, [{table}]",
                    "mov {ahead}, [{table} + 8]",
                    "add {first}, {inputs}",
                    "add {ahead}, {inputs}",
                    "lea {second}, [{first} + {distance}]",
                    concat!("lea {behind}, [{weights} + ", $bytes, "]"),
                    $($line,)*
                    "add {table}, 8",
                    concat!("add {weights}, ", $bytes),
                    "dec {count}",
                    "jnz 2b",
                    inputs = in(reg) inputs,
                    distance = in(reg) second,
                    table = inout(reg) table => _,
                    weights = inout(reg) weights => _,
                    count = inout(reg) count => _,
                    pixel = in(reg) $parts * LINE,
                    line = in(reg) LINE,
                    first = out(reg) _,
                    second = out(reg) _,
                    ahead = out(reg) _,
                    behind = out(reg) _,
                    options(nostack)
                );
            }
        }
    };
}

impl Tiles {
    /// Zeros all tiles, and gives those of inputs and sums so many rows.
    pub(crate) fn set_rows(&mut self, rows: [usize; 2]) {
        debug_assert!(rows.iter().all(|rows| (1..=16).contains(rows)));
        let [first, second] = rows.map(|rows| rows as u8);
        let mut config =
            Config { palette: 1, start_row: 0, reserved: [0; 14], bytes: [0; 16], rows: [0; 16] };
        config.bytes[..8].fill(LINE as u16);
        config.rows[..8].copy_from_slice(&[first, first, second, second, first, second, 16, 16]);
        // Safety: an `Amx` made this; the configuration is one of palette 1.
        unsafe { asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, readonly, preserves_flags)) }
    }

    /// Starts with sums of zero.
    pub(crate) fn zero(&mut self) {
        // Safety: an `Amx` made this.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                options(nomem, nostack, preserves_flags)
            );
        }
    }

    /// Starts with these sums, see [`Tiles::store`].
    ///
    /// # Safety
    /// They must be readable.
    pub(crate) unsafe fn load(&mut self, sums: *const f32) {
        // Safety: an `Amx` made this; the caller's promise.
        unsafe {
            asm!(
                "tileloadd tmm0, [{sums} + {row}]",
                "tileloadd tmm1, [{sums} + {row} + 64]",
                "tileloadd tmm2, [{sums} + {row} + 2048]",
                "tileloadd tmm3, [{sums} + {row} + 2112]",
                sums = in(reg) sums,
                row = in(reg) 2 * LINE,
                options(nostack, readonly, preserves_flags)
            );
        }
    }

    /// Writes the sums: `[tile of inputs][16 rows][32]`, without the rows that a tile does not have.
    ///
    /// # Safety
    /// So many numbers must be writable.
    pub(crate) unsafe fn store(&mut self, sums: *mut f32) {
        // Safety: an `Amx` made this; the caller's promise.
        unsafe {
            asm!(
                "tilestored [{sums} + {row}], tmm0",
                "tilestored [{sums} + {row} + 64], tmm1",
                "tilestored [{sums} + {row} + 2048], tmm2",
                "tilestored [{sums} + {row} + 2112], tmm3",
                sums = in(reg) sums,
                row = in(reg) 2 * LINE,
                options(nostack, preserves_flags)
            );
        }
    }

    /// Adds products to the sums: of `PARTS` parts of the inputs, each 64 bytes of a pixel, and as many of the weights, each `TILES`
    /// tiles. Of the parts high, middle and low those products count that matter: for three high x low, high x middle,
    /// high x high, low x high, middle x high, middle x middle; for two the middle three of those that have no low. One
    /// tile of weights leaves half of the sums free: a number is then the sum of both halves.
    ///
    /// # Safety
    /// The inputs of every step and pixel must be readable, and the steps' weights and table.
    #[inline(always)]
    pub(crate) unsafe fn multiply<const PARTS: usize, const TILES: usize>(&mut self, steps: &Steps) {
        // Safety: the caller's promise.
        unsafe {
            match (PARTS, TILES) {
                (3, 2) => self.three_by_two(steps),
                (3, 1) => self.three_by_one(steps),
                (2, 2) => self.two_by_two(steps),
                (2, 1) => self.two_by_one(steps),
                (1, 2) => self.one_by_two(steps),
                (1, 1) => self.one_by_one(steps),
                _ => unreachable!("one to three parts, one or two tiles"),
            }
        }
    }

    steps!(
        /// Three parts, two tiles of weights.
        three_by_two, 3 parts, 6144 bytes of weights:
        inputs!(0), weights!(4096, 5120), four!(), fetch!(),
        weights!(2048, 3072), four!(), fetch!(),
        weights!(0, 1024), four!(), fetch!(),
        inputs!(128), four!(), fetch!(),
        inputs!(64), four!(), fetch!(),
        weights!(2048, 3072), four!(), fetch!()
    );

    steps!(
        /// Three parts, one tile of weights.
        three_by_one, 3 parts, 3072 bytes of weights:
        inputs!(0), weights!(2048), two!(first), fetch!(),
        weights!(1024), two!(second), fetch!(),
        weights!(0), two!(first), fetch!(),
        inputs!(128), two!(second), fetch!(@ "ahead"),
        inputs!(64), two!(first), fetch!(@ "ahead"),
        weights!(1024), two!(second), fetch!(@ "ahead")
    );

    steps!(
        /// Two parts, two tiles of weights.
        two_by_two, 2 parts, 4096 bytes of weights:
        inputs!(0), weights!(2048, 3072), four!(), fetch!(), fetch!(),
        weights!(0, 1024), four!(), fetch!(),
        inputs!(64), four!(), fetch!()
    );

    steps!(
        /// Two parts, one tile of weights.
        two_by_one, 2 parts, 2048 bytes of weights:
        inputs!(0), weights!(1024), two!(first), fetch!(), fetch!(@ "ahead"),
        weights!(0), two!(second), fetch!(), fetch!(@ "ahead"),
        inputs!(64), two!(first)
    );

    // The few products of one part leave no time to ask ahead.

    steps!(
        /// One part, two tiles of weights.
        one_by_two, 1 parts, 2048 bytes of weights:
        inputs!(0), weights!(0, 1024), four!()
    );

    steps!(
        /// One part, one tile of weights.
        one_by_one, 1 parts, 1024 bytes of weights:
        inputs!(0), weights!(0), two!(first)
    );
}
