//! Times each kernel on layers of the zoo, on one thread, against the peak of the machine's multiply-add units.
//!
//! `cargo run --release -p archc-runtime --example kernels [PART OF A NAME]`; nothing else should run meanwhile.
#![allow(unsafe_code, reason = "the peak is measured with intrinsics")]

use archc_runtime::Isa;
use archc_runtime::layout::View;
use archc_runtime::op::{Activation, Algorithm, Conv, Dense, Packing, Pool, PoolKind};
use archc_runtime::run::Run;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A layer: what it computes, and the shapes on both sides.
struct Case {
    name: &'static str,
    layer: Layer,
    input: [usize; 3],
    outputs: usize,
}

enum Layer {
    Conv(Conv),
    Dense,
    Pool(Pool),
    GlobalPool,
}

const fn conv(name: &'static str, input: [usize; 3], kernel: usize, stride: usize, outputs: usize) -> Case {
    let op = Conv::new([kernel, kernel]).stride([stride, stride]).padding([kernel / 2, kernel / 2]);
    Case { name, layer: Layer::Conv(op.then(Activation::Relu)), input, outputs }
}

/// A 3x3 convolution by Winograd's algorithm in tiles of this many outputs along each axis.
const fn winograd(name: &'static str, input: [usize; 3], outputs: usize, tile: usize) -> Case {
    winograd_of(name, input, outputs, Algorithm::Winograd { tile, packed: true })
}

/// The same with kernels that are transformed at use.
const fn at_use(name: &'static str, input: [usize; 3], outputs: usize, tile: usize) -> Case {
    winograd_of(name, input, outputs, Algorithm::Winograd { tile, packed: false })
}

/// A 5x5 convolution in tiles of 2x2 outputs.
const fn at_use_5x5(name: &'static str, input: [usize; 3], outputs: usize) -> Case {
    let mut case = conv(name, input, 5, 1, outputs);
    if let Layer::Conv(op) = case.layer {
        case.layer = Layer::Conv(op.by(Algorithm::Winograd { tile: 2, packed: false }));
    }
    case
}

const fn winograd_of(name: &'static str, input: [usize; 3], outputs: usize, algorithm: Algorithm) -> Case {
    let mut case = conv(name, input, 3, 1, outputs);
    if let Layer::Conv(op) = case.layer {
        case.layer = Layer::Conv(op.by(algorithm));
    }
    case
}

const fn depthwise(name: &'static str, input: [usize; 3], kernel: usize, stride: usize) -> Case {
    let mut case = conv(name, input, kernel, stride, input[2]);
    if let Layer::Conv(op) = case.layer {
        case.layer = Layer::Conv(op.groups(input[2]));
    }
    case
}

const fn pool(name: &'static str, input: [usize; 3], kind: PoolKind, kernel: usize, stride: usize) -> Case {
    let op = Pool::new(kind, [kernel, kernel], [stride, stride]);
    Case { name, layer: Layer::Pool(op), input, outputs: input[2] }
}

const CASES: &[Case] = &[
    conv("3x3 of 3, VGG's first", [224, 224, 3], 3, 1, 64),
    conv("7x7/2 of 3, ResNet's first", [224, 224, 3], 7, 2, 64),
    conv("3x3/2 of 3, MobileNet's first", [224, 224, 3], 3, 2, 32),
    conv("3x3 224 64-64", [224, 224, 64], 3, 1, 64),
    conv("3x3 112 128-128", [112, 112, 128], 3, 1, 128),
    conv("3x3 56 64-64", [56, 56, 64], 3, 1, 64),
    conv("3x3 56 256-256", [56, 56, 256], 3, 1, 256),
    conv("3x3 28 128-128", [28, 28, 128], 3, 1, 128),
    conv("3x3 28 512-512", [28, 28, 512], 3, 1, 512),
    conv("3x3 14 256-256", [14, 14, 256], 3, 1, 256),
    conv("3x3 14 512-512", [14, 14, 512], 3, 1, 512),
    conv("3x3 7 512-512", [7, 7, 512], 3, 1, 512),
    winograd("F4 224 64-64", [224, 224, 64], 64, 4),
    winograd("F4 112 128-128", [112, 112, 128], 128, 4),
    winograd("F4 56 64-64", [56, 56, 64], 64, 4),
    winograd("F4 56 256-256", [56, 56, 256], 256, 4),
    winograd("F4 28 128-128", [28, 28, 128], 128, 4),
    winograd("F4 28 512-512", [28, 28, 512], 512, 4),
    winograd("F4 14 256-256", [14, 14, 256], 256, 4),
    winograd("F4 14 512-512", [14, 14, 512], 512, 4),
    winograd("F4 7 512-512", [7, 7, 512], 512, 4),
    at_use("F4 at use 56 64-64", [56, 56, 64], 64, 4),
    at_use("F4 at use 28 128-128", [28, 28, 128], 128, 4),
    at_use("F4 at use 28 512-512", [28, 28, 512], 512, 4),
    at_use("F4 at use 14 256-256", [14, 14, 256], 256, 4),
    at_use("F4 at use 14 512-512", [14, 14, 512], 512, 4),
    at_use("F4 at use 7 512-512", [7, 7, 512], 512, 4),
    at_use_5x5("F2 5x5 27 64-192", [27, 27, 64], 192),
    at_use_5x5("F2 5x5 35 48-64", [35, 35, 48], 64),
    at_use("F2 at use 7 512-512", [7, 7, 512], 512, 2),
    winograd("F2 56 64-64", [56, 56, 64], 64, 2),
    winograd("F2 28 128-128", [28, 28, 128], 128, 2),
    winograd("F2 14 256-256", [14, 14, 256], 256, 2),
    winograd("F2 14 512-512", [14, 14, 512], 512, 2),
    winograd("F2 7 512-512", [7, 7, 512], 512, 2),
    conv("3x3/2 35 288-384", [35, 35, 288], 3, 2, 384),
    conv("5x5 27 64-192", [27, 27, 64], 5, 1, 192),
    conv("5x5 35 48-64", [35, 35, 48], 5, 1, 64),
    conv("1x1 56 64-64", [56, 56, 64], 1, 1, 64),
    conv("1x1 56 64-256", [56, 56, 64], 1, 1, 256),
    conv("1x1 56 256-64", [56, 56, 256], 1, 1, 64),
    conv("1x1/2 56 256-512", [56, 56, 256], 1, 2, 512),
    conv("1x1 28 512-128", [28, 28, 512], 1, 1, 128),
    conv("1x1 28 128-512", [28, 28, 128], 1, 1, 512),
    conv("1x1 14 1024-256", [14, 14, 1024], 1, 1, 256),
    conv("1x1 14 256-1024", [14, 14, 256], 1, 1, 1024),
    conv("1x1 7 2048-512", [7, 7, 2048], 1, 1, 512),
    conv("1x1 7 512-2048", [7, 7, 512], 1, 1, 2048),
    conv("1x1 112 32-64", [112, 112, 32], 1, 1, 64),
    conv("1x1 14 512-512", [14, 14, 512], 1, 1, 512),
    conv("1x1 56 24-144", [56, 56, 24], 1, 1, 144),
    conv("1x1 56 144-24", [56, 56, 144], 1, 1, 24),
    conv("1x1 7 960-160", [7, 7, 960], 1, 1, 160),
    depthwise("depthwise 3x3 112 32", [112, 112, 32], 3, 1),
    depthwise("depthwise 3x3/2 112 64", [112, 112, 64], 3, 2),
    depthwise("depthwise 3x3 56 144", [56, 56, 144], 3, 1),
    depthwise("depthwise 3x3 14 512", [14, 14, 512], 3, 1),
    depthwise("depthwise 5x5 14 672", [14, 14, 672], 5, 1),
    depthwise("depthwise 3x3 7 960", [7, 7, 960], 3, 1),
    depthwise("depthwise 3x3/2 28 256", [28, 28, 256], 3, 2),
    depthwise("depthwise 5x5/2 28 240", [28, 28, 240], 5, 2),
    Case { name: "dense 25088-4096", layer: Layer::Dense, input: [1, 1, 25088], outputs: 4096 },
    Case { name: "dense 2048-1000", layer: Layer::Dense, input: [1, 1, 2048], outputs: 1000 },
    Case { name: "dense 400-120", layer: Layer::Dense, input: [1, 1, 400], outputs: 120 },
    pool("maxpool 2 224 64", [224, 224, 64], PoolKind::Max, 2, 2),
    pool("maxpool 3/2 112 64", [112, 112, 64], PoolKind::Max, 3, 2),
    pool("avgpool 3/1 35 192", [35, 35, 192], PoolKind::Average, 3, 1),
    Case { name: "global pool 7 2048", layer: Layer::GlobalPool, input: [7, 7, 2048], outputs: 2048 },
];

impl Case {
    /// The input's and the output's view; the input has the halo that the kernel reads.
    fn views(&self) -> (View, View) {
        let [height, width, channels] = self.input;
        let make = |h, w, c| if c <= 4 { View::nhwc(h, w, c) } else { View::blocked(h, w, c) };
        let (kernel, stride, padding) = match &self.layer {
            Layer::Conv(op) => (op.kernel, op.stride, op.padding),
            Layer::Pool(op) => (op.kernel, op.stride, [0, 0]),
            Layer::Dense => ([1, 1], [1, 1], [0, 0]),
            Layer::GlobalPool => ([height, width], [1, 1], [0, 0]),
        };
        let side = |axis: usize| (self.input[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1;
        let [top, left] = padding;
        let x = make(height, width, channels).halo(top, top, left, left);
        let x = if matches!(self.layer, Layer::Dense) { View::nhwc(1, 1, channels) } else { x };
        (x, View::blocked(side(0), side(1), self.outputs))
    }

    /// Multiply-adds, and numbers read and written.
    fn work(&self) -> (f64, f64) {
        let (x, y) = self.views();
        let size = |v: &View| (v.height * v.width * v.channels) as f64;
        let taps = match &self.layer {
            Layer::Conv(op) => (op.kernel[0] * op.kernel[1] * x.channels / op.groups) as f64,
            Layer::Dense => x.channels as f64,
            Layer::Pool(_) | Layer::GlobalPool => 0.0,
        };
        let weights = match &self.layer {
            Layer::Conv(op) => {
                let taps = match op.algorithm.packing() {
                    Packing::Plain => taps,
                    Packing::Winograd { tile } => taps * (tile + 2).pow(2) as f64 / 9.0,
                };
                taps * y.channels as f64 / if op.groups > 1 { 16.0 } else { 1.0 }
            }
            Layer::Dense => taps * y.channels as f64,
            Layer::Pool(_) | Layer::GlobalPool => 0.0,
        };
        (taps * size(&y), size(&x) + size(&y) + weights)
    }

    /// The least seconds of several runs.
    fn time(&self, isa: Isa) -> f64 {
        let (x, y) = self.views();
        let behind = x.image_size().next_multiple_of(16);
        let mut arena = aligned(behind + y.image_size());
        let mut weights = aligned((self.work().1 as usize + 4096) * 2);
        let mut scratch = aligned(1 << 22);
        let (arena, weights, scratch) = (lines(&mut arena), &*lines(&mut weights), lines(&mut scratch));
        let mut best = f64::MAX;
        let (start, mut runs) = (Instant::now(), 0);
        while runs < 5 || start.elapsed() < Duration::from_millis(150) {
            let threads = std::env::var("T").map_or(1, |t| t.parse().unwrap());
            let mut run =
                Run::new(arena, weights, 1, isa).with_scratch(scratch, threads).with_threads(threads);
            let begin = Instant::now();
            match &self.layer {
                Layer::Conv(op) => run.conv(op, 0, x.at(0), None, y.at(behind)),
                Layer::Dense => {
                    run.dense(&Dense { activation: Activation::Relu }, 0, x.at(0), None, y.at(behind));
                }
                Layer::Pool(op) => run.pool(op, x.at(0), y.at(behind)),
                Layer::GlobalPool => run.global_pool(PoolKind::Average, x.at(0), y.at(behind)),
            }
            best = best.min(begin.elapsed().as_secs_f64());
            runs += 1;
        }
        black_box(&arena[behind]);
        best
    }
}

#[derive(Clone, Copy)]
#[repr(align(64))]
#[allow(dead_code, reason = "read as numbers")]
struct Line([f32; 16]);

fn aligned(len: usize) -> Vec<Line> {
    (0..len.div_ceil(16)).map(|i| Line([(i % 7) as f32 * 0.01; 16])).collect()
}

fn lines(lines: &mut [Line]) -> &mut [f32] {
    // Safety: a line is 16 numbers without padding.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), lines.len() * 16) }
}

/// Multiply-adds in a second that the instruction set can do, from registers.
fn peak(isa: Isa) -> f64 {
    let width = match isa.name() {
        "amx" | "avx512" => 16.0,
        "avx2" => 8.0,
        _ => 4.0,
    };
    const ROUNDS: usize = 200_000;
    let mut best = f64::MAX;
    for _ in 0..20 {
        let start = Instant::now();
        match isa.name() {
            // Safety: the machine has the instruction set.
            #[cfg(target_arch = "x86_64")]
            "amx" | "avx512" => unsafe { spin_avx512(ROUNDS) },
            // Safety: as above.
            #[cfg(target_arch = "x86_64")]
            "avx2" => unsafe { spin_avx2(ROUNDS) },
            _ => spin_portable(ROUNDS),
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    ROUNDS as f64 * 12.0 * width / best
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn spin_avx512(rounds: usize) {
    use std::arch::x86_64::{_mm512_fmadd_ps, _mm512_set1_ps};
    let (a, b) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(0.25)));
    let mut sums = [a; 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(a, *sum, b);
        }
    }
    black_box(sums);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn spin_avx2(rounds: usize) {
    use std::arch::x86_64::{_mm256_fmadd_ps, _mm256_set1_ps};
    let (a, b) = (_mm256_set1_ps(black_box(0.5)), _mm256_set1_ps(black_box(0.25)));
    let mut sums = [a; 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm256_fmadd_ps(a, *sum, b);
        }
    }
    black_box(sums);
}

fn spin_portable(rounds: usize) {
    let (a, b) = (black_box([0.5_f32; 4]), black_box([0.25_f32; 4]));
    let mut sums = [a; 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            for lane in 0..4 {
                sum[lane] = a[lane] * sum[lane] + b[lane];
            }
        }
    }
    black_box(sums);
}

fn main() {
    let filter = std::env::args().nth(1).unwrap_or_default();
    for isa in Isa::available() {
        let peak = peak(isa);
        let tiles = isa.tiles();
        println!(
            "{isa}: convolutions in tiles of up to {}x{}, depthwise {}x16; peak {:.1} GFLOP/s\n",
            tiles.conv[0],
            16 * tiles.blocks,
            tiles.depthwise[0],
            2e-9 * peak
        );
        println!("| layer | us | GFLOP/s | of peak | GB/s |\n| --- | --- | --- | --- | --- |");
        for case in CASES.iter().filter(|case| case.name.contains(&filter)) {
            let seconds = case.time(isa);
            let (macs, numbers) = case.work();
            let name = case.name;
            println!(
                "| {name} | {:.1} | {:.1} | {:.0} % | {:.1} |",
                seconds * 1e6,
                2e-9 * macs / seconds,
                100.0 * macs / seconds / peak,
                4e-9 * numbers / seconds
            );
        }
        println!();
        if std::env::var_os("ARCHC_ISA").is_some() {
            break;
        }
    }
}
